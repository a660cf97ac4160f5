#include "scar/evaluation/subgroups.h"

#include <gtest/gtest.h>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/evaluation/patient_statistic.h"
#include "scar/evaluation/task_intervals.h"
#include "support/small_store.h"

namespace scar::evaluation {
namespace {

/// 300 records of 150 patients; the score of class b knows nothing in records of group "y".
struct World {
  ScoreTable table{{"a", "b"}, 300, {}, {}};
  std::vector<std::string> patients;
  Grouping grouping{"site", {}};

  World() {
    CounterRandom random(1, "subgroups");
    for (int i = 0; i < 300; ++i) {
      patients.push_back(cat("p", i / 2));
      grouping.of_record.emplace_back(i / 2 % 3 == 0 ? "y" : "x");
      for (int c = 0; c < 2; ++c) {
        const std::uint8_t label = random.chance(.4) ? 1 : 0;
        const bool blind = c == 1 && grouping.of_record.back() == "y";
        table.labels.push_back(label);
        table.scores.push_back((blind ? 0 : label) + .7 * random.normal());
      }
    }
  }
  std::vector<std::int64_t> rows_of(const std::string& group) const {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < 300; ++i) {
      if (grouping.of_record[static_cast<std::size_t>(i)] == group) rows.push_back(i);
    }
    return rows;
  }
};

BootstrapOptions few() {
  BootstrapOptions options;
  options.resamples = 200;
  return options;
}

TEST(Subgroups, AGapIsTheGroupAgainstTheRest) {
  const World world;
  const auto scores = score_subgroups(world.table, world.patients, {world.grouping}, few());
  ASSERT_EQ(scores.size(), 1u);
  ASSERT_EQ(scores[0].groups.size(), 2u);
  const auto &x = scores[0].groups[0], &y = scores[0].groups[1];
  EXPECT_EQ(x.records + y.records, 300) << "every record is in one group";
  EXPECT_DOUBLE_EQ(*y.macro_auroc, *score_task(world.table.subset(world.rows_of("y"))).macro_auroc);
  EXPECT_DOUBLE_EQ(*y.rest_macro_auroc, *score_task(world.table.subset(world.rows_of("x"))).macro_auroc);
  EXPECT_DOUBLE_EQ(*y.gap, -*x.gap);
  EXPECT_LT(y.gap_ci95->high, 0) << "class b is not seen there";
  EXPECT_EQ(y.patients, 50);
}

TEST(Subgroups, SmallGroupsAreCountedAndSuppressed) {
  World world;
  for (int i = 0; i < 10; ++i) world.grouping.of_record[static_cast<std::size_t>(i)] = "";
  const auto scores = score_subgroups(world.table, world.patients, {world.grouping}, few());
  const auto& unknown = scores[0].groups[0];
  EXPECT_EQ(unknown.group, "unknown");
  EXPECT_EQ(unknown.records, 10);
  EXPECT_FALSE(unknown.macro_auroc);
  EXPECT_FALSE(unknown.gap_ci95);
}

TEST(Subgroups, OneGroupIsNone) {
  const World world;
  EXPECT_TRUE(score_subgroups(world.table, world.patients, {{"sex", std::vector<std::string>(300)}}, few()).empty());
}

TEST(Subgroups, ClassesThatOnePartLacksAreNotCompared) {
  World world;
  for (const auto row : world.rows_of("y")) world.table.labels[static_cast<std::size_t>(2 * row + 1)] = 0;
  const auto scores = score_subgroups(world.table, world.patients, {world.grouping}, few());
  for (const auto& group : scores[0].groups) EXPECT_EQ(group.classes, 1);
}

TEST(Subgroups, AgesHaveGroups) {
  EXPECT_EQ(age_group(-1), "");
  EXPECT_EQ(age_group(0), "0-17");
  EXPECT_EQ(age_group(17), "0-17");
  EXPECT_EQ(age_group(18), "18-39");
  EXPECT_EQ(age_group(69), "60-69");
  EXPECT_EQ(age_group(80), "80+");
  EXPECT_EQ(age_group(300), "80+") << "PTB-XL writes 300 for more than 89";
}

// A resample counts a patient's rows as often as the patient is drawn.
TEST(WeightedAveragePrecision, IsThatOfTheRowsRepeated) {
  for (std::uint64_t index = 0; index < 200; ++index) {
    CounterRandom random(3, "ap", index);
    std::vector<double> scores, repeated;
    std::vector<std::uint8_t> labels, repeated_labels;
    std::vector<std::uint32_t> patients, times;
    for (std::uint32_t p = 0; p < 12; ++p) times.push_back(static_cast<std::uint32_t>(random.below(4)));
    for (int i = 0; i < 25; ++i) {
      scores.push_back(static_cast<double>(random.below(8)));
      labels.push_back(random.chance(.4) ? 1 : 0);
      patients.push_back(static_cast<std::uint32_t>(random.below(12)));
      for (std::uint32_t k = 0; k < times[patients.back()]; ++k) {
        repeated.push_back(scores.back());
        repeated_labels.push_back(labels.back());
      }
    }
    const auto value = value_under(WeightedAveragePrecision(scores, labels, patients), times);
    const auto expected = average_precision(repeated, repeated_labels);
    ASSERT_EQ(value.has_value(), expected.has_value());
    if (value) {
      EXPECT_NEAR(*value, *expected, 1e-12);
    }
  }
}

TEST(TaskIntervals, HoldTheFiguresAndDoNotDependOnThreads) {
  const World world;
  auto options = few();
  const auto one = task_intervals(world.table, world.patients, options);
  options.jobs = 3;
  const auto three = task_intervals(world.table, world.patients, options);
  const auto score = score_task(world.table);
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_LT(one.auroc[c]->low, *score.classes[c].auroc);
    EXPECT_GT(one.auroc[c]->high, *score.classes[c].auroc);
    EXPECT_LT(one.average_precision[c]->low, *score.classes[c].average_precision);
    EXPECT_GT(one.average_precision[c]->high, *score.classes[c].average_precision);
    EXPECT_EQ(one.auroc[c]->low, three.auroc[c]->low);
  }
  EXPECT_LT(one.macro_auroc->width(), one.auroc[0]->width());
  EXPECT_EQ(one.macro_average_precision->high, three.macro_average_precision->high);
  EXPECT_EQ(one.classes_skipped, 0);
}

TEST(TaskIntervals, AClassWithoutPositivesHasNone) {
  World world;
  for (std::size_t i = 0; i < 300; ++i) world.table.labels[2 * i + 1] = 0;
  const auto intervals = task_intervals(world.table, world.patients, few());
  EXPECT_FALSE(intervals.auroc[1]);
  EXPECT_FALSE(intervals.average_precision[1]);
  EXPECT_TRUE(intervals.macro_auroc);
  EXPECT_EQ(intervals.classes_skipped, 0) << "it was not there to be skipped";
}

}  // namespace
}  // namespace scar::evaluation
