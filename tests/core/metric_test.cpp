#include "core/metric.hpp"

#include <gtest/gtest.h>

namespace cohort {
namespace {

TEST(Metric, EveryNameLeadsBackToItsMetric) {
  for (const MetricInfo& info : metric_infos()) {
    EXPECT_EQ(info_of(info.metric).name, info.name);
    ASSERT_NE(find_metric(info.name), nullptr);
    EXPECT_EQ(find_metric(info.name)->metric, info.metric);
  }
  EXPECT_EQ(find_metric("balanced_accuracy_std")->metric, Metric::balanced_accuracy);
  EXPECT_EQ(find_metric("accuracy_best"), nullptr);
  EXPECT_EQ(find_metric("gradient_norm_mean"), nullptr) << "it has no value of each client";
  EXPECT_EQ(find_metric(""), nullptr);
}

TEST(Metric, DirectionIsThatOfTheMetricOrOfItsSpread) {
  EXPECT_TRUE(higher_is_better("accuracy"));
  EXPECT_TRUE(higher_is_better("r2"));
  EXPECT_TRUE(higher_is_better("auroc_worst10"));
  EXPECT_TRUE(higher_is_better("f1_mean"));
  EXPECT_FALSE(higher_is_better("accuracy_std"));
  EXPECT_TRUE(higher_is_better("loss_jain"));
  EXPECT_FALSE(higher_is_better("loss_worst10"));
  EXPECT_FALSE(higher_is_better("gradient_norm"));
  EXPECT_FALSE(higher_is_better("sim_seconds"));
}

TEST(Metric, SaysWhatAnObjectiveLacks) {
  const Prediction none, value{Outcome::value, 1, false}, binary{Outcome::binary, 1, true},
      margins{Outcome::binary, 1, false};
  EXPECT_EQ(missing_for(Metric::loss, none), "");
  EXPECT_EQ(missing_for(Metric::accuracy, value), "classes");
  EXPECT_EQ(missing_for(Metric::auroc, margins), "");
  EXPECT_EQ(missing_for(Metric::brier, margins), "probabilities of classes");
  EXPECT_EQ(missing_for(Metric::brier, binary), "");
  EXPECT_EQ(missing_for(Metric::rmse, binary), "labels that are real numbers");
  EXPECT_EQ(missing_for(Metric::r2, value), "");
}

}  // namespace
}  // namespace cohort
