#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scar/evaluation/scores.h"

/// Scores to probabilities, and how far such probabilities are from the truth. A cosine is no probability: one is made
/// of it by a curve that was fitted on records whose labels are known and which are not those that are judged.
namespace scar::evaluation {

/// p = 1 / (1 + exp(-(slope score + intercept))), increasing in the score where slope > 0.
struct PlattCurve {
  double slope = 0, intercept = 0;
  [[nodiscard]] double operator()(double score) const;  // in [0, 1]
};

/// Platt scaling (Platt, "Probabilistic outputs for support vector machines", 1999): logistic regression on one score
/// with the targets (N1 + 1) / (N1 + 2) for the N1 positives and 1 / (N0 + 2) for the N0 negatives, so that even classes
/// that a score separates get finite numbers. Newton steps with halving as in Lin, Lin and Weng, "A note on Platt's
/// probabilistic outputs", 2007, in float64 on the standardised scores, until the gradient is below 1e-12 per row. Equal
/// scores give slope 0. nullopt without a positive or without a negative; Error undefined_score for a score that is not
/// finite.
[[nodiscard]] std::optional<PlattCurve> fit_platt(std::span<const double> scores, std::span<const std::uint8_t> labels);

inline constexpr int kCalibrationBins = 15;

/// How far probabilities of a label are from its frequency. 0 is best for all three.
///
/// ECE = sum over bins of n_b / n |mean of the labels - mean of the probabilities| of the rows in the bin; empty bins
/// count nothing. Equal width: bin min(14, floor(15 p)). Equal mass: bin floor(15 r / n), where r is the number of rows
/// of a smaller probability, so that equal probabilities share a bin. Brier: mean of (p - y)^2.
struct CalibrationError {
  std::int64_t rows = 0;
  double ece_equal_width = 0, ece_equal_mass = 0;  // [0, 1]
  double brier = 0;                                // [0, 1]
};
/// nullopt without a row; Error undefined_score for what is not in [0, 1].
[[nodiscard]] std::optional<CalibrationError> calibration_error(std::span<const double> probabilities,
                                                                std::span<const std::uint8_t> labels);

/// The same of several labels: of each, the mean over them, and of all (record, class) pairs as one.
struct TaskCalibration {
  std::vector<std::optional<CalibrationError>> classes;  // null: the class has no probabilities (NaN throughout)
  std::optional<CalibrationError> mean, pooled;          // over the classes that have some; null without one
};
/// `probabilities.scores` are the probabilities. A class that could not be calibrated has NaN in its whole column; a
/// column that has both is Error undefined_score.
[[nodiscard]] TaskCalibration calibration_errors(const ScoreTable& probabilities);

}  // namespace scar::evaluation
