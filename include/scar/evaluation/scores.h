#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Ranking scores of one or several labels, in float64. docs/metrics.md lists their definitions.
///
/// Scores may be any real numbers (cosines, logits): only their order matters. Labels are 0 or 1. A NaN score is
/// Error(undefined_score). A figure that is not defined is nullopt and is written as `null`, never as 0.
namespace scar::evaluation {

/// Area under the ROC curve: the Mann-Whitney statistic, ties count one half; O(n log n). nullopt without a positive or
/// without a negative.
[[nodiscard]] std::optional<double> auroc(std::span<const double> scores, std::span<const std::uint8_t> labels);

/// Average precision: sum over distinct thresholds of (R_k - R_{k-1}) P_k (no interpolation). nullopt without a
/// positive.
[[nodiscard]] std::optional<double> average_precision(std::span<const double> scores,
                                                      std::span<const std::uint8_t> labels);

/// Lower end of the two-sided 95 % interval of an AUROC by DeLong's variance (DeLong et al., Biometrics 1988; computed
/// with mid-ranks as in Sun and Xu, 2014): auroc - 1.959964 sqrt(variance). Records count as independent. nullopt with
/// fewer than two positives or two negatives. Depends on the order of the scores alone.
[[nodiscard]] std::optional<double> auroc_lower_bound(std::span<const double> scores,
                                                      std::span<const std::uint8_t> labels);

/// Scores of several labels over the same records, row-major.
struct ScoreTable {
  std::vector<std::string> classes;  // one per column
  std::int64_t rows = 0;
  std::vector<double> scores;        // [rows * classes]
  std::vector<std::uint8_t> labels;  // [rows * classes], 0 or 1

  [[nodiscard]] std::int64_t columns() const { return static_cast<std::int64_t>(classes.size()); }
  [[nodiscard]] std::vector<double> column_scores(std::int64_t column) const;
  [[nodiscard]] std::vector<std::uint8_t> column_labels(std::int64_t column) const;
  /// The same table with the listed rows alone, in the order given.
  [[nodiscard]] ScoreTable subset(std::span<const std::int64_t> rows_kept) const;
};

struct ClassScore {
  std::string name;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::optional<double> auroc;
  std::optional<double> average_precision;
};

/// Classes with fewer positives make most of the variance of a macro mean.
inline constexpr std::int64_t kFrequent = 20;

struct TaskScore {
  std::vector<ClassScore> classes;
  std::int64_t rows = 0;
  std::int64_t n_defined = 0;                     // classes with an AUROC
  std::optional<double> macro_auroc;              // mean over the defined classes
  std::int64_t n_frequent = 0;                    // defined classes with at least kFrequent positives
  std::optional<double> macro_auroc_frequent;     // mean over these
  std::optional<double> weighted_auroc;           // mean over the defined classes, weighted by their positives
  std::optional<double> micro_auroc;              // all (record, class) pairs in one ranking
  std::optional<double> macro_average_precision;  // mean over the classes with a positive

  [[nodiscard]] std::int64_t n_total() const { return static_cast<std::int64_t>(classes.size()); }
};

[[nodiscard]] TaskScore score_task(const ScoreTable& table);

/// Fills in n_defined and the means from the classes.
void summarise(TaskScore& score);

/// Throws Error(undefined_score), naming the classes, if no class of `score` has both positives and negatives.
void require_defined(const TaskScore& score, const std::string& what);

}  // namespace scar::evaluation
