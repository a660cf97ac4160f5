#include "scar/evaluation/paired_difference.h"

#include <cmath>

#include <gtest/gtest.h>

#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

using Values = std::vector<double>;

TEST(PairedDifference, OverSeedsIsThePairedT) {
  // 1, 2, 3: mean 2, standard error 1 / sqrt 3; with 2 degrees p = 1 - t / sqrt(t^2 + 2).
  const auto seeds = seed_uncertainty(Values{1, 2, 3});
  ASSERT_TRUE(seeds);
  const double error = 1 / std::sqrt(3.0), t = 2 / error, one_sided = .9 / std::sqrt(.095);
  EXPECT_NEAR(seeds->interval.low, 2 - 4.302652729749464 * error, 1e-12);
  EXPECT_NEAR(seeds->interval.high, 2 + 4.302652729749464 * error, 1e-12);
  EXPECT_NEAR(seeds->lower, 2 - one_sided * error, 1e-12);
  EXPECT_NEAR(seeds->upper, 2 + one_sided * error, 1e-12);
  EXPECT_NEAR(seeds->p, 1 - t / std::sqrt(t * t + 2), 1e-13);
  EXPECT_FALSE(seed_uncertainty(Values{1})) << "one pair says nothing about seeds";
}

TEST(PairedDifference, EqualPairsAreNoDifference) {
  EXPECT_EQ(seed_uncertainty(Values{0, 0})->p, 1);
  EXPECT_EQ(seed_uncertainty(Values{.5, .5})->p, 0);
  EXPECT_EQ(patient_uncertainty({0, Values(2000, 0.0), {}}).p, 1);
}

TEST(PairedDifference, OverPatientsHasItsSmallestPAndAgreesWithTheInterval) {
  EXPECT_NEAR(patient_uncertainty({.3, Values(1999, .3), {}}).p, 2.0 / 2000, 1e-9);
  Values resampled;
  for (int i = 1; i <= 1000; ++i) resampled.push_back(i <= 20 ? -i : i);  // 20 at or below 0
  const auto patients = patient_uncertainty({500.5, resampled, {}});
  EXPECT_NEAR(patients.p, .04, 1e-9);
  EXPECT_GT(patients.interval.low, 0);
  EXPECT_LT(patients.interval.low, patients.lower);
  EXPECT_GT(patients.interval.high, patients.upper);
}

TEST(PairedDifference, TheWiderIntervalTheOuterBoundsAndTheLargerPCount) {
  const Values a{.80, .82, .84}, b{.70, .70, .70};
  Values narrow, wide;
  for (int i = 0; i <= 100; ++i) {
    narrow.push_back(.12 + (i - 50) * 1e-5);
    wide.push_back(.12 + (i - 50) * 1e-2);
  }
  const auto by_seeds = paired_difference(a, b, Sampled{.12, narrow, {}});
  EXPECT_NEAR(by_seeds.a, .82, 1e-15);
  EXPECT_NEAR(by_seeds.difference, .12, 1e-15);
  EXPECT_EQ(by_seeds.source, "seeds");
  EXPECT_EQ(by_seeds.taken->interval.low, by_seeds.seeds->interval.low);
  EXPECT_EQ(by_seeds.taken->p, std::max(by_seeds.seeds->p, by_seeds.patients->p));
  EXPECT_EQ(by_seeds.taken->lower, by_seeds.seeds->lower);
  const auto by_patients = paired_difference(a, b, Sampled{.12, wide, {}});
  EXPECT_EQ(by_patients.source, "patients");
  EXPECT_EQ(by_patients.taken->interval.low, by_patients.patients->interval.low);
  EXPECT_EQ(by_patients.taken->upper, by_patients.patients->upper);
  EXPECT_EQ(by_patients.taken->p, by_patients.patients->p);
  EXPECT_EQ(paired_difference(Values{.8}, Values{.7}, Sampled{.12, narrow, {}}).source, "patients");
  EXPECT_FALSE(paired_difference(Values{.8}, Values{.7}, std::nullopt).taken);
}

TEST(Holm, IsAsComputedByHand) {
  // Sorted .005 x 4, .01 x 3, .03 x 2, .04 x 1, then never falling: .02, .03, .06, .06.
  const auto adjusted = holm(Values{.01, .04, .03, .005});
  const Values expected{.03, .06, .06, .02};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(adjusted[i], expected[i]);
  EXPECT_EQ(holm(Values{.4, .9}), (Values{.8, .9}));
  EXPECT_EQ(holm(Values{.7, .8, 1}), (Values{1, 1, 1}));
  EXPECT_TRUE(holm(Values{}).empty());
}

}  // namespace
}  // namespace scar::evaluation
