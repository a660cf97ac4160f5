#pragma once

#include <cstdint>

#include <torch/nn/module.h>

#include "scar/tensor/autocast.h"

namespace scar::model {

/// y = x W^T + b on the last dimension. Parameters: weight [out, in], bias [out] unless left out.
class Linear : public torch::nn::Module {
 public:
  Linear(std::int64_t in, std::int64_t out, bool with_bias = true);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

/// Layer normalisation over the last dimension. Parameters: weight, bias [width].
class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(std::int64_t width);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

/// Feed-forward part of a block: linear, GELU (exact), linear. Children: in, out.
class Mlp : public torch::nn::Module {
 public:
  Mlp(std::int64_t width, std::int64_t hidden, std::int64_t out);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const;

 private:
  std::shared_ptr<Linear> in_, out_;
};

/// While it lives, products on this device kind are computed in the type of their inputs.
class FullPrecision : public tensor::Autocast {
 public:
  explicit FullPrecision(const at::Tensor& like) : Autocast(like.device(), tensor::Precision::fp32) {}
};

/// float, or double if x is double
[[nodiscard]] at::Tensor at_least_float(const at::Tensor& x);
/// x / |x| along the last dimension; a zero vector stays zero.
[[nodiscard]] at::Tensor unit_length(const at::Tensor& x);
[[nodiscard]] at::Tensor drop_out(const at::Tensor& x, double probability, bool training);

}  // namespace scar::model
