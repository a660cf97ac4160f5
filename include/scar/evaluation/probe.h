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

struct ProbeOptions {
  std::vector<double> grid;  // values of C, ascending; empty: c_grid()
  LogisticOptions solver;
};

/// 10^linspace(-6, 5, 45)
[[nodiscard]] std::vector<double> c_grid();

struct ProbeResult {
  double c = 0;  // the first of the best values of C
  std::vector<double> grid;
  std::vector<std::optional<double>> selection_auroc;  // macro, per value of C
  TaskScore selection, evaluation;
  std::vector<std::string> absent;      // classes that the training rows do not have, or have throughout
  std::optional<double> macro_present;  // of the evaluation, without the absent classes
  std::int64_t unconverged = 0;         // (C, class) pairs that ran out of iterations
};

/// Linear probe: features standardised by the training rows, one L2 logistic regression per class, one C for all
/// classes, chosen by the macro AUROC of `selection`. `evaluation` is looked at once, with the chosen C.
[[nodiscard]] ProbeResult linear_probe(const ProbePart& train, const ProbePart& selection, const ProbePart& evaluation,
                                       const std::vector<std::string>& classes, const ProbeOptions& options = {});

/// A share of the training rows for which labels are known: whole patients, in an order that depends on (seed, patient)
/// alone, until round(fraction * rows) rows are reached; so a smaller share is part of a larger one. Rows without a
/// patient's name are patients of their own, by record id. At least one patient. Ascending rows.
[[nodiscard]] std::vector<std::int64_t> labelled_subset(const std::vector<std::string>& patients,
                                                        const std::vector<std::string>& ids, double fraction,
                                                        std::uint64_t seed);

/// Which folds serve for what. A store with test folds is used as (train, validation, test). One without is evaluated
/// on its validation folds, and the highest train fold is held out to choose C.
struct ProbeSplit {
  std::vector<int> train, selection, evaluation;
  std::string rule;  // in words, for the results
};
[[nodiscard]] ProbeSplit probe_split(const std::vector<int>& train, const std::vector<int>& validation,
                                     const std::vector<int>& test, const std::vector<int>& present);

}  // namespace scar::evaluation
