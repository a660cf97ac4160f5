#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/scores.h"

/// What several probes of one question say together: other choices of labels, other random encoders.
namespace scar::evaluation {

struct OverSeeds {
  std::int64_t n = 0;
  double mean = 0, lowest = 0, highest = 0;
  std::optional<Interval> ci95;  // of the mean, by Student's t with n - 1 degrees of freedom; nullopt with one value
};
[[nodiscard]] OverSeeds over_seeds(std::span<const double> values);  // at least one

/// Class by class and mean by mean, the mean over scores of the same records. A figure that one of them lacks has none.
[[nodiscard]] TaskScore mean_score(const std::vector<TaskScore>& scores);

/// 95 % interval over patients of the mean over the tables of their macro AUROC. Tables of the same rows;
/// patients: of each row, "" = unknown.
[[nodiscard]] std::optional<Interval> patient_interval(const std::vector<ScoreTable>& tables,
                                                       const std::vector<std::string>& patients,
                                                       const BootstrapOptions& options);

}  // namespace scar::evaluation
