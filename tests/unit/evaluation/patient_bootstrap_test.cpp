#include "scar/evaluation/patient_bootstrap.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/random.h"
#include "scar/evaluation/scores.h"

namespace scar::evaluation {
namespace {

using Counts = std::vector<std::uint32_t>;

/// Rows with patients; scores are rounded to `steps` per unit, so that ties are frequent.
struct Problem {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  std::vector<std::uint32_t> patients;
};
Problem random_problem(CounterRandom& random, int rows, std::uint32_t patients, double steps, double prevalence) {
  Problem out;
  for (int i = 0; i < rows; ++i) {
    out.labels.push_back(random.chance(prevalence) ? 1 : 0);
    out.scores.push_back(std::floor(steps * (random.normal() + out.labels.back())) / steps);
    out.patients.push_back(static_cast<std::uint32_t>(random.below(patients)));
  }
  return out;
}

TEST(WeightedAuroc, IsTheAurocOfTheRowsRepeated) {
  CounterRandom random(5, "weighted auroc");
  int defined = 0;
  for (int round = 0; round < 300; ++round) {
    const auto rows = 1 + static_cast<int>(random.below(60));
    const auto patients = 1 + static_cast<std::uint32_t>(random.below(20));
    const double steps = round % 3 == 0 ? 1 : round % 3 == 1 ? 8 : 1e6;
    const auto problem = random_problem(random, rows, patients, steps, .4);
    Counts times(patients);
    for (auto& count : times) count = static_cast<std::uint32_t>(random.below(4));
    std::vector<double> scores;
    std::vector<std::uint8_t> labels;
    for (std::size_t i = 0; i < problem.scores.size(); ++i) {
      scores.insert(scores.end(), times[problem.patients[i]], problem.scores[i]);
      labels.insert(labels.end(), times[problem.patients[i]], problem.labels[i]);
    }
    const WeightedAuroc weighted(problem.scores, problem.labels, problem.patients);
    EXPECT_EQ(weighted.under(times), auroc(scores, labels)) << "round " << round;
    EXPECT_EQ(weighted.under(Counts(patients, 1)), auroc(problem.scores, problem.labels)) << "round " << round;
    defined += weighted.under(times).has_value() ? 1 : 0;
  }
  EXPECT_GT(defined, 200);
}

TEST(WeightedAuroc, RefusesWhatCannotBeRanked) {
  const std::vector<double> nan = {std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW(WeightedAuroc(nan, std::vector<std::uint8_t>{1}, Counts{0}), Error);
  EXPECT_THROW(WeightedAuroc(std::vector<double>{1}, std::vector<std::uint8_t>{2}, Counts{0}), Error);
  EXPECT_THROW(WeightedAuroc(std::vector<double>{1}, std::vector<std::uint8_t>{1}, Counts{}), Error);
}

TEST(WeightedRatio, CountsPatients) {
  const WeightedRatio ratio({1, 2, 5}, {2, 2, 10}, {0, 1, 0});
  EXPECT_DOUBLE_EQ(*ratio.under(Counts{1, 1}), 8.0 / 14);
  EXPECT_DOUBLE_EQ(*ratio.under(Counts{0, 3}), 1);
  EXPECT_FALSE(ratio.under(Counts{0, 0}));
}

TEST(Patients, RecordsWithoutAPatientAreOnesOfTheirOwn) {
  const auto patients = number_patients({"x", "", "y", "x", ""});
  EXPECT_EQ(patients.of_record, (std::vector<std::uint32_t>{0, 1, 2, 0, 3}));
  EXPECT_EQ(patients.count, 4u);
}

Figure macro(std::vector<std::optional<ClassStatistic>> classes) {
  Figure out;
  out.parts.push_back(std::move(classes));
  return out;
}
ClassStatistic area(const Problem& problem) { return WeightedAuroc(problem.scores, problem.labels, problem.patients); }

TEST(PatientBootstrap, DoesNotDependOnThreadsNorOnWhatElseIsAsked) {
  CounterRandom random(6, "bootstrap");
  const auto one = macro({area(random_problem(random, 80, 30, 4, .3)), area(random_problem(random, 80, 30, 4, .1))});
  const auto two = macro({area(random_problem(random, 80, 30, 4, .3)), area(random_problem(random, 80, 30, 4, .1))});
  BootstrapOptions options;
  options.resamples = 200;
  options.seed = 3;
  const auto alone = bootstrap_patients({{&one}}, 30, options);
  options.jobs = 4;
  const auto together = bootstrap_patients({{&two}, {&one}}, 30, options);
  EXPECT_EQ(alone[0].resampled, together[1].resampled);
  EXPECT_NE(together[0].resampled, together[1].resampled);
  options.seed = 4;
  EXPECT_NE(alone[0].resampled, bootstrap_patients({{&one}}, 30, options)[0].resampled);
}

// T23: skipped and counted.
TEST(PatientBootstrap, AClassThatAResampleLosesIsLeftOutForAllModelsAndCounted) {
  // The second class has one positive patient of ten: a resample lacks it with probability .9^10 = .35.
  Problem common, rare, rare_of_other;
  for (std::uint32_t i = 0; i < 20; ++i) {
    common.scores.push_back(i * 7 % 5);
    common.labels.push_back(i % 2);
    common.patients.push_back(i / 2);
  }
  rare = common;
  for (std::size_t i = 0; i < 20; ++i) rare.labels[i] = i == 14 ? 1 : 0;
  rare_of_other = rare;
  rare_of_other.labels[4] = 1;  // its own positives: defined more often, but only counted where both are
  const auto one = macro({area(common), area(rare)}), two = macro({area(common), area(rare_of_other)});
  const auto commons = macro({area(common), std::nullopt});
  BootstrapOptions options;
  options.resamples = 1000;
  const auto result = bootstrap_patients({{&one, &two}, {&commons, &one}}, 10, options);
  EXPECT_EQ(result[0].used, (std::vector<std::vector<std::uint8_t>>{{1, 1}}));
  EXPECT_NEAR(static_cast<double>(result[0].classes_skipped), 350, 60);
  EXPECT_EQ(result[0].resamples_undefined, 0);
  EXPECT_EQ(result[1].used, (std::vector<std::vector<std::uint8_t>>{{1, 0}}));
  EXPECT_EQ(result[1].resampled[0], result[1].resampled[1]) << "left with the same class";
  int equal = 0;
  for (std::size_t i = 0; i < 1000; ++i) equal += result[0].resampled[0][i] == result[1].resampled[0][i] ? 1 : 0;
  EXPECT_GE(equal, result[0].classes_skipped);
}

TEST(PatientBootstrap, AFigureWithoutAClassIsUndefined) {
  const auto nothing = macro({std::nullopt});
  const auto result = bootstrap_patients({{&nothing}}, 10, {});
  EXPECT_FALSE(result[0].values[0]);
  EXPECT_TRUE(result[0].resampled[0].empty());
  EXPECT_EQ(result[0].resamples_undefined, 2000);
  EXPECT_FALSE(percentile_interval(result[0].resampled[0]));
}

TEST(PatientBootstrap, QuantilesAreLinearBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, .5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, .1), 1.3);
}

TEST(PatientBootstrap, CoversTheTruthWherePatientsHaveSeveralLikeRecords) {
  // 80 patients of 4 records each; a patient's records share label and three quarters of the variance, so records are
  // far from independent. AUROC of two normals one standard deviation apart: Phi(1 / sqrt 2). 300 simulations have a
  // standard error of 1.3 %; an interval that took records for patients would cover about 70 %.
  const double truth = .5 * std::erfc(-.5);
  int patients_cover = 0, records_cover = 0;
  for (std::uint64_t simulation = 0; simulation < 300; ++simulation) {
    CounterRandom random(simulation, "coverage");
    Problem problem;
    std::vector<std::uint32_t> own;
    for (std::uint32_t patient = 0; patient < 80; ++patient) {
      const double shared = random.normal() * std::sqrt(.75);
      for (int record = 0; record < 4; ++record) {
        problem.labels.push_back(patient % 2 == 0 ? 1 : 0);
        problem.scores.push_back(problem.labels.back() + shared + random.normal() * .5);
        problem.patients.push_back(patient);
        own.push_back(static_cast<std::uint32_t>(own.size()));
      }
    }
    BootstrapOptions options;
    options.resamples = 200;
    options.seed = simulation;
    const auto covers = [&](std::uint32_t clusters) {
      const auto figure = macro({area(problem)});
      const auto interval = percentile_interval(bootstrap_patients({{&figure}}, clusters, options)[0].resampled[0]);
      return interval->low <= truth && truth <= interval->high;
    };
    patients_cover += covers(80) ? 1 : 0;
    problem.patients = own;
    records_cover += covers(320) ? 1 : 0;
  }
  EXPECT_GE(patients_cover, 300 * .90);
  EXPECT_LE(patients_cover, 300 * .985);
  EXPECT_LT(records_cover, 300 * .80);
}

}  // namespace
}  // namespace scar::evaluation
