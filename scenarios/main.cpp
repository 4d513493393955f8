// The program `cohort`: the command line over everything that ships.

#include "bench/harness.hpp"
#include "scenarios/cli.hpp"

int main(int argc, char** argv) {
  return cohort::cli(argc, argv, cohort::shipped_catalogue(), cohort::bench::run);
}
