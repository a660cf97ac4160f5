#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/mask_book.h"
#include "scar/evaluation/scores.h"

/// Scores under masks that depend on the label. Such a mask could separate by itself, so every comparison is
/// mask-matched: a negative is scored under the mask of a positive.
namespace scar::evaluation {

/// Who is measured: at most so many positives and negatives per label, chosen by hash and so equal for every model.
struct SampleOptions {
  std::int64_t max_positives = 200;
  std::int64_t max_negatives = 500;
  std::uint64_t seed = 0;
};
struct LabelSample {
  std::vector<std::int64_t> positives, negatives;     // rows, in hash order
  std::int64_t all_positives = 0, all_negatives = 0;  // of which they were chosen
};
[[nodiscard]] std::vector<LabelSample> choose_sample(const ScoreTable& table, const std::vector<std::string>& ids,
                                                     const SampleOptions& options);
[[nodiscard]] std::vector<Target> targets_of(const std::vector<LabelSample>& sample);

struct MatchedScore {
  TaskScore score;                                                  // per label, macro
  std::vector<std::int64_t> left_out;                               // per label
  std::vector<std::vector<std::optional<double>>> positive_scores;  // per label, as its positives; null: left out
  std::vector<std::vector<std::optional<double>>> negative_scores;  // the same of its negatives
};
/// AUROC of positives under their own masks against negatives, each under the mask of a positive that the negative's
/// hash names (the next one if nothing of the negative would be left). A positive without a mask in the book and a
/// negative of which no mask leaves anything are left out and counted.
[[nodiscard]] MatchedScore matched_auroc(Scorer& scorer, const std::vector<LabelSample>& sample, const MaskBook& book,
                                         std::size_t rate, std::uint64_t seed);

}  // namespace scar::evaluation
