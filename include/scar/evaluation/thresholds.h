#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/scores.h"

/// F1 and what it needs: a threshold per class, whose source is always said. A threshold chosen on the records that are
/// judged is an oracle, and its F1 is called so.
namespace scar::evaluation {

/// A score of at least the threshold says yes. Threshold of the largest F1 on these records, halfway to the next score below; of equal ones the highest. nullopt
/// without a positive or without a negative. Errors: undefined_score for a score that is not finite.
[[nodiscard]] std::optional<double> best_f1_threshold(const std::vector<double>& scores,
                                                      const std::vector<std::uint8_t>& labels);
/// The same of the largest sensitivity + specificity - 1 (Youden).
[[nodiscard]] std::optional<double> best_youden_threshold(const std::vector<double>& scores,
                                                          const std::vector<std::uint8_t>& labels);

/// Counts of one class at a threshold.
struct Confusion {
  std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0, true_negatives = 0;
  [[nodiscard]] double f1() const;  // 2 TP / (2 TP + FP + FN); 0/0 = 0
  [[nodiscard]] std::optional<double> sensitivity() const, specificity() const;
};
[[nodiscard]] Confusion confusion_at(double threshold, const std::vector<double>& scores,
                                     const std::vector<std::uint8_t>& labels);

enum class ThresholdRule { f1, youden };
[[nodiscard]] ThresholdRule parse_threshold_rule(const std::string& name);  // "f1", "youden"; Error usage
[[nodiscard]] const char* threshold_rule_name(ThresholdRule rule);

struct ThresholdedClass {
  std::optional<double> threshold;  // null: the class has none where thresholds are chosen
  std::optional<Confusion> counts;  // null: no threshold
  std::optional<double> f1_oracle;  // of the best threshold on the judged records themselves: an upper bound, no result
};
struct ThresholdedTask {
  ThresholdRule rule = ThresholdRule::f1;
  std::vector<ThresholdedClass> classes;
  std::optional<double> f1_macro, f1_oracle_macro;  // means over the classes that have one
};
/// One threshold per class from `chosen_on`, applied to `judged`; equal classes.
[[nodiscard]] ThresholdedTask apply_thresholds(const ScoreTable& chosen_on, const ScoreTable& judged,
                                               ThresholdRule rule);

/// Sample-centric Fmax (as CAFA defines it): the largest, over one threshold for all classes, of the harmonic mean of
/// precision (mean over records with a prediction) and recall (mean over records with a label). Scores of different
/// classes are compared, so they should be probabilities. nullopt if no record has a label.
[[nodiscard]] std::optional<double> sample_fmax(const ScoreTable& table);

}  // namespace scar::evaluation
