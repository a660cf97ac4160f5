#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace scar::objective {

/// Unit embeddings of the pairs of a batch, row i of both from record i, and the logarithm of the inverse temperature.
struct PairFeatures {
  at::Tensor ecg;          // [B, D] float or double
  at::Tensor text;         // [B, D]
  at::Tensor logit_scale;  // 0-dim: logits = exp(logit_scale) * <ecg, text>
};

/// Who belongs to whom. Undefined tensors: every pair is its own only match, and nothing is left out.
struct PairTargets {
  at::Tensor positive;  // [B, B] bool, symmetric, true on the diagonal: same text
  at::Tensor excluded;  // [B, B] bool, symmetric, false where positive: neither match nor mismatch
};

/// Rows [first, first + count) of targets.
[[nodiscard]] PairTargets narrow(const PairTargets& targets, std::int64_t first, std::int64_t count);
/// Block-diagonal targets: pairs of two groups are neither match nor mismatch. group [B] int64 on the targets' device.
[[nodiscard]] PairTargets within_groups(const PairTargets& targets, const at::Tensor& group);

/// InfoNCE with several matches per row (docs/method.md, section 5), each row's loss by itself:
///   l_i = -1/2 * mean over j in P(i) of (log p(t_j | e_i) + log p(e_j | t_i)),
/// where the denominators leave out the excluded pairs. Computed in float, or double if the features are double.
/// Returns [B]; its mean is the loss. With equal logits and no duplicates every row is ln B.
[[nodiscard]] at::Tensor contrastive_rows(const PairFeatures& pairs, const PairTargets& targets);
[[nodiscard]] at::Tensor contrastive(const PairFeatures& pairs, const PairTargets& targets);  // 0-dim

/// Share of rows whose best-scoring text is a match, 0-dim (a figure for people; no gradient).
[[nodiscard]] at::Tensor matched_share(const PairFeatures& pairs, const PairTargets& targets);

}  // namespace scar::objective
