#include "scar/model/masker.h"

#include "layers.h"
#include "packing.h"
#include "transformer.h"

namespace scar::model {

namespace {

constexpr double kBound = 8.0;

/// Mean over one dimension of the visible; h [B, 12, P, w] is zero where not, seen [B, 12, P, 1].
at::Tensor visible_mean(const at::Tensor& h, const at::Tensor& seen, std::int64_t dimension) {
  return h.sum(dimension, true) / seen.sum(dimension, true).clamp_min(1);
}

}  // namespace

Masker::Masker(const ModelOptions& options) : options_(resolve(options)) {
  const auto& masker = options_.masker;
  norm_ = register_module("norm", std::make_shared<LayerNorm>(options_.width));
  input_ = register_module("input", std::make_shared<Linear>(options_.width, masker.width));
  if (masker.text) {
    text_ = register_module("text", std::make_shared<Linear>(options_.embedding, masker.width));
    match_ = register_module("match", std::make_shared<Linear>(options_.embedding, masker.width, false));
  }
  transformer_ = register_module("transformer", std::make_shared<Transformer>(TransformerShape{
                                                    masker.width, masker.blocks, masker.heads, 4.0, 0.0}));
  // Without biases: centring would cancel them.
  lead_ = register_module("lead", std::make_shared<Linear>(masker.width, 1, false));
  time_ = register_module("time", std::make_shared<Linear>(masker.width, 1, false));
  token_ = register_module("token", std::make_shared<Linear>(masker.width, 1, false));
}

Masker::~Masker() = default;

at::Tensor Masker::logits(const ReadTokens& tokens, const at::Tensor& text) {
  const auto batch = tokens.hidden.size(0), count = tokens.hidden.size(1);
  TORCH_CHECK(count % kLeads == 0, "masker: tokens of all 12 leads are needed, got ", count);
  TORCH_CHECK(!text_ || text.defined(), "masker: it was built to see the text, and got none");

  const auto& visible = tokens.visible;
  auto packing = full_packing(batch, count);
  packing.rows = visible.reshape({-1}).nonzero().squeeze(1);
  if (packing.rows.size(0) == batch * count) {
    packing = full_packing(batch, count);
  } else {
    packing.inverse = inverse_rows(packing.rows, batch * count);
    packing.valid = visible;
  }
  auto x = at_least_float(input_->forward(norm_->forward(tokens.hidden.detach())));
  if (text_) {
    const auto words = text.detach().unsqueeze(1);
    // Where token and text agree, dimension by dimension: the sum is the token's own similarity to the text. Entries of
    // unit vectors are of the order D^-1/2, hence the factor.
    const auto agreement = tokens.embedding.detach() * words * static_cast<double>(options_.embedding);
    x = x + at_least_float(text_->forward(words)) + at_least_float(match_->forward(agreement));
  }
  const auto hidden = at_least_float(unpack(transformer_->forward(pack(x, packing), packing), packing));

  const FullPrecision full(hidden);
  const auto h = hidden.view({batch, kLeads, count / kLeads, -1});
  const auto seen = visible.reshape({batch, kLeads, count / kLeads, 1}).to(h.scalar_type());
  const auto sum =
      lead_->forward(visible_mean(h, seen, 2)) + time_->forward(visible_mean(h, seen, 1)) + token_->forward(h);
  const auto a = (sum * seen).view({batch, count});
  const auto there = seen.view({batch, count});
  const auto centre = a.sum(1, true) / there.sum(1, true).clamp_min(1);
  return ((a - centre) / kBound).tanh() * kBound * there;
}

}  // namespace scar::model
