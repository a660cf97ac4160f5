#include "transformer.h"

#include <string>

#include "attention.h"

namespace scar::model {

Attention::Attention(std::int64_t width, std::int64_t heads) : heads_(heads) {
  TORCH_CHECK(width % heads == 0, "attention: ", heads, " heads do not divide width ", width);
  qkv_ = register_module("qkv", std::make_shared<Linear>(width, 3 * width));
  out_ = register_module("out", std::make_shared<Linear>(width, width));
}

namespace {

/// Keys that may be looked at, undefined: all. A sample without a single row may look at its zeros: its result is not
/// used, but must not become NaN.
at::Tensor allowed_keys(const Packing& packing) {
  if (!packing.valid.defined()) return {};
  return packing.valid.logical_or(packing.valid.any(1, true).logical_not());
}

}  // namespace

at::Tensor Attention::forward(const at::Tensor& x, const Packing& packing) const {
  const auto qkv = unpack(qkv_->forward(x), packing).view({packing.batch, packing.length, 3, heads_, -1});
  return out_->forward(pack(attention(qkv, allowed_keys(packing)), packing));
}

at::Tensor Attention::received(const at::Tensor& x, const Packing& packing) const {
  const auto qkv = unpack(qkv_->forward(x), packing).view({packing.batch, packing.length, 3, heads_, -1});
  const auto received = received_attention(qkv, allowed_keys(packing));
  return packing.valid.defined() ? received * packing.valid : received;
}

at::Tensor Attention::forward_dense(const at::Tensor& x, const at::Tensor& keep) const {
  const auto qkv = qkv_->forward(x).view({x.size(0), x.size(1), 3, heads_, -1});
  return out_->forward(keep_weighted_attention(qkv, keep));
}

Block::Block(const TransformerShape& shape) : dropout_(shape.dropout) {
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(shape.width));
  attention_ = register_module("attention", std::make_shared<Attention>(shape.width, shape.heads));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(shape.width));
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(shape.width) * shape.mlp_ratio);
  mlp_ = register_module("mlp", std::make_shared<Mlp>(shape.width, hidden, shape.width));
}

at::Tensor Block::feed_forward(const at::Tensor& x) const {
  return x + drop_out(mlp_->forward(norm2_->forward(x)), dropout_, is_training());
}

at::Tensor Block::forward(const at::Tensor& x, const Packing& packing) const {
  return feed_forward(x + drop_out(attention_->forward(norm1_->forward(x), packing), dropout_, is_training()));
}

at::Tensor Block::forward_dense(const at::Tensor& x, const at::Tensor& keep) const {
  return feed_forward(x + drop_out(attention_->forward_dense(norm1_->forward(x), keep), dropout_, is_training()));
}

at::Tensor Block::received(const at::Tensor& x, const Packing& packing) const {
  return attention_->received(norm1_->forward(x), packing);
}

Transformer::Transformer(const TransformerShape& shape) {
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (std::int64_t i = 0; i < shape.blocks; ++i) {
    blocks_.push_back(blocks->register_module(std::to_string(i), std::make_shared<Block>(shape)));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(shape.width));
}

at::Tensor Transformer::forward(at::Tensor x, const Packing& packing) const {
  for (const auto& block : blocks_) x = block->forward(x, packing);
  return norm_->forward(x);
}

at::Tensor Transformer::forward_dense(at::Tensor x, const at::Tensor& keep) const {
  for (const auto& block : blocks_) x = block->forward_dense(x, keep);
  return norm_->forward(x);
}

at::Tensor Transformer::received_attention(at::Tensor x, const Packing& packing) const {
  for (std::size_t i = 0; i + 1 < blocks_.size(); ++i) x = blocks_[i]->forward(x, packing);
  return blocks_.back()->received(x, packing);
}

}  // namespace scar::model
