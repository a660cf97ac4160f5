#include "scar/evaluation/macro_mean.h"

#include <cmath>

#include <gtest/gtest.h>

#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

BootstrapOptions few() {
  BootstrapOptions options;
  options.resamples = 300;
  return options;
}

TEST(MacroMean, GroupsCountEquallyHoweverManyRowsTheyHave) {
  const std::vector<double> values = {1, 1, 1, 4, std::nan("")};
  const std::vector<std::size_t> group = {0, 0, 0, 1, 1};
  const auto mean = macro_means({values}, group, 3, {"a", "b", "c", "d", "e"}, few()).front();
  EXPECT_DOUBLE_EQ(*mean.value, 2.5);
  EXPECT_DOUBLE_EQ(*mean.by_group[0], 1);
  EXPECT_DOUBLE_EQ(*mean.by_group[1], 4);  // what is not a number does not count
  EXPECT_FALSE(mean.by_group[2]);
  EXPECT_TRUE(mean.interval);
}

TEST(MacroMean, IntervalIsThatOfPatientsNotOfRows) {
  CounterRandom random(1, "normals");
  std::vector<double> once, copies;
  std::vector<std::string> single, patients, strangers;
  for (int i = 0; i < 200; ++i) {
    once.push_back(random.normal());
    single.push_back("p" + std::to_string(i));
    for (int copy = 0; copy < 4; ++copy) {
      copies.push_back(once.back());
      patients.push_back(single.back());
      strangers.emplace_back();
    }
  }
  const std::vector<std::size_t> one(200, 0), four(800, 0);
  const auto alone = macro_means({once}, one, 1, single, few()).front();
  const auto together = macro_means({copies}, four, 1, patients, few()).front();
  const auto apart = macro_means({copies}, four, 1, strangers, few()).front();
  EXPECT_NEAR(alone.interval->low, together.interval->low, 1e-12);
  EXPECT_NEAR(alone.interval->width(), 2 * 1.96 / std::sqrt(200.0), .05);
  EXPECT_NEAR(apart.interval->width() / alone.interval->width(), .5, .1);
}

TEST(MacroMean, NothingAndASinglePatientHaveNoInterval) {
  const auto none = macro_means({{}}, {}, 2, {}, few()).front();
  EXPECT_FALSE(none.value);
  EXPECT_FALSE(none.interval);
  const auto single = macro_means({{1, 3}}, {0, 0}, 1, {"a", "a"}, few()).front();
  EXPECT_DOUBLE_EQ(*single.value, 2);
  EXPECT_FALSE(single.interval);
}

}  // namespace
}  // namespace scar::evaluation
