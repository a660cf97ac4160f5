#include "scar/training/alignment_saliency.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <vector>

namespace scar::training {

at::Tensor alignment_saliency(const model::DualEncoder& model, const model::Tokens& tokens, const at::Tensor& text,
                              const objective::PairTargets& targets, std::int64_t at_once) {
  c10::AutoGradMode record(true);
  const auto records = tokens.visible.size(0);
  const auto loss_of = [&](const at::Tensor& embedding) {
    const objective::PairFeatures pairs{.ecg = embedding, .text = text, .logit_scale = model.logit_scale};
    return objective::contrastive_rows(pairs, targets).sum();
  };
  const auto keep_all = [&](std::int64_t from, std::int64_t count) {
    return tokens.visible.narrow(0, from, count).to(at::kFloat).requires_grad_(true);
  };
  const auto embed = [&](const at::Tensor& keep, std::int64_t from, std::int64_t count) {
    return model.ecg
        ->encode_dense({.z = tokens.z.narrow(0, from, count), .visible = tokens.visible.narrow(0, from, count)}, keep)
        .embedding;
  };
  if (records <= at_once) {
    const auto keep = keep_all(0, records);
    return -torch::autograd::grad({loss_of(embed(keep, 0, records))}, {keep})[0];
  }
  // The loss needs all embeddings, its gradient by the tokens of a record only that record's.
  std::vector<at::Tensor> embeddings, saliency;
  for (std::int64_t from = 0; from < records; from += at_once) {
    at::NoGradGuard no_grad;
    const auto count = std::min(at_once, records - from);
    embeddings.push_back(embed(keep_all(from, count), from, count));
  }
  const auto all = at::cat(embeddings).requires_grad_(true);
  const auto slope = torch::autograd::grad({loss_of(all)}, {all})[0];
  for (std::int64_t from = 0; from < records; from += at_once) {
    const auto count = std::min(at_once, records - from);
    const auto keep = keep_all(from, count);
    saliency.push_back(-torch::autograd::grad({embed(keep, from, count)}, {keep}, {slope.narrow(0, from, count)})[0]);
  }
  return at::cat(saliency);
}

}  // namespace scar::training
