#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/patient_bootstrap.h"
#include "scar/evaluation/scores.h"

/// Whether a model serves some of the patients worse than others.
namespace scar::evaluation {

inline constexpr std::int64_t kSmallestSubgroup = 20;  // records; a figure of fewer is suppressed

/// Which group each record belongs to: ("sex", {"female", "male", "", ...}), "" = unknown.
struct Grouping {
  std::string attribute;
  std::vector<std::string> of_record;
};

/// "18-39" and so on, 80+ last; "" for a negative age (unknown). In years.
[[nodiscard]] std::string age_group(int age);

/// A group against all other records, over the classes that have positives and negatives in both.
struct Subgroup {
  std::string group;  // "unknown" where the record does not say
  std::int64_t records = 0, patients = 0, classes = 0;
  std::optional<double> macro_auroc, rest_macro_auroc, gap;  // gap = group - rest; null: too few records or no class
  std::optional<Interval> macro_auroc_ci95, gap_ci95;        // over patients
};
struct SubgroupScores {
  std::string attribute;
  std::vector<Subgroup> groups;  // by name
};

/// One entry per grouping that knows at least two groups. Every record is in one group of each.
[[nodiscard]] std::vector<SubgroupScores> score_subgroups(const ScoreTable& table,
                                                          const std::vector<std::string>& patients,
                                                          const std::vector<Grouping>& groupings,
                                                          const BootstrapOptions& options);

}  // namespace scar::evaluation
