#include <gtest/gtest.h>

#include "comm/mpi.hpp"
#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

using Environment = std::map<std::string, std::string>;

std::optional<Launch> launch_in(const Environment& environment) {
  return detect_launch([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(Launch, EachLauncherIsRecognised) {
  struct Case {
    Environment environment;
    std::string launcher;
    std::optional<std::uint32_t> tasks;
  };
  const std::vector<Case> cases{
      {{{"OMPI_COMM_WORLD_SIZE", "4"}, {"PMIX_RANK", "1"}}, "mpirun", 4U},
      {{{"PMI_SIZE", "8"}}, "mpirun", 8U},
      {{{"SLURM_PROCID", "3"}, {"SLURM_STEP_NUM_TASKS", "16"}}, "srun", 16U},
      {{{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}, {"PMIX_RANK", "0"}}, "srun", 1U},
      {{{"PMIX_RANK", "0"}}, "a PMIx launcher", std::nullopt},
      // mpirun inside a batch job.
      {{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"OMPI_COMM_WORLD_SIZE", "4"}}, "mpirun", 4U},
  };
  for (const Case& c : cases) {
    const auto launch = launch_in(c.environment);
    ASSERT_TRUE(launch) << c.launcher;
    EXPECT_EQ(launch->launcher, c.launcher);
    EXPECT_EQ(launch->tasks, c.tasks);
  }
}

TEST(Launch, ProcessStartedAloneIsNotALaunch) {
  EXPECT_FALSE(launch_in({}));
  EXPECT_FALSE(launch_in({{"OMPI_COMM_WORLD_SIZE", "many"}}));
  EXPECT_FALSE(launch_in({{"OMPI_COMM_WORLD_SIZE", ""}}));
  // In the script of a batch job, and as its only task.
  EXPECT_FALSE(launch_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "64"}}));
  EXPECT_FALSE(launch_in({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}}));
}

TEST(MpiEnvironment, ProcessStartedAloneIsARunOfOneRankWithoutMpi) {
  if (detect_launch()) GTEST_SKIP() << "the tests themselves run under a launcher";
  const auto environment = MpiEnvironment::start();
  ASSERT_TRUE(environment);
  EXPECT_FALSE((*environment)->is_active());
  const auto transport = (*environment)->transport();
  ASSERT_TRUE(transport);
  EXPECT_EQ((*transport)->size(), 1U);
  ASSERT_TRUE((*transport)->send(Rank(0), Tag::control, number_frame(3)));
  EXPECT_EQ(number_in((*transport)->receive(patience())->frame), 3U);
}

}  // namespace
}  // namespace cohort
