#include "scar/evaluation/thresholds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "scar/core/random.h"
#include "support/small_store.h"

namespace scar::evaluation {
namespace {

using Labels = std::vector<std::uint8_t>;

struct Problem {
  std::vector<double> scores;
  Labels labels;
};
Problem random_problem(std::uint64_t index) {
  CounterRandom random(1, "thresholds", index);
  Problem out;
  const auto n = 2 + random.below(40);
  for (std::uint64_t i = 0; i < n; ++i) {
    out.labels.push_back(random.chance(.4) ? 1 : 0);
    out.scores.push_back(static_cast<double>(random.below(12)) / 4 + out.labels.back());  // with ties
  }
  return out;
}

TEST(Thresholds, NoOtherThresholdHasALargerF1) {
  for (std::uint64_t index = 0; index < 300; ++index) {
    const auto problem = random_problem(index);
    const auto threshold = best_f1_threshold(problem.scores, problem.labels);
    const auto positives = std::count(problem.labels.begin(), problem.labels.end(), 1);
    ASSERT_EQ(threshold.has_value(), positives > 0 && positives < std::ssize(problem.labels));
    if (!threshold) continue;
    double best = 0;
    for (const double score : problem.scores)
      best = std::max(best, confusion_at(score, problem.scores, problem.labels).f1());
    EXPECT_DOUBLE_EQ(confusion_at(*threshold, problem.scores, problem.labels).f1(), best);
  }
}

TEST(Thresholds, LieBetweenScoresSoThatRoundingDoesNotMatter) {
  EXPECT_DOUBLE_EQ(*best_f1_threshold({.1, .2, .8, .9}, {0, 0, 1, 1}), .5);
  EXPECT_DOUBLE_EQ(*best_youden_threshold({.1, .2, .8, .9}, {0, 0, 1, 1}), .5);
  EXPECT_EQ(best_f1_threshold({.1, .2}, {1, 1}), std::nullopt);
  EXPECT_EQ(best_f1_threshold({.1, .2}, {0, 0}), std::nullopt);
  const double next = std::nextafter(1.0, 2.0);
  EXPECT_EQ(*best_f1_threshold({1.0, next}, {0, 1}), next);
  EXPECT_EQ(test::thrown_code([] {
              (void)best_f1_threshold({std::numeric_limits<double>::quiet_NaN(), 1}, {0, 1});
            }),
            Code::undefined_score);
}

TEST(Thresholds, YoudenWeighsBothClassesAlike) {
  // One positive among many negatives: F1 asks for few false alarms, Youden for sensitivity.
  std::vector<double> scores = {.9, .5, .4};
  Labels labels = {1, 0, 1};
  for (int i = 0; i < 20; ++i) {
    scores.push_back(.1);
    labels.push_back(0);
  }
  EXPECT_DOUBLE_EQ(*best_youden_threshold(scores, labels), .25);
  const auto counts = confusion_at(.25, scores, labels);
  EXPECT_EQ(counts.true_positives, 2);
  EXPECT_EQ(counts.false_positives, 1);
  EXPECT_DOUBLE_EQ(*counts.sensitivity(), 1);
  EXPECT_DOUBLE_EQ(*counts.specificity(), 20. / 21);
  EXPECT_EQ(Confusion{}.f1(), 0) << "0/0 is 0";
}

// T24: what is judged does not choose.
TEST(Thresholds, TheJudgedLabelsDoNotMoveThem) {
  ScoreTable chosen{{"a"}, 6, {.1, .2, .3, .6, .7, .8}, {0, 0, 0, 1, 1, 1}};
  ScoreTable judged{{"a"}, 4, {.1, .5, .6, .9}, {0, 1, 0, 1}};
  const auto before = apply_thresholds(chosen, judged, ThresholdRule::f1);
  auto shuffled = judged;
  shuffled.labels = {1, 0, 0, 1};
  const auto after = apply_thresholds(chosen, shuffled, ThresholdRule::f1);
  EXPECT_EQ(before.classes[0].threshold, after.classes[0].threshold);
  EXPECT_NE(before.f1_macro, after.f1_macro);
  EXPECT_DOUBLE_EQ(*before.classes[0].threshold, .45);
  EXPECT_DOUBLE_EQ(*before.f1_macro, .8) << "two right, one false alarm";
  EXPECT_GE(*before.f1_oracle_macro, *before.f1_macro);
}

TEST(Thresholds, AClassThatIsNotThereHasNone) {
  ScoreTable chosen{{"a", "b"}, 3, {.1, .5, .2, .5, .9, .5}, {0, 0, 0, 0, 1, 0}};
  const auto task = apply_thresholds(chosen, chosen, ThresholdRule::youden);
  EXPECT_TRUE(task.classes[0].counts);
  EXPECT_FALSE(task.classes[1].threshold);
  EXPECT_FALSE(task.classes[1].f1_oracle);
  EXPECT_DOUBLE_EQ(*task.f1_macro, 1) << "over the class that has one";
}

double slow_fmax(const ScoreTable& table) {
  double best = 0;
  for (const double threshold : table.scores) {
    double precision = 0, recall = 0;
    int predicted = 0, labelled = 0;
    for (std::int64_t row = 0; row < table.rows; ++row) {
      int yes = 0, right = 0, truth = 0;
      for (std::int64_t c = 0; c < table.columns(); ++c) {
        const auto i = static_cast<std::size_t>(row * table.columns() + c);
        yes += table.scores[i] >= threshold;
        right += table.scores[i] >= threshold && table.labels[i] != 0;
        truth += table.labels[i];
      }
      if (yes > 0) {
        ++predicted;
        precision += static_cast<double>(right) / yes;
      }
      if (truth > 0) {
        ++labelled;
        recall += static_cast<double>(right) / truth;
      }
    }
    const double p = precision / predicted, r = recall / labelled;
    if (p + r > 0) best = std::max(best, 2 * p * r / (p + r));
  }
  return best;
}

TEST(SampleFmax, IsTheLargestOverAllThresholds) {
  for (std::uint64_t index = 0; index < 100; ++index) {
    CounterRandom random(2, "fmax", index);
    ScoreTable table{{"a", "b", "c"}, 15, {}, {}};
    for (int i = 0; i < 45; ++i) {
      table.labels.push_back(random.chance(.3) ? 1 : 0);
      table.scores.push_back(static_cast<double>(random.below(9)) / 8);
    }
    EXPECT_NEAR(*sample_fmax(table), slow_fmax(table), 1e-12);
  }
  EXPECT_EQ(sample_fmax({{"a"}, 2, {.1, .2}, {0, 0}}), std::nullopt);
}

}  // namespace
}  // namespace scar::evaluation
