#include "scar/evaluation/patient_bootstrap.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/parallel.h"
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
    EXPECT_EQ(value_under(weighted, times), auroc(scores, labels)) << "round " << round;
    EXPECT_EQ(value_under(weighted, Counts(patients, 1)), auroc(problem.scores, problem.labels)) << "round " << round;
    defined += value_under(weighted, times).has_value() ? 1 : 0;
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
  EXPECT_DOUBLE_EQ(*value_under(ratio, Counts{1, 1}), 8.0 / 14);
  EXPECT_DOUBLE_EQ(*value_under(ratio, Counts{0, 3}), 1);
  EXPECT_FALSE(value_under(ratio, Counts{0, 0}));
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
  const auto alone = bootstrap_patients({{&one}}, PatientDraws(30, options));
  options.jobs = 4;
  const auto together = bootstrap_patients({{&two}, {&one}}, PatientDraws(30, options));
  EXPECT_EQ(alone[0].of_draws, together[1].of_draws);
  EXPECT_NE(together[0].of_draws, together[1].of_draws);
  options.seed = 4;
  EXPECT_NE(alone[0].of_draws, bootstrap_patients({{&one}}, PatientDraws(30, options))[0].of_draws);
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
  const auto result = bootstrap_patients({{&one, &two}, {&commons, &one}}, PatientDraws(10, options));
  EXPECT_EQ(result[0].used, (std::vector<std::vector<std::uint8_t>>{{1, 1}}));
  EXPECT_NEAR(static_cast<double>(result[0].classes_skipped), 350, 60);
  EXPECT_EQ(result[0].resamples_undefined, 0);
  EXPECT_EQ(result[1].used, (std::vector<std::vector<std::uint8_t>>{{1, 0}}));
  EXPECT_EQ(result[1].of_draws[0], result[1].of_draws[1]) << "left with the same class";
  int equal = 0;
  for (std::size_t i = 0; i < 1000; ++i) equal += result[0].of_draws[0][i] == result[1].of_draws[0][i] ? 1 : 0;
  EXPECT_GE(equal, result[0].classes_skipped);
}

TEST(PatientBootstrap, AFigureWithoutAClassIsUndefined) {
  const auto nothing = macro({std::nullopt});
  const PatientDraws draws(10, {});
  const auto result = bootstrap_patients({{&nothing}}, draws);
  EXPECT_FALSE(result[0].values[0]);
  EXPECT_EQ(result[0].resamples_undefined, 2000);
  EXPECT_FALSE(draws.interval(.5, result[0].of_draws[0]));
}

TEST(PatientDraws, ThenLeaveOutEachGroupOfPatientsOnce) {
  BootstrapOptions options;
  options.resamples = 30;
  for (const std::uint32_t patients : {7u, 1000u}) {
    const PatientDraws draws(patients, options);
    const auto groups = std::min(patients, PatientDraws::kJackknifeGroups);
    EXPECT_EQ(draws.count(), 30 + groups);
    std::vector<std::vector<std::uint32_t>> times(static_cast<std::size_t>(draws.count()), Counts(patients));
    draws.for_each_block([&](std::int64_t first, std::int64_t lanes, const TimesBlock& block) {
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        for (std::uint32_t patient = 0; patient < patients; ++patient)
          times[static_cast<std::size_t>(first + lane)][patient] = block.of(patient)[lane];
      }
    });
    Counts left_out(patients, 0);
    for (std::size_t draw = 0; draw < times.size(); ++draw) {
      const auto all = std::accumulate(times[draw].begin(), times[draw].end(), 0u);
      if (draw < 30) {
        EXPECT_EQ(all, patients);
        EXPECT_EQ(times[draw], draw_patients(patients, 0, static_cast<std::int64_t>(draw)));
        continue;
      }
      EXPECT_GE(all, patients - patients / groups - 1);
      for (std::uint32_t patient = 0; patient < patients; ++patient) left_out[patient] += times[draw][patient] == 0;
    }
    EXPECT_EQ(left_out, Counts(patients, 1));
  }
}

/// 30 patients with the label and 270 without, of 1 to 5 records each; a patient's records share half of the variance, so
/// they are far from independent.
Problem clustered_problem(std::uint64_t simulation, double shift) {
  CounterRandom random(simulation, "coverage");
  Problem out;
  for (std::uint32_t patient = 0; patient < 300; ++patient) {
    const double shared = random.normal() * std::sqrt(.5);
    for (auto record = random.below(5) + 1; record > 0; --record) {
      out.labels.push_back(patient < 30 ? 1 : 0);
      out.scores.push_back(shift * out.labels.back() + shared + random.normal() * std::sqrt(.5));
      out.patients.push_back(patient);
    }
  }
  return out;
}

/// Share of the simulations whose 95 % interval holds the truth.
double coverage(double shift, std::int64_t simulations, bool by_record) {
  const double truth = .5 * std::erfc(-shift / 2);  // of two normals so many standard deviations apart
  std::atomic<int> covered = 0;
  for_each_parallel(0, simulations, 2, [&](std::int64_t simulation) {
    auto problem = clustered_problem(static_cast<std::uint64_t>(simulation), shift);
    std::uint32_t clusters = 300;
    if (by_record) {
      clusters = static_cast<std::uint32_t>(problem.patients.size());
      std::iota(problem.patients.begin(), problem.patients.end(), 0u);
    }
    BootstrapOptions options;
    options.resamples = 500;
    options.seed = static_cast<std::uint64_t>(simulation);
    const PatientDraws draws(clusters, options);
    const auto figure = macro({area(problem)});
    const auto drawn = bootstrap_patients({{&figure}}, draws).front();
    const auto interval = draws.interval(*drawn.values[0], drawn.of_draws[0]);
    covered += interval->low <= truth && truth <= interval->high ? 1 : 0;
  });
  return covered / static_cast<double>(simulations);
}

TEST(PatientBootstrap, IntervalsCoverTheTruthWith30PatientsOfAClass) {
  for (const double shift : {.5, 1.2, 2.0}) {             // AUROC .64, .80 and .92
    const double covered = coverage(shift, 2000, false);  // a standard error of half a percent
    EXPECT_NEAR(covered, .95, .015) << shift;
    RecordProperty("coverage at " + std::to_string(shift), std::to_string(covered));
  }
  EXPECT_LT(coverage(1.2, 300, true), .90) << "records are not patients";
}

}  // namespace
}  // namespace scar::evaluation
