#include "scar/training/fine_tuning.h"

#include <gtest/gtest.h>

#include "scar/core/error.h"

namespace scar::training {
namespace {

TEST(FineTunePlan, FewRecordsAreShownMoreOften) {
  FineTuneOptions options;
  const auto many = fine_tune_plan(options, 17084);
  EXPECT_EQ(many.updates_per_epoch, 266);
  EXPECT_EQ(many.updates, 20 * 266);
  EXPECT_EQ(many.judge_every, 266);
  EXPECT_EQ(many.warmup, 532);
  const auto few = fine_tune_plan(options, 40);
  EXPECT_EQ(few.batch, 40);
  EXPECT_EQ(few.updates, 200) << "20 epochs of one update would be too few";
  EXPECT_EQ(few.judge_every, 10);
  EXPECT_THROW((void)fine_tune_plan(options, 0), Error);
}

TEST(FineTuneRate, RisesThenFallsToNothing) {
  FineTuneOptions options;
  const auto plan = fine_tune_plan(options, 6400);  // 2000 updates, 200 of warm-up
  EXPECT_DOUBLE_EQ(fine_tune_rate(options, plan, 0), 1e-3 / 200);
  EXPECT_DOUBLE_EQ(fine_tune_rate(options, plan, 199), 1e-3);
  EXPECT_DOUBLE_EQ(fine_tune_rate(options, plan, 200), 1e-3);
  EXPECT_NEAR(fine_tune_rate(options, plan, 1100), .5e-3, 1e-9);
  EXPECT_LT(fine_tune_rate(options, plan, 1999), 1e-8);
}

TEST(LayerRate, DecaysFromTheHeadToTheStem) {
  EXPECT_EQ(layer_rate("head.weight", 4, .5), 1);
  EXPECT_EQ(layer_rate("ecg.selector.score.weight", 4, .5), 1);
  EXPECT_EQ(layer_rate("ecg.transformer.norm.bias", 4, .5), 1);
  EXPECT_EQ(layer_rate("ecg.transformer.blocks.3.mlp.in.weight", 4, .5), .5);
  EXPECT_EQ(layer_rate("ecg.transformer.blocks.0.norm1.weight", 4, .5), 1.0 / 16);
  EXPECT_EQ(layer_rate("ecg.stem.out.weight", 4, .5), 1.0 / 32);
  EXPECT_EQ(layer_rate("ecg.lead", 4, .5), 1.0 / 32);
  EXPECT_EQ(layer_rate("ecg.transformer.blocks.11.norm1.weight", 12, .5), .5);
}

}  // namespace
}  // namespace scar::training
