#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/scores.h"

namespace scar::evaluation {

/// 95 % intervals over patients of every figure of a TaskScore, from the same resamples.
struct TaskIntervals {
  std::vector<std::optional<Interval>> auroc, average_precision;  // [classes]; null: not defined
  std::optional<Interval> macro_auroc, macro_average_precision;
  std::int64_t classes_skipped = 0;  // (resample, class) pairs without a positive or a negative: not drawn again
};
/// `patients` [rows]; "" = unknown, a patient of its own. A class that a resample leaves undefined is left out of that
/// resample's means. Results do not depend on options.jobs.
[[nodiscard]] TaskIntervals task_intervals(const ScoreTable& table, const std::vector<std::string>& patients,
                                           const BootstrapOptions& options);

}  // namespace scar::evaluation
