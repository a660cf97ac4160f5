#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/evaluation/logistic.h"
#include "scar/evaluation/scores.h"

namespace scar::evaluation {

/// Frozen features of some records, and what is asked about them.
struct ProbePart {
  at::Tensor features;               // [n, d] float or double
  std::vector<std::uint8_t> labels;  // [n * classes], 0 or 1

  [[nodiscard]] std::int64_t rows() const { return features.defined() ? features.size(0) : 0; }
};
/// The listed rows, in the order given.
[[nodiscard]] ProbePart rows_of(const ProbePart& part, const std::vector<std::int64_t>& rows, std::size_t classes);
/// Rows of both, those of `a` first.
[[nodiscard]] ProbePart both_of(const ProbePart& a, const ProbePart& b);
/// Throws Error(split_empty) without rows, Error(undefined_score) for features that are not finite.
void check_part(const ProbePart& part, std::size_t classes);

/// Classes of which the rows have no example, or nothing else. labels [rows * classes].
[[nodiscard]] std::vector<std::string> absent_classes(const std::vector<std::uint8_t>& labels,
                                                      const std::vector<std::string>& classes);
/// Mean AUROC over the defined classes that are not in `absent`.
[[nodiscard]] std::optional<double> macro_without(const TaskScore& score, const std::vector<std::string>& absent);
/// AUROC of each column of scores [n, classes]; labels [n * classes].
[[nodiscard]] std::vector<std::optional<double>> column_aurocs(const at::Tensor& scores,
                                                               const std::vector<std::uint8_t>& labels);
/// Mean over those that are defined; nullopt if none is.
[[nodiscard]] std::optional<double> mean_defined(const std::vector<std::optional<double>>& values);

struct ProbeOptions {
  std::vector<double> grid;  // values of C, ascending; empty: c_grid()
  bool c_per_class = false;  // each class its own C, by its own AUROC
  LogisticOptions solver;
};

/// 10^linspace(-6, 5, 45)
[[nodiscard]] std::vector<double> c_grid();

/// Linear probe: features standardised by the training rows, then one L2 logistic regression per class.
struct FittedProbe {
  std::vector<std::string> classes;
  at::Tensor mean, deviation;  // of the training rows [1, d]; a feature that does not vary has deviation 1
  LogisticModel model;         // of standardised features
  std::vector<double> c;       // of each class
  std::vector<double> grid;
  std::vector<std::optional<double>> selection_auroc;  // macro, per value of the grid
  std::vector<std::string> absent;                     // classes that the training rows do not have, or have throughout
  std::int64_t unconverged = 0;                        // (C, class) pairs that ran out of iterations

  [[nodiscard]] ScoreTable answer(const ProbePart& part) const;  // scores are logits
};

/// Fits all values of C, each from where the one before ended, and keeps the one with the best macro AUROC on the
/// selection rows, the smallest of equals. With c_per_class each class keeps the one with its own best AUROC; where it
/// has none, the common one. Records that are evaluated are no argument: nothing can be chosen by them.
[[nodiscard]] FittedProbe fit_probe(const ProbePart& train, const ProbePart& selection,
                                    const std::vector<std::string>& classes, const ProbeOptions& options = {});

/// The same C once more on training and selection rows together, standardised by both.
[[nodiscard]] FittedProbe refit_probe(const FittedProbe& chosen, const ProbePart& train, const ProbePart& selection,
                                      const LogisticOptions& solver = {});

/// Which folds serve for what. A store with test folds is used as (train, validation, test). One without is evaluated
/// on its validation folds, and the highest train fold is held out to choose C.
struct ProbeSplit {
  std::vector<int> train, selection, evaluation;
  std::string rule;  // in words, for the results
};
[[nodiscard]] ProbeSplit probe_split(const std::vector<int>& train, const std::vector<int>& validation,
                                     const std::vector<int>& test, const std::vector<int>& present);

}  // namespace scar::evaluation
