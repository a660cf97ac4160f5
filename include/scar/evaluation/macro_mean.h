#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scar/evaluation/patient_bootstrap.h"

namespace scar::evaluation {

/// Mean over groups (findings, classes) of the means over their rows.
struct MacroMean {
  std::vector<std::optional<double>> by_group;  // null: no row of it has a value
  std::optional<double> value;                  // over the groups that have one
  std::optional<Interval> interval;             // 95 %, patients resampled; null with fewer than two patients
};

/// values [figures][rows], NaN = not defined; row i belongs to group[i] < groups and to patients[i] ("" = a patient of its
/// own). Every figure sees the same resamples.
[[nodiscard]] std::vector<MacroMean> macro_means(const std::vector<std::vector<double>>& values,
                                                 const std::vector<std::size_t>& group, std::size_t groups,
                                                 const std::vector<std::string>& patients,
                                                 const BootstrapOptions& options);

/// The same for any statistics of the groups: statistics [figures][groups], null = the group has none.
[[nodiscard]] std::vector<MacroMean> macro_figures(std::vector<std::vector<std::optional<ClassStatistic>>> statistics,
                                                   const Patients& patients, const BootstrapOptions& options);

}  // namespace scar::evaluation
