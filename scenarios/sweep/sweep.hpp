#pragma once
// [sweep]: one file, many runs.
//   case        what replaces what in the file; without cases the file itself is the one
//   variant     a case with one value of every option of the grid
//   candidate   of a tuned case: one value of every tuned option
//   point       a variant with a seed, and with the best candidate of the variant
//   tuning run  a variant with a candidate and a tuning seed
// Points are numbered from 1: cases outermost, then the grid in the order of the file, its last
// option fastest, then seeds. Candidates are ordered like the grid.
//
// What a run replaces, the later over the earlier: the file, its case, --set, grid, candidate,
// seed. Nothing that a sweep varies may be given by a case or by --set: it would be ignored.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "scenarios/catalogue.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// An option and the values that it takes in turn.
struct Axis {
  std::string key;                 // "data.partition.alpha"
  std::vector<ConfigNode> values;  // at least one, all different
  std::vector<std::string> names;  // of the values, "alpha=0.1": letters and digits, all different
};

/// The product of its axes; one empty combination if there are none.
struct Grid {
  std::vector<Axis> axes;

  std::size_t size() const;
  /// Of combination i, the value of each axis.
  std::vector<std::size_t> at(std::size_t i) const;
  /// "alpha=0.1,count=20"; empty without axes.
  std::string name(std::size_t i, std::string_view separator = ",") const;
  void assign_to(ConfigNode& root, std::size_t i, Mistakes& mistakes) const;
};

/// How the candidates of a case are compared.
struct Tuning {
  Spot spot;
  Grid candidates;
  std::string by;  // "validation_accuracy"
  std::string set;
  std::string metric;
  bool is_higher_better = false;
  std::vector<std::uint64_t> seeds;  // at least one
};

struct SweepCase {
  std::string name;  // empty without cases
  ConfigNode given;  // the file, the case and --set
  ConfigNode own;    // the case alone
  std::optional<Tuning> tuning;
};

struct SweepRun {
  std::uint64_t number = 0;  // of a point, from 1; 0: a tuning run
  std::size_t variant = 0;
  std::optional<std::size_t> candidate;  // of a tuned case
  std::optional<std::uint64_t> seed;     // none: that of the file
  std::size_t trial = 0;                 // of a tuning run: its place among those of the variant

  bool is_tuning() const { return number == 0; }
};

struct Sweep {
  std::string name;
  std::filesystem::path file;
  std::vector<SweepCase> cases;
  Grid grid;
  std::vector<std::uint64_t> seeds;  // empty: that of the file
  Spot seeds_spot;
  Catalogue catalogue{};

  std::size_t variants() const { return cases.size() * grid.size(); }
  std::size_t points() const { return variants() * std::max<std::size_t>(1, seeds.size()); }
  const SweepCase& case_of(std::size_t variant) const { return cases[variant / grid.size()]; }

  /// `number` from 1 to points(); without a candidate.
  SweepRun point(std::uint64_t number) const;
  /// Its run.seed.
  std::uint64_t seed_of(const SweepRun& run) const;
  /// Candidate by candidate, each with every seed; none if the case is not tuned.
  std::vector<SweepRun> tuning_runs(std::size_t variant) const;

  /// Of a run whose candidate is known, if it is tuned. The loader has checked all of them.
  Result<Scenario> scenario(const SweepRun& run) const;
  Scenario read(const SweepRun& run, Mistakes& mistakes) const;

  /// Below the folder of the sweep, without the leaf that run_path() adds.
  std::filesystem::path folder(const SweepRun& run) const;
  /// Whether folder() leaves runs together that only their seeds tell apart.
  bool has_seeds(const SweepRun& run) const;
  /// For people: "fedavg, alpha=0.1, seed 3".
  std::string title(const SweepRun& run) const;
  std::string variant_title(std::size_t variant) const;
  /// "60 points: 3 cases × 2 values of data.partition.alpha × 10 seeds; 18 tuning runs"
  std::string shape() const;
};

/// Reads [sweep] of a scenario's table, to which `sets` were applied. Whole only if no mistake was
/// added; what single runs make of it is checked by reading them.
Sweep read_sweep(const ConfigNode& root, const std::filesystem::path& file,
                 const std::vector<std::string>& sets, const Catalogue& catalogue,
                 Mistakes& mistakes);

}  // namespace cohort
