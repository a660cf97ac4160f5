#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scar/evaluation/critical.h"
#include "scar/evaluation/mask_book.h"
#include "scar/evaluation/scores.h"

/// CMRS v1, the Counterfactual Missingness Resolution Score (docs/method.md, section 10): how much of a diagnosis that
/// a model resolves on the whole record is left when the most critical evidence is gone. 1 = all of it, 0 = chance,
/// negative = misled, null = there was nothing to lose.
namespace scar::evaluation {

struct CmrsOptions {
  std::vector<double> rates = {.25, .5, .75};
  double resolved_from = .75;        // least share of negatives below a clean-resolved positive
  double least_auroc = .65;          // of the lower 95 % bound of a class's clean AUROC
  std::int64_t least_resolved = 10;  // clean-resolved positives that a class needs
  std::int64_t most_resolved = 200;  // that are used, by hash
  std::int64_t negatives = 20;       // per positive, by hash, under the positive's own mask
  std::uint64_t seed = 0;
};

/// Share of `sorted` (ascending) below a score, ties one half; `sorted` is not empty.
[[nodiscard]] double share_below(double score, std::span<const double> sorted);

/// pi and pi~ of a clean-resolved positive: share of negatives below it, on whole records and under its mask.
struct Resolution {
  double clean = 0;
  double masked = 0;
};
/// Sum(masked - 1/2) / Sum(clean - 1/2); nullopt for an empty list. Not clipped.
[[nodiscard]] std::optional<double> resolution_score(std::span<const Resolution> positives);

/// Which positives of a class are measured, or why none.
struct CmrsClassPlan {
  std::string name;
  std::int64_t positives = 0;
  std::int64_t resolved = 0;                       // clean-resolved
  std::optional<double> auroc, auroc_lower_bound;  // clean
  std::string left_out;                            // "" = the class enters
  std::vector<std::int64_t> used;                  // rows, in hash order
  std::vector<double> clean;                       // pi of each
  std::vector<std::int64_t> negatives;             // all of the class, rows

  [[nodiscard]] std::optional<double> coverage() const;  // share of the positives that are clean-resolved
};

/// From the scores of whole records. Depends on the order of each class's scores alone.
[[nodiscard]] std::vector<CmrsClassPlan> plan_cmrs(const ScoreTable& clean, const std::vector<std::string>& ids,
                                                   const CmrsOptions& options);
[[nodiscard]] std::vector<Target> targets_of(const std::vector<CmrsClassPlan>& plan);

struct CmrsClass {
  std::vector<std::optional<double>> by_rate;              // as `rates`; null for a class that does not enter
  std::vector<std::int64_t> measured;                      // positives with a mask and 20 negatives, per rate
  std::vector<std::vector<std::optional<double>>> masked;  // pi~ per rate and positive, as `used`; null: not measured
};
struct Cmrs {
  std::vector<double> rates;
  std::vector<CmrsClass> classes;              // as the plan
  std::vector<std::optional<double>> by_rate;  // mean over the classes that enter
  std::optional<double> value;                 // mean over the rates
};

/// Under the masks of a book: critical ones, or random ones of equal number. Positives without a mask in the book, or
/// with fewer than `negatives` negatives of which the mask leaves something, are not measured.
[[nodiscard]] Cmrs measure_cmrs(Scorer& scorer, const std::vector<CmrsClassPlan>& plan, const MaskBook& book,
                                const std::vector<std::string>& ids, const CmrsOptions& options);

}  // namespace scar::evaluation
