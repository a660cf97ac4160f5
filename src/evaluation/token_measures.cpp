#include "scar/evaluation/token_measures.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "scar/core/cat.h"

namespace scar::evaluation {

at::Tensor at_tokens(const at::Tensor& values, const at::Tensor& index, const at::Tensor& visible) {
  if (!index.defined()) return values;
  // Padding has index 0 and value 0.
  return at::zeros(visible.sizes(), values.options()).scatter_add_(1, index, values);
}

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
  return at_tokens(features.weights, features.index, tokens.visible);
}

TokenMeasures measure_tokens(model::DualEncoder& model, const model::Tokens& tokens, const at::Tensor& targets,
                             bool with_masker) {
  TokenMeasures out;
  out.selector = pooling_weights(model, tokens);
  out.attention = model.ecg->received_attention(tokens);
  if (with_masker && model.masker) {
    const auto read = model.ecg->read(tokens, model.ecg->encode(tokens));
    out.masker = model.masker->logits(read, targets).to(at::kFloat);
  }
  const c10::AutoGradMode record(true);
  auto keep = at::ones(tokens.visible.sizes(), tokens.z.options().dtype(at::kFloat));
  keep.requires_grad_(true);
  const auto total = (model.ecg->encode_dense(tokens, keep).embedding.to(at::kFloat) * targets).sum();
  out.saliency = torch::autograd::grad({total}, {keep})[0] * tokens.visible;
  return out;
}

}  // namespace scar::evaluation
