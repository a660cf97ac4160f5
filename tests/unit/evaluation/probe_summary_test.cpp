#include "scar/evaluation/probe_summary.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

ScoreTable table(std::uint64_t seed, double signal) {
  ScoreTable out;
  out.classes = {"a", "b"};
  out.rows = 200;
  CounterRandom truth(1, "labels"), noise(seed, "scores");
  for (int i = 0; i < 400; ++i) {
    out.labels.push_back(truth.chance(.3) ? 1 : 0);
    out.scores.push_back(signal * out.labels.back() + noise.normal());
  }
  return out;
}

TEST(ProbeSummary, IntervalOverSeedsIsStudents) {
  const std::array<double, 5> values = {.80, .82, .81, .79, .83};
  const auto over = over_seeds(values);
  EXPECT_EQ(over.n, 5);
  EXPECT_NEAR(over.mean, .81, 1e-12);
  EXPECT_EQ(over.lowest, .79);
  EXPECT_EQ(over.highest, .83);
  // Deviation .0158114, t(.975, 4) = 2.776445.
  EXPECT_NEAR(over.ci95->width() / 2, 2.776445 * .01581139 / std::sqrt(5.0), 1e-7);
  EXPECT_FALSE(over_seeds(std::array<double, 1>{.5}).ci95.has_value());
}

TEST(ProbeSummary, MeansAreThoseOfEachFigure) {
  const std::vector<TaskScore> scores = {score_task(table(1, 1)), score_task(table(2, 1))};
  const auto mean = mean_score(scores);
  EXPECT_NEAR(*mean.macro_auroc, (*scores[0].macro_auroc + *scores[1].macro_auroc) / 2, 1e-12);
  EXPECT_NEAR(*mean.macro_auroc_frequent, (*scores[0].macro_auroc_frequent + *scores[1].macro_auroc_frequent) / 2,
              1e-12);
  EXPECT_NE(*mean.macro_auroc_frequent, *scores[0].macro_auroc_frequent);
  EXPECT_NEAR(*mean.classes[1].average_precision,
              (*scores[0].classes[1].average_precision + *scores[1].classes[1].average_precision) / 2, 1e-12);
  EXPECT_EQ(mean.classes[0].positives, scores[0].classes[0].positives);
}

TEST(ProbeSummary, PatientIntervalIsThatOfTheMeanOverTheTables) {
  std::vector<std::string> patients;
  for (int i = 0; i < 200; ++i) patients.push_back("p" + std::to_string(i / 2));
  BootstrapOptions options;
  options.resamples = 400;
  const auto one = patient_interval({table(1, 1)}, patients, options);
  const auto both = patient_interval({table(1, 1), table(2, 1), table(3, 1)}, patients, options);
  const std::vector<TaskScore> scores = {score_task(table(1, 1)), score_task(table(2, 1)), score_task(table(3, 1))};
  const double mean = *mean_score(scores).macro_auroc;
  EXPECT_LT(both->low, mean);
  EXPECT_GT(both->high, mean);
  EXPECT_LT(both->width(), one->width()) << "independent noise averages out";
  EXPECT_EQ(patient_interval({table(1, 1), table(1, 1)}, patients, options)->low, one->low);
}

}  // namespace
}  // namespace scar::evaluation
