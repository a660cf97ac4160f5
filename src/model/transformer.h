#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/module.h>

#include "layers.h"
#include "packing.h"

namespace scar::model {

struct TransformerShape {
  std::int64_t width = 0, blocks = 0, heads = 0;
  double mlp_ratio = 4.0;
  double dropout = 0.0;
};

/// Multi-head self-attention. Children: qkv (rows: queries, keys, values, each head-major), out.
class Attention : public torch::nn::Module {
 public:
  Attention(std::int64_t width, std::int64_t heads);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const Packing& packing) const;        // x [T, w]
  [[nodiscard]] at::Tensor forward_dense(const at::Tensor& x, const at::Tensor& keep) const;  // x [B, N, w]
  [[nodiscard]] at::Tensor received(const at::Tensor& x, const Packing& packing) const;       // [batch, length]

 private:
  std::int64_t heads_;
  std::shared_ptr<Linear> qkv_, out_;
};

/// x + attention(norm1(x)), then + mlp(norm2(.)). Children: norm1, attention, norm2, mlp.
class Block : public torch::nn::Module {
 public:
  explicit Block(const TransformerShape& shape);
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const Packing& packing) const;
  [[nodiscard]] at::Tensor forward_dense(const at::Tensor& x, const at::Tensor& keep) const;
  [[nodiscard]] at::Tensor received(const at::Tensor& x, const Packing& packing) const;

 private:
  [[nodiscard]] at::Tensor feed_forward(const at::Tensor& x) const;

  double dropout_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Attention> attention_;
  std::shared_ptr<Mlp> mlp_;
};

/// Pre-norm transformer with a norm at the end. Children: blocks.<i>, norm.
class Transformer : public torch::nn::Module {
 public:
  explicit Transformer(const TransformerShape& shape);
  /// x [T, w] packed; every row attends to the rows of its own sample.
  [[nodiscard]] at::Tensor forward(at::Tensor x, const Packing& packing) const;
  /// x [B, N, w]; attention multiplies by keep [B, N].
  [[nodiscard]] at::Tensor forward_dense(at::Tensor x, const at::Tensor& keep) const;
  /// Attention that each token receives in the last block: [batch, length] float, mean over heads and over the sample's
  /// queries, 0 in empty slots.
  [[nodiscard]] at::Tensor received_attention(at::Tensor x, const Packing& packing) const;

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace scar::model
