#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/evaluation/calibration.h"
#include "scar/evaluation/scores.h"
#include "scar/evaluation/thresholds.h"

/// Figures that need more than a ranking: yes or no at thresholds, and probabilities. Both come from reference records,
/// which are not those that are judged.
namespace scar::evaluation {

/// A bin of a reliability diagram: predictions of about one probability, and how often they came true.
struct ReliabilityBin {
  std::int64_t n = 0;
  double mean_probability = 0, frequency = 0;
};

struct Decisions {
  ThresholdedTask thresholds;
  TaskCalibration calibration;              // of Platt's curves, fitted on the reference records
  std::optional<double> fmax_sample;        // sample_fmax() of the probabilities; an oracle over its one threshold
  std::vector<ReliabilityBin> reliability;  // kCalibrationBins of equal width, all (record, class) pairs
};

/// `reference` and `judged` have equal classes and no record in common. A class without positives or without negatives in
/// the reference has neither a threshold nor probabilities.
[[nodiscard]] Decisions decide(const ScoreTable& reference, const ScoreTable& judged, ThresholdRule rule);

[[nodiscard]] Json decisions_json(const Decisions& decisions, const std::vector<std::string>& classes);
/// One row per class: sensitivity, specificity, F1, oracle F1, ECE, Brier; then the means.
[[nodiscard]] std::string decisions_table(const Decisions& decisions, const std::vector<std::string>& classes);

}  // namespace scar::evaluation
