#include "scar/training/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "scar/training/run_directory.h"

namespace scar::training {
namespace {

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("10e", "k").updates(7), 70);
  EXPECT_EQ(parse_duration("300u", "k").updates(7), 300);
  for (const char* text : {"10", "e", "", "-1u", "1.5e", "10x", "10 e", "10ee"})
    EXPECT_THROW((void)parse_duration(text, "k"), Error) << text;
}

TEST(Schedule, LearningRateWarmsUpAndFallsToItsFinalShare) {
  LoopOptions options;
  options.learning_rate = 1.0;
  options.final_share = 0.1;
  Plan plan;
  plan.updates = 1000;
  plan.warmup = 100;
  EXPECT_DOUBLE_EQ(learning_rate(options, plan, 0), 0.01);
  EXPECT_DOUBLE_EQ(learning_rate(options, plan, 99), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, plan, 100), 1.0);
  EXPECT_NEAR(learning_rate(options, plan, 550), 0.55, 1e-12);
  EXPECT_NEAR(learning_rate(options, plan, 1000), 0.1, 1e-12);
  for (int i = 101; i < 1000; ++i) EXPECT_LE(learning_rate(options, plan, i), learning_rate(options, plan, i - 1));
}

TEST(Schedule, TheMaskerWarmsUpOnceAnUpdateThenPlaysOneInEvery) {
  TrainOptions options;
  options.train.batch = 10;
  options.train.duration = "1000u";
  options.game.adversary_start = 0.05;
  options.game.warmup_steps = 30;
  options.game.every = 4;
  const auto plan = make_plan(options, {100});
  EXPECT_EQ(plan.adversary_start, 50);
  EXPECT_EQ(plan.masker_start, 20);
  int before = 0, after = 0;
  for (int i = 0; i < 1000; ++i) (i < 50 ? before : after) += masker_step_due(options.game, plan, i);
  EXPECT_EQ(before, 30);
  EXPECT_EQ(after, 238);  // 950 / 4, rounded up
}

TEST(Schedule, ARunThatEndsBeforeItsMaskerPlaysIsRefused) {
  TrainOptions options;
  options.train.batch = 10;
  options.train.duration = "100u";
  EXPECT_THROW((void)make_plan(options, {100}), Error);  // warm-up of 150
  options.game.masking = "random";
  EXPECT_EQ(make_plan(options, {100}).masker_start, 100);
  EXPECT_THROW((void)make_plan(options, {9}), Error) << "not one batch";
}

TEST(Schedule, ShareAndStructureAreFunctionsOfSeedAndUpdateWithTheLawAskedFor) {
  GameOptions options;
  int counts[3] = {};
  double low = 1, high = 0;
  for (int i = 0; i < 3000; ++i) {
    const double share = removal_share(options, 5, i);
    EXPECT_EQ(share, removal_share(options, 5, i));
    low = std::min(low, share);
    high = std::max(high, share);
    ++counts[static_cast<int>(removal_structure(options, 5, i))];
  }
  EXPECT_GE(low, 0.1);
  EXPECT_LT(high, 0.9);
  EXPECT_LT(low, 0.11);
  EXPECT_GT(high, 0.89);
  EXPECT_NEAR(counts[0] / 3000.0, 0.2, 0.03);
  EXPECT_NEAR(counts[1] / 3000.0, 0.7, 0.03);
}

TEST(Schedule, TheAdversarysCapRampsToHalfOfTheRun) {
  GameOptions options;
  Plan plan;
  plan.updates = 1000;
  plan.adversary_start = 100;
  EXPECT_DOUBLE_EQ(adversarial_cap(options, plan, 100), 0.3);
  EXPECT_DOUBLE_EQ(adversarial_cap(options, plan, 500), 0.75);
  EXPECT_DOUBLE_EQ(adversarial_cap(options, plan, 900), 0.75);
}

TEST(Configs, EveryShippedConfigReadsAndPrintsBackTheSame) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("configs")) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    auto options = TrainOptions{};
    Problems problems;
    FieldTable table(options);
    table.read(read_yaml(entry.path()), problems);
    validate(options, problems);
    EXPECT_TRUE(problems.empty()) << entry.path() << "\n" << (problems.empty() ? "" : render(problems.list().front()));
    TrainOptions again;
    Problems none;
    FieldTable(again).read(parse_yaml(table.to_yaml(), "printed"), none);
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(FieldTable(again).to_yaml(), table.to_yaml());
  }
  EXPECT_GE(seen, 3);
}

TEST(Configs, TheControlDiffersInItsSwitchAlone) {
  auto scar = read_options("configs/ptbxl100-cpu.yaml"), control = read_options("configs/ptbxl100-cpu-random.yaml");
  const FieldTable a(scar), b(control);
  std::vector<std::string> different;
  for (const auto& field : a.fields()) {
    if (b.find(field.key)->value() != field.value()) different.push_back(field.key);
  }
  EXPECT_EQ(different, (std::vector<std::string>{"model.masker.enabled", "game.masking"}));
}

TEST(Options, ContradictionsAreNamedTogether) {
  TrainOptions options;
  options.train.accumulate = 3;  // does not divide 128
  options.game.structures = {0.5, 0.6, 0.1};
  options.game.share_low = 0.9;
  options.game.share_high = 0.2;
  options.model.masker.enabled = false;
  options.train.duration = "10";
  options.model.selector.kind = "mean";  // has nothing for the selector's supervision to teach
  Problems problems;
  validate(options, problems);
  EXPECT_EQ(problems.list().size(), 6u);
}

}  // namespace
}  // namespace scar::training
