#include "scar/evaluation/cmrs.h"

#include <cmath>

#include <gtest/gtest.h>

#include "scar/core/hash.h"
#include "toy_scorer.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kRecords = 800;
const std::vector<std::string> kClasses = {"one", "two"};

struct Measured {
  std::vector<CmrsClassPlan> plan;
  Cmrs critical, random;
};

AttackOptions attack_options() {
  AttackOptions options;
  options.random_masks = 3;
  return options;
}

Measured measure(Scorer& scorer, CmrsOptions options = {}) {
  const auto ids = toy_ids(scorer.records());
  const auto table = clean_table(scorer, kClasses);
  Measured out;
  options.most_resolved = std::min<std::int64_t>(options.most_resolved, 60);
  out.plan = plan_cmrs(table, ids, options);
  const auto targets = targets_of(out.plan);
  const auto own = make_book(attack(scorer, targets, ids, kClasses, attack_options()), ids, kClasses, attack_options());
  out.critical = measure_cmrs(scorer, out.plan, own, ids, options);
  const auto random = random_book(scorer, targets, ids, kClasses, attack_options());
  out.random = measure_cmrs(scorer, out.plan, random, ids, options);
  return out;
}

std::int64_t mask_number(const data::UnitMask& mask) {
  return static_cast<std::int64_t>(xxh3(mask.bitmap().data(), mask.bitmap().size()) >> 1);
}
bool whole(const data::UnitMask& mask) { return mask.removed_units() == 0; }

void expect_nothing_to_lose(const Measured& measured) {
  EXPECT_FALSE(measured.critical.value);
  EXPECT_FALSE(measured.random.value);
  for (const auto& of_class : measured.plan) EXPECT_FALSE(of_class.left_out.empty()) << of_class.name;
}

TEST(Cmrs, ShareBelowCountsTiesOneHalf) {
  const std::vector<double> sorted = {1, 2, 2, 3};
  EXPECT_DOUBLE_EQ(share_below(0, sorted), 0);
  EXPECT_DOUBLE_EQ(share_below(2, sorted), .5);
  EXPECT_DOUBLE_EQ(share_below(3, sorted), 3.5 / 4);
  EXPECT_DOUBLE_EQ(share_below(9, sorted), 1);
}

TEST(Cmrs, ResolutionIsASumOverSumAndNotClipped) {
  const std::vector<Resolution> misled = {{1.0, .25}, {.75, .5}};
  EXPECT_DOUBLE_EQ(*resolution_score(misled), -.25 / .75);
  const std::vector<Resolution> gained = {{.75, 1.0}};
  EXPECT_DOUBLE_EQ(*resolution_score(gained), 2.0);
  EXPECT_FALSE(resolution_score({}));
}

TEST(CmrsGuardRails, ConstantEmbedderGivesNull) {
  ToyScorer scorer(kRecords, [](auto, auto, const auto&) { return .3; });
  expect_nothing_to_lose(measure(scorer));
}

TEST(CmrsGuardRails, PriorOnlyModelGivesNull) {
  ToyScorer scorer(kRecords, [](auto, std::int64_t label, const auto&) { return label == 0 ? .9 : .1; });
  expect_nothing_to_lose(measure(scorer));
}

TEST(CmrsGuardRails, PureNoiseGivesNull) {
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    return noise(1, record * 2 + label, mask_number(mask));
  });
  expect_nothing_to_lose(measure(scorer));
}

TEST(CmrsGuardRails, HashOfTheRecordGivesNull) {
  ToyScorer scorer(kRecords, [](std::int64_t record, auto, const auto&) { return noise(2, record, 0); });
  expect_nothing_to_lose(measure(scorer));
}

TEST(CmrsGuardRails, SeparatingModelThatNoMaskTouchesGivesOne) {
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const auto&) {
    return (toy_positive(record, label) ? 1.0 : 0.0) + .5 * noise(3, record, label);
  });
  const auto measured = measure(scorer);
  ASSERT_TRUE(measured.critical.value);
  EXPECT_DOUBLE_EQ(*measured.critical.value, 1);
  EXPECT_DOUBLE_EQ(*measured.random.value, 1);
  EXPECT_DOUBLE_EQ(*measured.plan[0].coverage(), 1);
  for (const auto& of_class : measured.critical.classes) {
    for (const auto count : of_class.measured) EXPECT_EQ(count, 60);
  }
}

