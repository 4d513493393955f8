// The command line over a registry with the probes: a developer's own program looks like this.

#include "scenarios/cli.hpp"
#include "tests/probes/catalogue.hpp"

int main(int argc, char** argv) { return cohort::cli(argc, argv, cohort::probes::catalogue()); }
