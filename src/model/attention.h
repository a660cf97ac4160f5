#pragma once

#include <ATen/core/Tensor.h>

namespace scar::model {

/// Attention weights times keep weights (docs/method.md, section 3): q, k, v [B, H, N, D], keep [B, N] in [0, 1].
/// M = max of the logits s over keys with keep > 0, u = exp(min(s - M, 8)), weights = keep * u / sum(keep * u).
/// The value is exact for every keep; the gradient to keep is right also where it is 0 (the clamp touches only gradients of
/// removed keys with huge logits). A sample without any key gives zeros. In float, or double if q is double.
[[nodiscard]] at::Tensor keep_weighted_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                 const at::Tensor& keep);

/// Plain attention over the keys that `mask` allows (bool, broadcastable to [B, H, N, N]; undefined: all); q, k, v [B, H, N, D].
/// Every row needs an allowed key.
[[nodiscard]] at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask);

/// The weights alone: logits [..., N], keep broadcastable to them.
[[nodiscard]] at::Tensor keep_weighted_softmax(const at::Tensor& logits, const at::Tensor& keep);

}  // namespace scar::model