TEST(CmrsGuardRails, RightOnWholeRecordsAndChanceUnderMasksGivesZero) {
  // Under a mask a number that belongs to the record: 2 (pi~ - 1/2) has deviation about 2 sqrt((1/12)(1 + 1/20)) ~ 0.6.
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    return whole(mask) ? (toy_positive(record, label) ? 1.0 : 0.0) : noise(4, record, label);
  });
  const auto measured = measure(scorer);
  ASSERT_TRUE(measured.critical.value);
  const double error = .6 / std::sqrt(2 * 60.0);
  EXPECT_NEAR(*measured.critical.value, 0, 3 * error);
  EXPECT_NEAR(*measured.random.value, 0, 3 * error);
}

TEST(CmrsGuardRails, ScoreThatReadsOnlyTheMaskGivesExactlyZero) {
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    return whole(mask) ? (toy_positive(record, label) ? 1.0 : 0.0) : noise(5, 0, mask_number(mask));
  });
  const auto measured = measure(scorer);
  ASSERT_TRUE(measured.critical.value);
  EXPECT_EQ(*measured.critical.value, 0);
  EXPECT_EQ(*measured.random.value, 0);
}

TEST(CmrsGuardRails, IncreasingTransformOfTheScoresChangesNothing) {
  const auto model = [](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    const double left = 1 - mask.removed_share();
    return (toy_positive(record, label) ? left : 0.0) + .4 * noise(6, record * 2 + label, mask_number(mask));
  };
  ToyScorer raw(kRecords, model);
  ToyScorer bent(kRecords, [&](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    return std::exp(2 * model(record, label, mask)) - 7;
  });
  const auto a = measure(raw), b = measure(bent);
  ASSERT_TRUE(a.critical.value);
  EXPECT_GT(*a.critical.value, 0);
  EXPECT_LT(*a.critical.value, *a.random.value);
  EXPECT_EQ(*a.critical.value, *b.critical.value);
  EXPECT_EQ(*a.random.value, *b.random.value);
  EXPECT_EQ(a.critical.by_rate, b.critical.by_rate);
}

TEST(Cmrs, ClassWithFewResolvedPositivesIsLeftOutWithItsReason) {
  // Class "two" has 9 positives among 800: perfectly told apart, yet too few.
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const auto&) {
    return toy_positive(record, label) ? 1.0 : noise(7, record, label) * .9;
  });
  auto table = clean_table(scorer, kClasses);
  int kept = 0;
  for (std::int64_t row = 0; row < kRecords; ++row) {
    auto& label = table.labels[static_cast<std::size_t>(row * 2 + 1)];
    if (label != 0 && ++kept > 9) {
      label = 0;
      table.scores[static_cast<std::size_t>(row * 2 + 1)] = 0;
    }
  }
  const auto plan = plan_cmrs(table, toy_ids(kRecords), {});
  EXPECT_EQ(plan[0].left_out, "");
  EXPECT_EQ(plan[1].left_out, "9 clean-resolved positives, fewer than 10");
  EXPECT_EQ(plan[1].resolved, 9);
  EXPECT_TRUE(plan[1].used.empty());
}

TEST(Cmrs, MoreThanTheMostPositivesAreChosenByHashNotByOrder) {
  ToyScorer scorer(kRecords, [](std::int64_t record, std::int64_t label, const auto&) {
    return toy_positive(record, label) ? 1.0 : 0.0;
  });
  CmrsOptions options;
  options.most_resolved = 30;
  const auto plan = plan_cmrs(clean_table(scorer, kClasses), toy_ids(kRecords), options);
  ASSERT_EQ(plan[0].used.size(), 30u);
  EXPECT_EQ(plan[0].resolved, 200);
  EXPECT_FALSE(std::is_sorted(plan[0].used.begin(), plan[0].used.end()));
  options.most_resolved = 20;
  const auto fewer = plan_cmrs(clean_table(scorer, kClasses), toy_ids(kRecords), options);
  EXPECT_TRUE(std::equal(fewer[0].used.begin(), fewer[0].used.end(), plan[0].used.begin()));
}

}  // namespace
}  // namespace scar::evaluation
