#include "scar/evaluation/bca.h"

#include <cmath>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/evaluation/student_t.h"

namespace scar::evaluation {
namespace {

using Values = std::vector<double>;

/// Quantiles (i + 1/2) / n of a standard normal.
Values normal_sample(int n) {
  Values out;
  for (int i = 0; i < n; ++i) out.push_back(normal_quantile((i + .5) / n));
  return out;
}

TEST(Bca, QuantilesAreLinearBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, .5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(quantile({4, 1, 3, 2}, .1), 1.3);
}

TEST(Bca, NormalQuantilesAreThoseOfTables) {
  EXPECT_NEAR(normal_quantile(.975), 1.9599639845400545, 1e-14);
  EXPECT_NEAR(normal_quantile(.1), -1.2815515655446004, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-6), -4.753424308822899, 1e-12);
  EXPECT_NEAR(normal_quantile(.5), 0, 1e-15);
  EXPECT_THROW((void)normal_quantile(1), Error);
}

TEST(Bca, WithoutBiasSkewAndJackknifeIsThePercentileInterval) {
  const auto interval = Bca({0, normal_sample(9999), {}}).interval();
  EXPECT_NEAR(interval.low, -1.96, 2e-3);
  EXPECT_NEAR(interval.high, 1.96, 2e-3);
}

TEST(Bca, SharesAreThoseOfEfronsFormula) {
  // A jackknife of 1, 1, 1, -3: d = -1, -1, -1, 3; a = 24 / (6 12^1.5) = .0962; df = 3 144 / 84 = 5.14.
  const Values resampled = normal_sample(9999);
  const Bca bca({normal_quantile(.6), resampled, {1, 1, 1, -3}});
  const double z0 = normal_quantile(.6), a = 24 / (6 * std::pow(12, 1.5)), freedom = 3.0 * 144 / 84;
  const double z = student_t_quantile(.75, freedom) * std::sqrt(freedom / (freedom - 1));
  const auto share = [&](double at) { return z0 + (z0 + at) / (1 - a * (z0 + at)); };
  const auto interval = bca.interval(.5);
  EXPECT_NEAR(interval.low, share(-z), 2e-3);
  EXPECT_NEAR(interval.high, share(z), 2e-3);
}

TEST(Bca, FewThatDecideMakeItWider) {
  Values few(400, 1.0), many;
  for (int i = 0; i < 8; ++i) few[static_cast<std::size_t>(i)] = i % 2 == 0 ? 0 : 2;
  for (int i = 0; i < 400; ++i) many.push_back(i % 2 == 0 ? 0 : 2);
  const auto resampled = normal_sample(9999);
  const double narrow = Bca({0, resampled, many}).interval().width(),
               wide = Bca({0, resampled, few}).interval().width();
  EXPECT_NEAR(narrow, 2 * 1.96, .03);
  EXPECT_GT(wide, 1.05 * narrow);
}

TEST(Bca, PIsOneMinusTheLevelOfTheIntervalThatReachesTheNull) {
  const Bca bca({.1, normal_sample(9999), {1, 2, 3, 5, 8, 13}});
  for (const double level : {.5, .8, .95}) {
    const auto interval = bca.interval(level);
    EXPECT_NEAR(bca.p(interval.low), 1 - level, 2e-3) << level;
    EXPECT_NEAR(bca.p(interval.high), 1 - level, 2e-3) << level;
  }
}

TEST(Bca, EqualResamplesAreAPoint) {
  const Bca bca({.3, Values(100, .3), Values(5, .3)});
  EXPECT_EQ(bca.interval().low, .3);
  EXPECT_EQ(bca.interval().high, .3);
  EXPECT_EQ(bca.p(.3), 1);
  EXPECT_NEAR(bca.p(0), 2.0 / 101, 1e-9);
  EXPECT_THROW(Bca({.3, {}, {}}), Error);
}

}  // namespace
}  // namespace scar::evaluation
