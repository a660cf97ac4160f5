#include "scar/model/text_encoder.h"

#include <algorithm>

#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include "layers.h"
#include "packing.h"
#include "transformer.h"

namespace scar::model {

TextEncoder::TextEncoder(const ModelOptions& options) : options_(resolve(options)) {
  const auto& text = options_.text;
  TORCH_CHECK(text.vocabulary_size > 0, "text encoder: the vocabulary size is not set");
  token_ = register_parameter("token", at::empty({text.vocabulary_size, text.width}));
  position_ = register_parameter("position", at::empty({text.max_tokens, text.width}));
  transformer_ =
      register_module("transformer", std::make_shared<Transformer>(TransformerShape{text.width, text.blocks, text.heads,
                                                                                    text.mlp_ratio, text.dropout}));
  projection_ = register_parameter("projection", at::empty({options_.embedding, text.width}));
}

TextEncoder::~TextEncoder() = default;

at::Tensor TextEncoder::forward(const at::Tensor& ids, const at::Tensor& lengths) {
  TORCH_CHECK(ids.dim() == 2 && lengths.dim() == 1 && lengths.size(0) == ids.size(0), "text encoder: ids ", ids.sizes(),
              ", lengths ", lengths.sizes());
  const auto longest = std::max<std::int64_t>(lengths.max().item<std::int64_t>(), 1);
  TORCH_CHECK(longest <= ids.size(1) && longest <= options_.text.max_tokens, "text encoder: a text of ", longest,
              " tokens, ids have ", ids.size(1), ", max_tokens is ", options_.text.max_tokens);
  const auto packing = packing_of_lengths(lengths, longest);
  auto numbers = ids.narrow(1, 0, longest).reshape({-1});
  auto places = at::arange(longest, ids.options()).repeat({packing.batch});
  if (!packing.full()) {
    numbers = numbers.index_select(0, packing.rows);
    places = places.index_select(0, packing.rows);
  }
  const auto x =
      drop_out(at::embedding(token_, numbers) + at::embedding(position_, places), options_.text.dropout, is_training());
  const auto hidden = unpack(at_least_float(transformer_->forward(x, packing)), packing);  // zeros beyond the lengths
  const FullPrecision full(hidden);
  const auto mean = hidden.sum(1) / lengths.clamp_min(1).unsqueeze(1);
  return unit_length(at::linear(mean, projection_));
}

}  // namespace scar::model
