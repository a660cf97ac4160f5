#include "scar/evaluation/decisions.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

/// Class a is predicted well; b has no positive; probabilities are sigmoid(4 s - 2) by construction.
ScoreTable world(std::uint64_t seed, std::int64_t rows = 2000) {
  CounterRandom random(seed, "decisions");
  ScoreTable table{{"a", "b"}, rows, {}, {}};
  for (std::int64_t row = 0; row < rows; ++row) {
    const double score = 2 * random.uniform() - .5;
    table.scores.insert(table.scores.end(), {score, random.normal()});
    table.labels.insert(
        table.labels.end(),
        {random.uniform() < 1 / (1 + std::exp(2 - 4 * score)) ? std::uint8_t{1} : std::uint8_t{0}, std::uint8_t{0}});
  }
  return table;
}

TEST(Decisions, ProbabilitiesOfTheRightFormAreCalibrated) {
  const auto decisions = decide(world(1), world(2), ThresholdRule::f1);
  EXPECT_LT(decisions.calibration.classes[0]->ece_equal_width, .05);
  EXPECT_FALSE(decisions.calibration.classes[1]) << "no positive in the reference";
  EXPECT_FALSE(decisions.thresholds.classes[1].threshold);
  std::int64_t counted = 0;
  for (const auto& bin : decisions.reliability) {
    counted += bin.n;
    if (bin.n > 100) {
      EXPECT_NEAR(bin.mean_probability, bin.frequency, .12);
    }
  }
  EXPECT_EQ(counted, 2000) << "every record in one bin, the class without a curve in none";
  EXPECT_GE(*decisions.fmax_sample, *decisions.thresholds.f1_macro - .05);
}

// T24: thresholds and curves are functions of the reference alone.
TEST(Decisions, JudgedLabelsChangeNoThresholdAndNoProbability) {
  const auto reference = world(1);
  auto judged = world(2), other = judged;
  for (auto& label : other.labels) label = static_cast<std::uint8_t>(1 - label);
  const auto before = decide(reference, judged, ThresholdRule::youden),
             after = decide(reference, other, ThresholdRule::youden);
  EXPECT_EQ(before.thresholds.classes[0].threshold, after.thresholds.classes[0].threshold);
  for (std::size_t i = 0; i < before.reliability.size(); ++i) {
    EXPECT_EQ(before.reliability[i].n, after.reliability[i].n);
    EXPECT_DOUBLE_EQ(before.reliability[i].mean_probability, after.reliability[i].mean_probability);
  }
}

TEST(Decisions, TheOracleIsCalledSoEverywhere) {
  const auto decisions = decide(world(1, 300), world(2, 300), ThresholdRule::f1);
  const auto document = decisions_json(decisions, {"a", "b"});
  EXPECT_NE(document.at("f1_oracle_note").get<std::string>().find("not a result"), std::string::npos);
  EXPECT_FALSE(document.contains("f1"));
  EXPECT_TRUE(document.at("classes")[1].at("f1").is_null());
  EXPECT_GE(document.at("f1_oracle_macro").get<double>(), document.at("f1_macro").get<double>());
  EXPECT_NE(decisions_table(decisions, {"a", "b"}).find("(oracle F1)"), std::string::npos);
}

}  // namespace
}  // namespace scar::evaluation
