#include "scar/training/alignment_saliency.h"

#include <torch/csrc/autograd/autograd.h>

namespace scar::training {

at::Tensor alignment_saliency(const model::DualEncoder& model, const model::Tokens& tokens, const at::Tensor& text,
                              const objective::PairTargets& targets) {
  c10::AutoGradMode record(true);
  auto keep = tokens.visible.to(at::kFloat).requires_grad_(true);
  const auto features = model.ecg->encode_dense(tokens, keep);
  const objective::PairFeatures pairs{.ecg = features.embedding, .text = text, .logit_scale = model.logit_scale};
  return -torch::autograd::grad({objective::contrastive_rows(pairs, targets).sum()}, {keep})[0];
}

}  // namespace scar::training
