// Tests under MPI: every rank runs all of them, in the same order. A failure on any rank ends the
// job at once: the others would wait for it.

#include <gtest/gtest.h>

#include "tests/comm/mpi/world.hpp"

namespace cohort {

namespace {

MpiEnvironment* current = nullptr;

class EndJobOnFailure final : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    const char* file = result.file_name();
    abort_job(std::string(file == nullptr ? "?" : file) + ":" +
                  std::to_string(result.line_number()) + ": " + result.summary(),
              1);
  }
};

}  // namespace

MpiEnvironment& world() { return *current; }

}  // namespace cohort

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const auto environment = cohort::MpiEnvironment::start();
  if (!environment) cohort::abort_job(environment.error().message, 3);
  cohort::current = environment->get();
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  listeners.Append(new cohort::EndJobOnFailure);
  if ((*(*environment)->transport())->self() != cohort::Rank(0)) {
    delete listeners.Release(listeners.default_result_printer());
  }
  return cohort::run_or_abort([] { return RUN_ALL_TESTS(); });
}
