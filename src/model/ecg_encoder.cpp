#include "scar/model/ecg_encoder.h"

#include <numeric>
#include <utility>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include "ecg_stem.h"
#include "layers.h"
#include "packing.h"
#include "selector.h"
#include "transformer.h"

namespace scar::model {

namespace {

/// The packing with one more slot in front of each sample, whose row is the sample's number; all other rows follow.
Packing with_front_slot(const Packing& packing, const at::Tensor& like) {
  const auto numbers = like.options().dtype(at::kLong).requires_grad(false);
  const auto rows = packing.full() ? at::arange(packing.batch * packing.length, numbers) : packing.rows;
  auto out = full_packing(packing.batch, packing.length + 1);
  out.rows = at::cat({at::arange(packing.batch, numbers) * out.length,
                      rows.div(packing.length, "floor") * out.length + rows.remainder(packing.length) + 1});
  out.inverse = inverse_rows(out.rows, out.batch * out.length);
  if (packing.valid.defined()) {
    out.valid = at::cat({at::ones({packing.batch, 1}, packing.valid.options()), packing.valid}, 1);
  }
  return out;
}

/// Tokens that take part, gathered to the front of their samples.
struct Gathered {
  at::Tensor x;        // [T, d]
  at::Tensor numbers;  // [T] int64: sample * N + token, ascending
  Packing packing;
};

Gathered gather(const Tokens& tokens, const at::Tensor& keep) {
  const auto batch = tokens.z.size(0), count = tokens.z.size(1);
  const auto kept = keep.defined() ? tokens.visible.logical_and(keep) : tokens.visible;
  Gathered out;
  out.x = tokens.z.reshape({batch * count, tokens.z.size(2)});
  out.numbers = kept.reshape({-1}).nonzero().squeeze(1);
  out.packing = full_packing(batch, count);
  if (out.numbers.size(0) != batch * count) {
    const auto lengths = kept.sum(1);
    out.packing = packing_of_lengths(lengths, std::max<std::int64_t>(lengths.max().item<std::int64_t>(), 1));
    out.x = take_rows(out.x, out.numbers, inverse_rows(out.numbers, batch * count));
  }
  return out;
}

/// With one extra row in front of each sample.
Gathered with_front_row(Gathered gathered, const at::Tensor& row) {
  const auto batch = gathered.packing.batch;
  gathered.packing = with_front_slot(gathered.packing, gathered.x);
  gathered.x = at::cat({row.expand({batch, row.size(1)}), gathered.x});
  return gathered;
}

}  // namespace

at::Tensor at_tokens(const at::Tensor& values, const EcgFeatures& features, std::int64_t tokens) {
  if (!features.index.defined()) return values;
  // Padding points at token 0 and would overwrite it: it is sent to a place of its own, then cut off.
  auto place = features.index.masked_fill(features.valid.logical_not(), tokens);
  while (place.dim() < values.dim()) place = place.unsqueeze(-1);
  auto shape = values.sizes().vec();
  shape[1] = tokens + 1;
  return at::zeros(shape, values.options()).scatter(1, place.expand_as(values), values).narrow(1, 0, tokens);
}

EcgEncoder::EcgEncoder(const ModelOptions& options) : options_(resolve(options)) {
  const auto& ecg = options_.ecg;
  const auto width = options_.width;
  stem_ = register_module("stem", std::make_shared<EcgStem>(ecg.stem, ecg.patch_samples, ecg.stem_channels, width));
  lead_ = register_parameter("lead", at::empty({kLeads, width}));
  time_ = register_parameter("time", at::empty({ecg.max_patches, width}));
  if (options_.selector.kind == "cls") cls_ = register_parameter("cls", at::empty({1, width}));
  transformer_ = register_module("transformer", std::make_shared<Transformer>(TransformerShape{
                                                    width, ecg.blocks, ecg.heads, ecg.mlp_ratio, ecg.dropout}));
  selector_ = register_module("selector", std::make_shared<Selector>(options_));
  projection_ = register_parameter("projection", at::empty({options_.embedding, width}));
}

EcgEncoder::~EcgEncoder() = default;

Tokens EcgEncoder::embed(const EcgInput& input) {
  const auto& signal = input.signal;
  const auto& visible = input.visible;
  TORCH_CHECK(signal.dim() == 3 && visible.dim() == 3, "ECG input: signal and visible must have 3 dimensions");
  const auto batch = signal.size(0), leads = signal.size(1), patches = visible.size(2);
  const auto samples = options_.ecg.patch_samples;
  TORCH_CHECK(visible.size(0) == batch && visible.size(1) == leads && visible.scalar_type() == at::kBool,
              "ECG input: visible must be bool [batch, leads, patches], is ", visible.sizes());
  TORCH_CHECK(signal.size(2) == patches * samples, "ECG input: ", signal.size(2), " samples are not ", patches,
              " patches of ", samples);
  TORCH_CHECK(patches <= options_.ecg.max_patches, "ECG input: ", patches, " patches, max_patches is ",
              options_.ecg.max_patches);
  std::vector<std::int64_t> numbers = input.leads;
  if (numbers.empty()) {
    numbers.resize(kLeads);
    std::iota(numbers.begin(), numbers.end(), 0);
  }
  TORCH_CHECK(static_cast<std::int64_t>(numbers.size()) == leads, "ECG input: ", leads, " rows but ", numbers.size(),
              " lead numbers");

  // where, not a product: 0 * NaN is NaN.
  const auto cut = signal.reshape({batch, leads, patches, samples});
  const auto seen = at::where(visible.unsqueeze(-1), cut, 0.0).view({-1, samples});
  const auto place = lead_.index_select(0, at::tensor(numbers, visible.options().dtype(at::kLong))).unsqueeze(1) +
                     time_.narrow(0, 0, patches).unsqueeze(0);  // [leads, patches, d]
  Tokens tokens;
  tokens.z = stem_->forward(seen).view({batch, leads * patches, options_.width}) + place.flatten(0, 1);
  tokens.visible = visible.reshape({batch, leads * patches});
  return tokens;
}

EcgFeatures EcgEncoder::encode(const Tokens& tokens, const at::Tensor& keep) {
  const auto batch = tokens.z.size(0), count = tokens.z.size(1);
  const auto gathered = gather(tokens, keep);
  const auto& packing = gathered.packing;
  EcgFeatures out;
  if (gathered.numbers.size(0) != batch * count) {
    out.index = gathered.numbers.remainder(count);
    if (!packing.full()) {
      out.index = spread_rows(out.index.unsqueeze(1), packing.rows, packing.inverse);
    }
    out.index = out.index.view({batch, packing.length});
  }
  out.valid = packing.valid.defined() ? packing.valid : at::ones({batch, packing.length}, tokens.visible.options());

  at::Tensor cls;
  if (cls_.defined()) {
    const auto wider = with_front_row(gathered, cls_);
    const auto hidden = unpack(transformer_->forward(wider.x, wider.packing), wider.packing);
    cls = hidden.select(1, 0);
    out.hidden = hidden.narrow(1, 1, packing.length);
  } else {
    out.hidden = unpack(transformer_->forward(gathered.x, packing), packing);
  }
  return finish(std::move(out), {}, cls);
}

EcgFeatures EcgEncoder::encode_dense(const Tokens& tokens, const at::Tensor& keep_weights) {
  const auto batch = tokens.z.size(0), width = tokens.z.size(2);
  const auto keep = at::where(tokens.visible, keep_weights, 0.0);
  EcgFeatures out;
  out.valid = keep.detach() > 0;
  at::Tensor cls;
  if (cls_.defined()) {
    const auto x = at::cat({cls_.unsqueeze(0).expand({batch, 1, width}), tokens.z}, 1);
    const auto hidden = transformer_->forward_dense(x, at::cat({at::ones({batch, 1}, keep.options()), keep}, 1));
    cls = hidden.select(1, 0);
    out.hidden = hidden.narrow(1, 1, hidden.size(1) - 1);
  } else {
    out.hidden = transformer_->forward_dense(tokens.z, keep);
  }
  return finish(std::move(out), keep, cls);
}

EcgFeatures EcgEncoder::finish(EcgFeatures features, const at::Tensor& keep, const at::Tensor& cls) {
  const auto pooled = selector_->pool(features.hidden, features.valid, keep, cls);
  features.weights = pooled.weights;
  features.log_weights = pooled.log_weights;
  const FullPrecision full(pooled.vector);
  features.embedding = unit_length(at::linear(pooled.vector, projection_));
  return features;
}

at::Tensor EcgEncoder::received_attention(const Tokens& tokens, const at::Tensor& keep) {
  const auto gathered = gather(tokens, keep);
  const auto& packing = gathered.packing;
  at::Tensor received;  // [batch, length]
  if (cls_.defined()) {
    const auto wider = with_front_row(gathered, cls_);
    received = transformer_->received_attention(wider.x, wider.packing).narrow(1, 1, packing.length);
  } else {
    received = transformer_->received_attention(gathered.x, packing);
  }
  const auto rows = pack(received.unsqueeze(-1), packing);  // [T, 1]
  const auto all = tokens.z.size(0) * tokens.z.size(1);
  return spread_rows(rows, gathered.numbers, inverse_rows(gathered.numbers, all)).view(tokens.visible.sizes());
}

ReadTokens EcgEncoder::read(const Tokens& tokens, const EcgFeatures& whole) {
  const at::NoGradGuard no_grad;
  ReadTokens out;
  out.visible = tokens.visible;
  out.hidden = at_tokens(whole.hidden.detach(), whole, tokens.visible.size(1));
  out.embedding = token_embeddings(out.hidden);
  return out;
}

at::Tensor EcgEncoder::token_embeddings(const at::Tensor& hidden) {
  return unit_length(at::linear(hidden, projection_));
}

}  // namespace scar::model
