#include "scar/evaluation/scores.h"

#include <cmath>
#include <fstream>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

using Labels = std::vector<std::uint8_t>;
using Scores = std::vector<double>;

TEST(Scores, AurocCountsOrderedPairsAndHalvesTies) {
  // Pairs (positive, negative): .8>.1, .8>.5, .5>.1, .5=.5 -> 3.5 of 4.
  EXPECT_DOUBLE_EQ(*auroc(Scores{.8, .5, .1, .5}, Labels{1, 1, 0, 0}), 3.5 / 4);
  EXPECT_DOUBLE_EQ(*auroc(Scores{1, 1, 1, 1}, Labels{1, 0, 1, 0}), .5);
  EXPECT_DOUBLE_EQ(*auroc(Scores{2, 1}, Labels{0, 1}), 0);
}

// T23: undefined is null.
TEST(Scores, AurocWithoutBothKindsIsUndefinedNotZero) {
  EXPECT_FALSE(auroc(Scores{.1, .2}, Labels{1, 1}));
  EXPECT_FALSE(auroc(Scores{.1, .2}, Labels{0, 0}));
  EXPECT_FALSE(auroc(Scores{}, Labels{}));
  EXPECT_FALSE(average_precision(Scores{.1, .2}, Labels{0, 0}));
  EXPECT_DOUBLE_EQ(*average_precision(Scores{.1}, Labels{1}), 1);
}

TEST(Scores, ScoreThatIsNotANumberIsAnError) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  try {
    (void)auroc(Scores{.1, nan}, Labels{0, 1});
    FAIL() << "a NaN was ranked";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::undefined_score);
    EXPECT_EQ(error.status(), 3);
  }
  EXPECT_THROW((void)average_precision(Scores{nan}, Labels{1}), Error);
  EXPECT_THROW((void)auroc_lower_bound(Scores{nan, 1, 2, 3}, Labels{1, 0, 1, 0}), Error);
}

TEST(Scores, AurocIsUnchangedByAnIncreasingTransform) {
  CounterRandom random(3, "test");
  Scores raw, bent;
  Labels labels;
  for (int i = 0; i < 300; ++i) {
    raw.push_back(std::floor(random.normal() * 8) / 8);
    bent.push_back(std::exp(3 * raw.back()) - 5);
    labels.push_back(random.chance(.3) ? 1 : 0);
  }
  EXPECT_EQ(*auroc(raw, labels), *auroc(bent, labels));
  EXPECT_EQ(*auroc_lower_bound(raw, labels), *auroc_lower_bound(bent, labels));
}

TEST(Scores, LowerBoundCoversTheTruthInAbout975PercentOfSamples) {
  // Two normals one standard deviation apart: AUROC = Phi(1/sqrt 2). The lower end of a two-sided 95 % interval lies
  // above the truth in 2.5 % of samples; 400 samples have a standard error of 0.8 %, Wald intervals lean a little.
  const double truth = .5 * std::erfc(-.5);
  int above = 0;
  for (std::uint64_t sample = 0; sample < 400; ++sample) {
    CounterRandom random(sample, "delong");
    Scores scores;
    Labels labels;
    for (int i = 0; i < 120; ++i) {
      labels.push_back(i % 3 == 0 ? 1 : 0);
      scores.push_back(random.normal() + labels.back());
    }
    if (*auroc_lower_bound(scores, labels) > truth) ++above;
  }
  EXPECT_LE(above, 400 * .055);
  EXPECT_GE(above, 1);
}

TEST(Scores, MacroIsTheMeanOverDefinedClassesAndSaysHowMany) {
  ScoreTable table;
  table.classes = {"a", "b", "empty"};
  table.rows = 4;
  table.scores = {.9, .1, .5, .8, .4, .5, .2, .3, .5, .1, .2, .5};
  table.labels = {1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0};
  const auto score = score_task(table);
  EXPECT_EQ(score.n_defined, 2);
  EXPECT_EQ(score.n_total(), 3);
  EXPECT_DOUBLE_EQ(*score.classes[0].auroc, 1);
  EXPECT_DOUBLE_EQ(*score.classes[1].auroc, 1);
  EXPECT_FALSE(score.classes[2].auroc);
  EXPECT_EQ(score.classes[2].negatives, 4);
  EXPECT_DOUBLE_EQ(*score.macro_auroc, 1);
  EXPECT_NO_THROW(require_defined(score, "task"));
}

TEST(Scores, TaskWithoutADefinedClassEndsWithStatusThree) {
  ScoreTable table;
  table.classes = {"a"};
  table.rows = 2;
  table.scores = {.9, .1};
  table.labels = {0, 0};
  const auto score = score_task(table);
  EXPECT_FALSE(score.macro_auroc);
  try {
    require_defined(score, "task");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), 3);
  }
}

std::optional<double> number_or_null(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return value.get<double>();
}

void expect_equal(const std::optional<double>& ours, const std::optional<double>& theirs, const std::string& what) {
  ASSERT_EQ(ours.has_value(), theirs.has_value()) << what;
  if (ours) {
    EXPECT_NEAR(*ours, *theirs, 1e-12) << what;
  }
}

// Fixture of tests/reference/export_scores.py. SCAR_SCORES_FIXTURE names a larger file of the same form.
TEST(ScoresReference, AgreeWithScikitLearn) {
  const char* larger = std::getenv("SCAR_SCORES_FIXTURE");
  const auto document = read_json(larger != nullptr ? larger : SCAR_TEST_DATA "/evaluation/scores.json",
                                  static_cast<int>(Code::data_unreadable));
  ASSERT_GE(document.at("cases").size(), 300u);
  int index = 0;
  for (const auto& entry : document.at("cases")) {
    const auto what = "case " + std::to_string(index++);
    ScoreTable table;
    table.rows = entry.at("rows").get<std::int64_t>();
    for (int c = 0; c < entry.at("columns").get<int>(); ++c) table.classes.push_back(std::to_string(c));
    table.scores = entry.at("scores").get<std::vector<double>>();
    table.labels = entry.at("labels").get<std::vector<std::uint8_t>>();
    const auto score = score_task(table);
    for (std::size_t c = 0; c < table.classes.size(); ++c) {
      expect_equal(score.classes[c].auroc, number_or_null(entry.at("auroc")[c]), what);
      expect_equal(score.classes[c].average_precision, number_or_null(entry.at("ap")[c]), what);
    }
    expect_equal(score.macro_auroc, number_or_null(entry.at("macro")), what);
    expect_equal(score.weighted_auroc, number_or_null(entry.at("weighted")), what);
    expect_equal(score.micro_auroc, number_or_null(entry.at("micro")), what);
  }
}

}  // namespace
}  // namespace scar::evaluation
