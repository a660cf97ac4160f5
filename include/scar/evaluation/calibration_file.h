#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/evaluation/calibration.h"
#include "scar/evaluation/scores.h"

/// Calibration curves of a task as a file, so that a model's scores can be told as probabilities elsewhere
/// (docs/metrics.md, "Calibration").
namespace scar::evaluation {

struct CalibratedClass {
  std::string name;
  std::optional<PlattCurve> curve;  // null: the records had no positive or no negative of it
  std::int64_t n = 0, positives = 0;
};

/// Curves belong to one model and one set of prompts: the scores of others lie elsewhere.
struct Calibration {
  std::string task, weights_sha256, prompts_sha256;
  std::vector<CalibratedClass> classes;

  /// Probability of a score of this class; null if the class is not among them or has no curve.
  [[nodiscard]] std::optional<double> probability(const std::string& name, double score) const;
};

/// A curve per class of the table; task and hashes are the caller's.
[[nodiscard]] std::vector<CalibratedClass> fit_classes(const ScoreTable& scores);
/// The scores of a table of this task as probabilities, NaN in the columns of classes without a curve.
[[nodiscard]] ScoreTable calibrated(const Calibration& calibration, ScoreTable scores);

/// {"ece_equal_width", "ece_equal_mass", "brier"}
[[nodiscard]] Json calibration_error_json(const std::optional<CalibrationError>& error);
/// Members of the document: format, version, task, weights_sha256, prompts_sha256, classes. Others may be added to it;
/// they say where the curves come from and are not read.
[[nodiscard]] Json calibration_json(const Calibration& calibration);
/// Error data_unreadable for anything else, with file and member.
[[nodiscard]] Calibration load_calibration(const std::filesystem::path& path);
/// Error store_mismatch, naming both, if the curves were fitted to other weights, prompts or another task.
void check_calibration(const Calibration& calibration, const std::string& origin, const std::string& task,
                       const std::string& weights_sha256, const std::string& prompts_sha256);

}  // namespace scar::evaluation
