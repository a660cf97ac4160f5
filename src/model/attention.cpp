#include "attention.h"

#include <cmath>
#include <limits>

#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include "layers.h"

namespace scar::model {

namespace {

constexpr std::int64_t kLongestExplicit = 512;   // keys; beyond it the weights of a batch take too much memory

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask) {
  if (!q.device().is_cpu() || q.scalar_type() != at::kBFloat16 || k.size(2) > kLongestExplicit) {
    return at::scaled_dot_product_attention(q, k, v, mask.defined() ? std::optional(mask) : std::nullopt);
  }
  // On the CPU, LibTorch's fused kernel in bf16 takes 3.5 times as long as these products, forward and backward together.
  auto logits = at::matmul(q * (1.0 / std::sqrt(static_cast<double>(q.size(-1)))), k.transpose(-2, -1)).to(at::kFloat);
  if (mask.defined()) logits = logits.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity());
  return at::matmul(at::softmax(logits, -1).to(at::kBFloat16), v);
}

at::Tensor keep_weighted_softmax(const at::Tensor& logits, const at::Tensor& keep) {
  const auto present = keep.detach() > 0;
  auto largest = logits.detach().masked_fill(present.logical_not(), -std::numeric_limits<double>::infinity()).amax(-1, true);
  largest = largest.masked_fill(largest.isinf(), 0.0);   // nothing to attend to
  const auto parts = (logits - largest).clamp_max(8.0).exp() * keep;
  const auto sum = parts.sum(-1, true);
  return parts / sum.masked_fill(sum == 0, 1.0);
}

at::Tensor keep_weighted_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& keep) {
  const FullPrecision full(q);
  const auto scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  const auto logits = at::matmul(at_least_float(q) * scale, at_least_float(k).transpose(-2, -1));
  const auto weights = keep_weighted_softmax(logits, keep.unsqueeze(1).unsqueeze(1));
  return at::matmul(weights, at_least_float(v));
}

}  // namespace scar::model
