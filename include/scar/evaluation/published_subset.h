#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scar::evaluation {

/// 0 ... n-1 in the order of numpy.random.RandomState(42).permutation(n): Fisher and Yates with MT19937 seeded by 42,
/// numbers below i drawn by masking and rejecting. Published partitions and label subsets come from it.
[[nodiscard]] std::vector<std::int64_t> legacy_permutation(std::int64_t n);

/// The rows, from 0 and ascending, of a public train file of n rows whose labels published work uses at a share of labels:
/// "merl" the last floor(share n) of legacy_permutation(n), "melp" the first round(share n), halves to even. Neither is
/// nested by patient. Errors: out_of_range for a share that is not in (0, 1]; usage for another rule.
[[nodiscard]] std::vector<std::int64_t> published_subset(const std::string& rule, std::int64_t n, double share);

/// Rows of the public train file of a task; nothing for a task that has none.
[[nodiscard]] std::optional<std::int64_t> published_train_rows(const std::string& task);

}  // namespace scar::evaluation
