#pragma once

#include <ATen/core/Tensor.h>

namespace scar::model {

/// Queries, keys and values of every token: [B, N, 3, H, D]. Results: [B, N, H * D].

/// Plain attention over the keys that `valid` [B, N] bool allows (undefined: all). Every sample needs an allowed key.
[[nodiscard]] at::Tensor attention(const at::Tensor& qkv, const at::Tensor& valid);

/// Attention that each token receives: its weight under attention(), mean over heads and over the allowed queries.
/// [B, N] float, sum 1 per sample, 0 where not allowed. Computed explicitly, for people who look at a model.
[[nodiscard]] at::Tensor received_attention(const at::Tensor& qkv, const at::Tensor& valid);

/// Attention weights times keep weights in [0, 1] (docs/method.md, section 3): keep [B, N],
/// M = max of the logits s over keys with keep > 0, u = exp(min(s - M, 8)), weights = keep * u / sum(keep * u).
/// The value is exact for every keep; the gradient to keep is right also where it is 0 (the clamp touches only
/// gradients of removed keys with huge logits). A sample without any key gives zeros. Everything but the products of
/// bf16 input is computed in float, or double if qkv is double. Differentiable once.
[[nodiscard]] at::Tensor keep_weighted_attention(const at::Tensor& qkv, const at::Tensor& keep);

/// The weights alone: logits [..., N], keep broadcastable to them.
[[nodiscard]] at::Tensor keep_weighted_softmax(const at::Tensor& logits, const at::Tensor& keep);

}  // namespace scar::model
