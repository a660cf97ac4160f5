#include "scar/evaluation/calibration.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/core/json.h"

namespace scar::evaluation {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

double sum_of_residuals(const PlattCurve& curve, const std::vector<double>& scores,
                        const std::vector<std::uint8_t>& labels, double of_positives, double of_negatives) {
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    sum += curve(scores[i]) - (labels[i] == 1 ? of_positives : of_negatives);
  return sum;
}

TEST(Platt, SeparatedClassesGetFiniteNumbersBetweenTheirTargets) {
  const std::vector<double> scores = {-1, -.5, .5, 1};
  const std::vector<std::uint8_t> labels = {0, 0, 1, 1};
  const auto curve = fit_platt(scores, labels);
  ASSERT_TRUE(curve);
  EXPECT_GT(curve->slope, 0);
  EXPECT_NEAR(curve->intercept, 0, 1e-12);
  EXPECT_NEAR((*curve)(-.5) + (*curve)(.5), 1, 1e-12);
  EXPECT_NEAR(sum_of_residuals(*curve, scores, labels, .75, .25), 0, 1e-11);
}

TEST(Platt, EqualScoresGiveTheMeanTargetToAll) {
  const auto curve = fit_platt(std::vector<double>(5, .1), std::vector<std::uint8_t>{1, 0, 0, 0, 0});
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->slope, 0);
  EXPECT_NEAR((*curve)(.1), (2.0 / 3 + 4 * 1.0 / 6) / 5, 1e-12);
}

TEST(Platt, IsTheSameCurveOnAnyScaleOfTheScores) {
  const std::vector<double> scores = {.11, .13, .12, .19, .17, .14};
  const std::vector<std::uint8_t> labels = {0, 0, 1, 1, 1, 0};
  const auto curve = fit_platt(scores, labels);
  std::vector<double> far;
  for (const double score : scores) far.push_back(1e6 * score - 3e6);
  const auto other = fit_platt(far, labels);
  ASSERT_TRUE(curve && other);
  for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR((*curve)(scores[i]), (*other)(far[i]), 1e-9);
}

TEST(Platt, NeedsBothKindsAndNumbers) {
  EXPECT_FALSE(fit_platt(std::vector<double>{.1, .2}, std::vector<std::uint8_t>{1, 1}));
  EXPECT_FALSE(fit_platt(std::vector<double>{.1, .2}, std::vector<std::uint8_t>{0, 0}));
  EXPECT_FALSE(fit_platt({}, {}));
  EXPECT_THROW((void)fit_platt(std::vector<double>{.1, kNan}, std::vector<std::uint8_t>{0, 1}), Error);
}

TEST(CalibrationErrors, FrequenciesThatAreMetCostNothingInBins) {
  const std::vector<double> halves(4, .5);
  const auto met = calibration_error(halves, std::vector<std::uint8_t>{0, 1, 0, 1});
  ASSERT_TRUE(met);
  EXPECT_EQ(met->ece_equal_width, 0);
  EXPECT_EQ(met->ece_equal_mass, 0);
  EXPECT_EQ(met->brier, .25);
  const auto wrong = calibration_error(std::vector<double>{1, 1, 0, 0}, std::vector<std::uint8_t>{0, 0, 1, 1});
  EXPECT_EQ(wrong->ece_equal_width, 1);
  EXPECT_EQ(wrong->ece_equal_mass, 1);
  EXPECT_EQ(wrong->brier, 1);
}

TEST(CalibrationErrors, RefuseWhatIsNoProbability) {
  EXPECT_FALSE(calibration_error({}, {}));
  for (const double p : {-.01, 1.01, kNan})
    EXPECT_THROW((void)calibration_error(std::vector<double>{p}, std::vector<std::uint8_t>{1}), Error) << p;
}

TEST(CalibrationErrors, AClassWithoutProbabilitiesIsLeftOutOfMeanAndPool) {
  ScoreTable table{{"a", "b"}, 2, {.25, kNan, .75, kNan}, {0, 0, 1, 1}};
  const auto errors = calibration_errors(table);
  EXPECT_FALSE(errors.classes[1]);
  ASSERT_TRUE(errors.mean && errors.pooled);
  EXPECT_EQ(errors.mean->brier, .0625);
  EXPECT_EQ(errors.pooled->rows, 2);
  table.scores = {kNan, kNan, kNan, kNan};
  EXPECT_FALSE(calibration_errors(table).mean);
  EXPECT_FALSE(calibration_errors(table).pooled);
  table.scores = {.25, kNan, .75, .5};
  EXPECT_THROW((void)calibration_errors(table), Error);
}

void expect_errors(const CalibrationError& errors, const Json& expected) {
  EXPECT_NEAR(errors.ece_equal_width, expected.at("ece_equal_width").get<double>(), 1e-12);
  EXPECT_NEAR(errors.ece_equal_mass, expected.at("ece_equal_mass").get<double>(), 1e-12);
  EXPECT_NEAR(errors.brier, expected.at("brier").get<double>(), 1e-12);
}

// Fixture of tests/reference/export_calibration.py.
TEST(CalibrationReference, AgreesWithScipyScikitLearnAndNumpy) {
  const auto document =
      read_json(SCAR_TEST_DATA "/evaluation/calibration.json", static_cast<int>(Code::data_unreadable));
  for (const auto& entry : document.at("cases")) {
    const auto scores = entry.at("scores").get<std::vector<double>>();
    const auto labels = entry.at("labels").get<std::vector<std::uint8_t>>();
    const auto curve = fit_platt(scores, labels);
    ASSERT_TRUE(curve);
    const double slope = entry.at("slope"), intercept = entry.at("intercept");
    EXPECT_NEAR(curve->slope, slope, 1e-7 * std::abs(slope));
    EXPECT_NEAR(curve->intercept, intercept, 1e-7 * std::max(1.0, std::abs(intercept)));
    const auto of_sklearn = entry.at("sklearn_probabilities").get<std::vector<double>>();
    for (std::size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR((*curve)(scores[i]), of_sklearn[i], 2e-6);
    const auto errors = calibration_error(entry.at("probabilities").get<std::vector<double>>(), labels);
    ASSERT_TRUE(errors);
    expect_errors(*errors, entry.at("errors"));
  }

  const auto &first = document.at("cases")[0], &second = document.at("cases")[1];
  ScoreTable two{{"first", "second"}, static_cast<std::int64_t>(first.at("labels").size()), {}, {}};
  for (std::size_t i = 0; i < first.at("labels").size(); ++i) {
    for (const auto* one : {&first, &second}) {
      two.scores.push_back(one->at("probabilities")[i].get<double>());
      two.labels.push_back(one->at("labels")[i].get<std::uint8_t>());
    }
  }
  const auto errors = calibration_errors(two);
  expect_errors(*errors.pooled, document.at("pooled_first_two"));
  EXPECT_NEAR(errors.mean->brier,
              (first.at("errors").at("brier").get<double>() + second.at("errors").at("brier").get<double>()) / 2,
              1e-12);
}

}  // namespace
}  // namespace scar::evaluation
