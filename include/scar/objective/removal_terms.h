#pragma once

#include <ATen/core/Tensor.h>

namespace scar::objective {

/// Entropy of where a batch removes, as a share of its maximum (docs/method.md, section 6): the batch's mean removal is
/// spread over leads or over time; 1 = everywhere alike, 0 = one fixed place.
struct RemovalEntropy {
  at::Tensor leads;  // 0-dim, in [0, 1], of the mean removal per lead / ln 12
  at::Tensor time;   // 0-dim, in [0, 1], of the mean removal per patch / ln P
};
/// removal [B, 12 * P] lead-major, in [0, 1]; 1 if nothing is removed at all.
[[nodiscard]] RemovalEntropy removal_entropy(const at::Tensor& removal, int64_t leads);

/// Salt and pepper: mean of |m[l, j+1] - m[l, j]| over neighbouring visible tokens, 0-dim, in [0, 1].
[[nodiscard]] at::Tensor roughness(const at::Tensor& removal, const at::Tensor& visible, int64_t leads);

/// Mean of 4 m (1 - m) over the visible tokens, 0-dim: 0 = a mask that is decided and passes no gradient.
[[nodiscard]] at::Tensor indecision(const at::Tensor& removal, const at::Tensor& visible);

}  // namespace scar::objective
