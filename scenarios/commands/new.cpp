#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

// What is written, with words in capitals to be replaced: NAME and TYPE by the name in snake case
// and in Pascal case.

constexpr std::string_view method_header = R"(#pragma once
// NAME: what it does, in a line.
//   client i   u_i = −∇f_i(x)                       on all its rows
//   server     x ← x + η Σ_S p_i u_i / Σ_S p_i
// -----------------------------------------------------------------------------------------------
// x, u_i [d] model and update; η = learning_rate; p_i client weights, S the cohort.
// Source: who says so.
// Cost a round: 1 ask; 1 vector down, 1 up; no client state; 1 gradient of all rows a client.

#include "algorithms/method.hpp"
#include "core/options.hpp"

struct TYPE : cohort::OneRound {
  static constexpr std::string_view name = "NAME";
  static constexpr std::string_view summary = "one full gradient of every client a round";
  static constexpr std::string_view source = "";
  struct Options {
    double learning_rate = 0.1;
    static void declare(cohort::OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, cohort::positive, "η: length of a step");
    }
  };
  Options options;

  cohort::MethodNeeds needs() const { return {.oracle = {cohort::Query::gradient}}; }
  std::vector<cohort::Phase> phases(const cohort::Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "gradient",
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "update",
                     .length = d,
                     .combine = cohort::Combine::rule,
                     .is_update = true}}}};
  }

  cohort::Ask ask(cohort::ServerContext&, const cohort::Vec& x, cohort::NoState&) const {
    cohort::Ask ask;
    ask.common.blocks = {cohort::dense_block("x", cohort::as_span(x))};
    return ask;
  }
  cohort::Result<void> answer(cohort::ClientContext&, const cohort::Ask& ask,
                              cohort::Oracle& oracle, cohort::Reply& reply) const {
    if (oracle.rows() == 0) return {};
    auto u = reply.values("update");
    oracle.gradient(cohort::as_vec(ask.common.at("x").doubles()), u);
    u = -u;
    return {};
  }
  void finish(cohort::ServerContext&, cohort::Vec& x, cohort::NoState&,
              cohort::Combined& combined) const {
    x += options.learning_rate * combined.vec("update");
  }
};
)";

constexpr std::string_view optimizer_header = R"(#pragma once
// NAME: what it does, in a line.
//   w ← w − η g
// -----------------------------------------------------------------------------------------------
// w, g [d] model and surrogate; η = learning_rate of the round.
// Source: who says so.
// Cost a step: one pass; no memory.

#include "algorithms/pipeline.hpp"
#include "algorithms/rate.hpp"

struct TYPE {
  static constexpr std::string_view name = "NAME";
  static constexpr std::string_view summary = "a step along the surrogate";
  static constexpr std::string_view source = "";
  struct Options {
    cohort::Rate learning_rate = 0.1;
    static void declare(cohort::OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, cohort::rate_bounds, "length of a step");
    }
  };
  Options options;

  // What it remembers would be a struct Memory with start(d) and fields(v), in place of NoState.
  double step(const cohort::StepInfo& info, cohort::NoState, cohort::VecRef w, cohort::VecView g,
              double scale) const {
    const double rate = options.learning_rate.at(info.round);
    cohort::kernels::axpy(-rate * scale, cohort::as_span(g), cohort::as_mutable_span(w));
    return rate;
  }
};
)";

constexpr std::string_view aggregator_header = R"(#pragma once
// NAME: what it does, in a line.
//   out = (1/n) Σ_i x_i        per coordinate, of rows x_1 … x_n
// Tolerates no Byzantine row. Source: who says so. Cost: one pass over the rows.

#include "algorithms/aggregation.hpp"

struct TYPE {
  static constexpr std::string_view name = "NAME";
  static constexpr std::string_view summary = "the mean of each coordinate";
  static constexpr std::string_view source = "";
  static constexpr std::string_view cost = "one pass";
  static constexpr bool needs_f = false;
  struct Options {};
  Options options;

  // The largest f of n rows that it stands.
  std::size_t tolerated(std::size_t) const { return 0; }

  // out [width] from rows[i][0 … width) of every row, all finite; T is double or float.
  template <class T>
  void tile(std::span<const T* const> rows, std::size_t width, const cohort::RuleInput&,
            double* out) const {
    for (std::size_t k = 0; k < width; ++k) {
      double sum = 0;
      for (const T* row : rows) sum += static_cast<double>(row[k]);
      out[k] = sum / static_cast<double>(rows.size());
    }
  }
};
)";

