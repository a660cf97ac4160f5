#include "attention.h"

#include <cmath>
#include <limits>

#include <ATen/ops/matmul.h>
#include <ATen/ops/where.h>

#include "layers.h"

namespace scar::model {

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
