#include "scar/evaluation/token_measures.h"

#include <ATen/ops/ones.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "scar/core/cat.h"

namespace scar::evaluation {

bool pooling_weighs(const model::ModelOptions& options) {
  return options.selector.kind == "selector" || options.selector.kind == "attention";
}

std::string pooling_weights_meaning(const model::ModelOptions& options) {
  if (options.selector.kind == "selector") return "the selector's weights";
  if (options.selector.kind == "attention") return "the weights of attention pooling, mean over heads";
  return cat("none: with ", options.selector.kind, " pooling every token weighs the same");
}

at::Tensor pooling_weights(model::DualEncoder& model, const model::Tokens& tokens, const at::Tensor& keep) {
  if (!pooling_weighs(model.options())) return {};
  const auto features = model.ecg->encode(tokens, keep);
  return model::at_tokens(features.weights, features, tokens.visible.size(1));
}

TokenMeasures measure_tokens(model::DualEncoder& model, const model::Tokens& tokens, const at::Tensor& targets,
                             bool with_masker) {
  TokenMeasures out;
  const auto whole = model.ecg->encode(tokens);
  if (pooling_weighs(model.options())) out.selector = model::at_tokens(whole.weights, whole, tokens.visible.size(1));
  out.attention = model.ecg->received_attention(tokens);
  if (with_masker && model.masker)
    out.masker = model.masker->logits(model.ecg->read(tokens, whole), targets).to(at::kFloat);
  const c10::AutoGradMode record(true);
  auto keep = at::ones(tokens.visible.sizes(), tokens.z.options().dtype(at::kFloat));
  keep.requires_grad_(true);
  const auto total = (model.ecg->encode_dense(tokens, keep).embedding.to(at::kFloat) * targets).sum();
  out.saliency = torch::autograd::grad({total}, {keep})[0] * tokens.visible;
  return out;
}

}  // namespace scar::evaluation