constexpr std::string_view main_file =
    R"(// The command line of Cohort with NAME among what scenarios may name.

INCLUDES#include "scenarios/cli.hpp"

int main(int argc, char** argv) {
  auto registry = cohort::MEMBER();
  registry.add<TYPE, cohort::WRAPPER>();
  cohort::Catalogue catalogue = cohort::shipped_catalogue();
  catalogue.MEMBER = &registry;
  return cohort::cli(argc, argv, catalogue);
}
)";

constexpr std::string_view cmake_file = R"(cmake_minimum_required(VERSION 3.25)
project(NAME LANGUAGES CXX)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_package(Cohort 0.1 REQUIRED)
add_executable(NAME main.cpp)
target_link_libraries(NAME PRIVATE Cohort::cohort)

enable_testing()
add_test(NAME NAME.KeepsThePromises
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:NAME>
                 -DSCENARIO=${CMAKE_CURRENT_SOURCE_DIR}/scenario.toml
                 -DWORK=${CMAKE_CURRENT_BINARY_DIR}/test
                 -P ${CMAKE_CURRENT_SOURCE_DIR}/test.cmake)
)";

constexpr std::string_view test_file =
    R"(# What every algorithm must keep: a run gives the same bits again, on other numbers of threads, and
# after a stop and a resume.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(run)
  execute_process(COMMAND ${PROGRAM} ${ARGN} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " words)
    message(FATAL_ERROR "${PROGRAM} ${words}\nended with ${status}:\n${output}")
  endif()
endfunction()

run(list LIST)
run(run ${SCENARIO} --set run.threads=1 --out one)
run(run ${SCENARIO} --set run.threads=3 --out three)
run(compare one three)
run(verify one)
)";

constexpr std::string_view scenario_file =
    R"(# The same data and clients with SHIPPED in its place are the run to compare with.

name = "NAME"

[data]
name = "breast_cancer"
standardize = "global"
split = { train = 0.8, test = 0.2 }

[model]
type = "logistic"
l2 = 1e-3

[clients]
count = 10

METHOD
[schedule]
rounds = 50

[evaluation]
every = 10
on = ["train", "test"]
metrics = ["objective", "accuracy"]
)";

struct Kind {
  std::string_view name;
  std::string_view header;
  std::string_view registry_header;
  std::string_view member;  // of the catalogue, and the function that gives what ships
  std::string_view wrapper;
  std::string_view shipped;  // what the template is, under another name
  std::string_view method;   // of the scenario
};
constexpr Kind kinds[] = {
    {"method", method_header, "algorithms/catalogue.hpp", "methods", "MethodOf",
     "type = \"fedsgd\"", "[method]\ntype = \"NAME\"\nlearning_rate = 0.5\n"},
    {"optimizer", optimizer_header, "algorithms/catalogue.hpp", "optimizers", "OptimizerOf",
     "the optimizer sgd",
     "[method]\ntype = \"fedavg\"\nlocal_epochs = 1\nbatch_size = 16\n"
     "local = { optimizer = { type = \"NAME\", learning_rate = 0.1 } }\n"},
    {"aggregator", aggregator_header, "algorithms/aggregation_catalogue.hpp", "rules", "RuleOf",
     "rule = \"mean\"",
     "[method]\ntype = \"fedavg\"\nlocal_epochs = 1\nbatch_size = 16\n\n"
     "[aggregation]\nrule = \"NAME\"\n"},
};

std::string replaced(std::string_view text,
                     const std::vector<std::pair<std::string_view, std::string>>& words) {
  std::string out(text);
  for (const auto& [word, by] : words) {
    for (auto at = out.find(word); at != std::string::npos; at = out.find(word, at + by.size())) {
      out.replace(at, word.size(), by);
    }
  }
  return out;
}

bool is_snake_case(const std::string& name) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && is_letter(name.front()) && name.back() != '_' &&
         name.find("__") == std::string::npos && std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
         });
}

/// clipped_mean → ClippedMean
std::string pascal_case(const std::string& name) {
  std::string out;
  bool starts = true;
  for (const char c : name) {
    if (c != '_') out += starts ? static_cast<char>(c - ('a' <= c && c <= 'z' ? 32 : 0)) : c;
    starts = c == '_';
  }
  return out;
}

