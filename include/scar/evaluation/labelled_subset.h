#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scar::evaluation {

/// Shares of the training rows whose labels a probe may see: whole patients, stratified by label, and every smaller
/// share inside every larger one.
///
/// All patients are halved by iterative stratification (Sechidis, Tsoumakas and Vlahavas, ECML PKDD 2011), each half
/// again, and so on: the halves one after the other make an order of patients of which every beginning is put together
/// from stratified pieces, and a share is such a beginning. A patient stands for the sum of the labels of the rows. The
/// order depends on (seed, names, labels) alone, not on that of the rows nor on the shares that are asked for.
class LabelledSubsets {
 public:
  /// patients, ids: of each row; a row without a patient's name ("") is a patient of its own. labels [rows * classes],
  /// 0 or 1. Error split_empty without a row.
  LabelledSubsets(const std::vector<std::string>& patients, const std::vector<std::string>& ids,
                  const std::vector<std::uint8_t>& labels, std::uint64_t seed);

  /// The first patients until round(fraction * rows) rows are reached, at least one patient. Ascending. Error
  /// out_of_range unless 0 < fraction <= 1.
  [[nodiscard]] std::vector<std::int64_t> rows(double fraction) const;

 private:
  std::vector<std::vector<std::int64_t>> patients_;  // rows of each, in the order
  std::size_t rows_;
};

/// Training rows for k examples of each class: for every class the first patients by hash of (seed, class, name) who
/// have it, each with all of the rows, until k rows with the class are reached or there are no more. "None of the
/// classes" counts as a class, so that a task of one class has negatives; for each class the rows of the others are its
/// negatives. A smaller k is part of a larger one. Ascending. labels [rows * classes]. Error out_of_range unless k > 0.
[[nodiscard]] std::vector<std::int64_t> few_shot_rows(const std::vector<std::string>& patients,
                                                      const std::vector<std::string>& ids,
                                                      const std::vector<std::uint8_t>& labels,
                                                      const std::vector<std::string>& classes, std::int64_t k,
                                                      std::uint64_t seed);

}  // namespace scar::evaluation
