#include "layers.h"

#include <ATen/ops/dropout.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>

namespace scar::model {

Linear::Linear(std::int64_t in, std::int64_t out, bool with_bias) {
  weight = register_parameter("weight", at::empty({out, in}));
  if (with_bias) bias = register_parameter("bias", at::empty({out}));
}

at::Tensor Linear::forward(const at::Tensor& x) const { return at::linear(x, weight, bias); }

LayerNorm::LayerNorm(std::int64_t width) {
  weight = register_parameter("weight", at::empty({width}));
  bias = register_parameter("bias", at::empty({width}));
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const { return at::layer_norm(x, {x.size(-1)}, weight, bias, 1e-5); }

Mlp::Mlp(std::int64_t width, std::int64_t hidden, std::int64_t out) {
  in_ = register_module("in", std::make_shared<Linear>(width, hidden));
  out_ = register_module("out", std::make_shared<Linear>(hidden, out));
}

at::Tensor Mlp::forward(const at::Tensor& x) const { return out_->forward(at::gelu(in_->forward(x))); }

at::Tensor at_least_float(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

at::Tensor unit_length(const at::Tensor& x) {
  const auto full = at_least_float(x);
  return full / at::linalg_vector_norm(full, 2, -1, /*keepdim=*/true).clamp_min(1e-12);
}

at::Tensor drop_out(const at::Tensor& x, double probability, bool training) {
  return training && probability > 0 ? at::dropout(x, probability, true) : x;
}

}  // namespace scar::model