class New final : public Command {
 public:
  std::string name() const override { return "new"; }
  std::string help() const override {
    return "Start a project of one's own: a method, an optimizer or an aggregator";
  }
  void declare(CLI::App& app) override {
    app.footer(
        "Writes a folder with the algorithm, a program that adds it to what Cohort has, its "
        "build,\n"
        "a test and a scenario. What it computes at first is a known algorithm; change the "
        "header.\n"
        "\n  cohort new aggregator clipped_mean\n"
        "  cmake -S clipped_mean -B build -DCMAKE_PREFIX_PATH=… && cmake --build build\n"
        "  ctest --test-dir build\n  build/clipped_mean run clipped_mean/scenario.toml");
    app.add_option("KIND", kind_, "method, optimizer or aggregator")->required();
    app.add_option("NAME", name_, "As scenarios will write it: small letters, digits and _")
        ->required();
    app.add_option("--out", out_, "The folder, which must not be there; default: NAME");
  }
  int run(const Environment& environment) override {
    const auto written = write(environment.catalogue());
    if (!written) return environment.fail(written.error());
    environment.print(*written);
    return 0;
  }

 private:
  Result<std::string> write(const Catalogue& catalogue) const {
    const auto* const kind = std::find_if(std::begin(kinds), std::end(kinds),
                                          [&](const Kind& k) { return k.name == kind_; });
    if (kind == std::end(kinds)) {
      return bad_input(
          unknown_name_message("kind", kind_, "cohort new", {"method", "optimizer", "aggregator"}));
    }
    if (!is_snake_case(name_)) {
      return bad_input(fmt::format(
          "NAME: expected small letters, digits and single _, from a letter on, found '{}'",
          name_));
    }
    if (has(catalogue, kind->name)) {
      return bad_input(fmt::format("there is {} {} '{}' already; expected another name",
                                   kind->name == "method" ? "a" : "an", kind->name, name_));
    }
    const std::filesystem::path folder = out_.empty() ? name_ : out_;
    std::error_code error;
    if (std::filesystem::exists(folder, error)) {
      return bad_input(
          fmt::format("{}: is there already; expected a new folder (--out)", folder.string()));
    }
    if (!std::filesystem::create_directories(folder, error)) {
      return Error{Code::environment, fmt::format("{}: {}", folder.string(), error.message())};
    }

    const std::vector<std::pair<std::string_view, std::string>> words = {
        {"INCLUDES",
         fmt::format("#include \"{}.hpp\"\n#include \"{}\"\n", name_, kind->registry_header)},
        {"MEMBER", std::string(kind->member)},
        {"WRAPPER", std::string(kind->wrapper)},
        {"LIST", std::string(kind->member)},
        {"SHIPPED", std::string(kind->shipped)},
        {"METHOD", std::string(kind->method)},
        {"TYPE", pascal_case(name_)},
        {"NAME", name_},
    };
    const std::pair<std::string, std::string> files[] = {
        {name_ + ".hpp", replaced(kind->header, {{"TYPE", pascal_case(name_)}, {"NAME", name_}})},
        {"main.cpp", replaced(main_file, words)},
        {"CMakeLists.txt",
         // NAME is also a word of CMake, in capitals and followed by a blank.
         replaced(cmake_file, {{"add_test(NAME NAME", "add_test(name " + name_},
                               {"NAME", name_},
                               {"add_test(name", "add_test(NAME"}})},
        {"test.cmake", replaced(test_file, {{"LIST", std::string(kind->member)}})},
        {"scenario.toml", replaced(scenario_file, words)},
    };
    std::string told;
    for (const auto& [file, text] : files) {
      std::ofstream out(folder / file);
      out << text;
      if (!out.flush()) {
        return Error{Code::environment,
                     fmt::format("{}: cannot be written", (folder / file).string())};
      }
      told += fmt::format("{}\n", (folder / file).string());
    }
    return told;
  }

  bool has(const Catalogue& catalogue, std::string_view kind) const {
    if (kind == "method") return catalogue.methods->find(name_) != nullptr;
    if (kind == "optimizer") return catalogue.optimizers->find(name_) != nullptr;
    return catalogue.rules->find(name_) != nullptr;
  }

  std::string kind_;
  std::string name_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> new_command() { return std::make_unique<New>(); }

}  // namespace cohort
