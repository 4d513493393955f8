// Each rule against a planted violation, and against what only looks like one.
#include "tests/architecture/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cohort::architecture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(IncludeRules, EdgeOutsideTheTableIsNamedWithFileLineAndAllowedRooms) {
  EXPECT_THAT(
      include_violations("comm/codec.cpp", "\n#include \"algorithms/methods/fedavg.hpp\"\n"),
      ElementsAre("comm/codec.cpp:2: includes algorithms/methods/fedavg.hpp: comm/ may "
                  "include comm, core"));
  EXPECT_THAT(
      include_violations("worker/host.cpp", "#include <coordinator/journal.hpp>"),
      ElementsAre(HasSubstr("worker/ may include worker, algorithms, comm, core, problems")));
  EXPECT_THAT(include_violations("core/vec.hpp", "#  include \"problems/oracle.hpp\""), SizeIs(1));
}

TEST(IncludeRules, EveryAllowedEdgePasses) {
  for (const auto& [room, others] : allowed_rooms()) {
    EXPECT_THAT(include_violations(room + "/a.cpp", "#include \"" + room + "/b.hpp\""), IsEmpty());
    for (const auto& other : others)
      EXPECT_THAT(include_violations(room + "/a.cpp", "#include \"" + other + "/b.hpp\""),
                  IsEmpty());
  }
}

TEST(IncludeRules, RoomsThatMustNotKnowEachOtherDoNot) {
  const auto knows = [](const char* room, const char* other) {
    return allowed_rooms().at(room).contains(other);
  };
  EXPECT_FALSE(knows("algorithms", "comm") || knows("comm", "algorithms"));
  EXPECT_FALSE(knows("worker", "coordinator") || knows("coordinator", "worker"));
  EXPECT_FALSE(knows("coordinator", "problems"));
}

TEST(IncludeRules, RelativePathsAreRefused) {
  EXPECT_THAT(include_violations("comm/mpi/ring.cpp", "#include \"../codec.hpp\""),
              ElementsAre(HasSubstr("paths from the root")));
  EXPECT_THAT(include_violations("core/a.cpp", "#include \"bytes.hpp\""), SizeIs(1));
}

TEST(IncludeRules, WiresStayInComm) {
  EXPECT_THAT(include_violations("worker/host.cpp", "#include <mpi.h>"),
              ElementsAre("worker/host.cpp:1: includes mpi.h: only comm/ may"));
  EXPECT_THAT(include_violations("scenarios/run.cpp", "#include <zmq.hpp>"), SizeIs(1));
  EXPECT_THAT(include_violations("comm/mpi/communicator.cpp", "#include <mpi.h>"), IsEmpty());
}

TEST(IncludeRules, StandardAndThirdPartyHeadersAreCheckedWhereTheyMatter) {
  EXPECT_THAT(include_violations("algorithms/methods/x.hpp", "#include <fstream>"), SizeIs(1));
  EXPECT_THAT(include_violations("problems/data/reader.cpp", "#include <fstream>"), IsEmpty());
  EXPECT_THAT(include_violations("core/random.cpp", "#include <random>"), SizeIs(1));
  EXPECT_THAT(include_violations("core/log.hpp", "#include <fmt/format.h>"), SizeIs(1));
  EXPECT_THAT(include_violations("core/log.cpp", "#include <fmt/format.h>"), IsEmpty());
  EXPECT_THAT(include_violations("core/linalg.hpp", "#include <Eigen/Dense>"), SizeIs(1));
}

TEST(IncludeRules, CommentsAndOtherFoldersAreFree) {
  EXPECT_THAT(
      include_violations("core/a.hpp", "// #include \"comm/a.hpp\"\n/*\n#include <mpi.h>\n*/"),
      IsEmpty());
  EXPECT_THAT(include_violations("tests/comm/a_test.cpp", "#include <mpi.h>"), IsEmpty());
}

TEST(NumericRules, ReductionsAndLibmAreFoundInTheRoomsOfTheMathematics) {
  for (const char* call : {"x.sum()", "x.mean()", "a.dot(b)", "x.norm()", "x->squaredNorm()",
                           "x.array().exp()", "v.lpNorm<1>()", "v.template lpNorm<1>()",
                           "std::exp(1.0)", "std::logf(x)", "std :: tanh (x)", "std::pow(x, 2)",
                           "std::erf(x)", "return exp(x);", "-log1p(x)", "std::reduce(a, b)"}) {
    for (const char* file : {"algorithms/a.hpp", "problems/a.cpp", "worker/a.cpp"})
      EXPECT_THAT(numeric_violations(file, call), SizeIs(1)) << call;
    EXPECT_THAT(numeric_violations("core/kernels.cpp", call), IsEmpty()) << call;
  }
  EXPECT_THAT(numeric_violations("worker/a.cpp", "\n\ndouble y = x.norm();"),
              ElementsAre(HasSubstr("worker/a.cpp:3: `.norm(…)`")));
}

TEST(NumericRules, WhatOnlyLooksLikeOneIsLeftAlone) {
  for (const char* call :
       {"kernels::exp(x)", "kernels::dot(a, b)", "std::sqrt(x)", "x.cwiseAbs()", "ordered_sum(x)",
        "logistic(x)", "model.sums()", "// x.norm()", "/* std::exp(x) */", "say(\"x.sum()\")",
        "R\"(std::exp(x))\"", "1'000 + 'x'", "counts.sum();  // bits: integers",
        "std::lower_bound(x)", "std::accumulate(a, b, 0)"})
    EXPECT_THAT(numeric_violations("problems/a.cpp", call), IsEmpty()) << call;
}

TEST(NumericRules, AnExemptionNeedsItsReason) {
  EXPECT_THAT(numeric_violations("worker/a.cpp", "x.sum();  // bits: "), SizeIs(1));
  EXPECT_THAT(numeric_violations("worker/a.cpp", "'\"'; x.sum(); // \""), SizeIs(1));
}

TEST(AlgorithmRules, AnAlgorithmWithoutATestFileIsNamed) {
  const std::vector<std::string> paths = {"algorithms/methods/scaffold.hpp",
                                          "algorithms/aggregators/krum.hpp",
                                          "algorithms/methods/shared.hpp", "algorithms/method.hpp",
                                          "tests/algorithms/methods/scaffold_test.cpp"};
  EXPECT_THAT(
      untested_algorithms(paths,
                          [](const std::string& path) {
                            return path.find("shared") == std::string::npos
                                       ? "static constexpr std::string_view name = \"x\";"
                                       : "struct Shared {};";
                          }),
      ElementsAre("algorithms/aggregators/krum.hpp: no test tests/algorithms/…/krum_test.cpp"));
}

TEST(AlgorithmRules, TheRegisteredNameIsTheFilesName) {
  const std::string text =
      "struct Krum {\n  static constexpr std::string_view name = \"krum\";\n};";
  EXPECT_THAT(misnamed_algorithms("algorithms/aggregators/krum.hpp", text), IsEmpty());
  EXPECT_THAT(misnamed_algorithms("algorithms/aggregators/crumb.hpp", text),
              ElementsAre("algorithms/aggregators/crumb.hpp:2: the name is \"krum\", the file's is "
                          "\"crumb\""));
}

}  // namespace
}  // namespace cohort::architecture
