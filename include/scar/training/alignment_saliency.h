#pragma once

#include <ATen/core/Tensor.h>

#include "scar/model/dual_encoder.h"
#include "scar/objective/contrastive.h"

namespace scar::training {

/// How much the alignment of these pairs needs each token, to first order: -d (sum of their losses) / d keep where
/// everything is visible, [B, N] float, without graph. text [B, D]: unit embeddings.
[[nodiscard]] at::Tensor alignment_saliency(const model::DualEncoder& model, const model::Tokens& tokens,
                                            const at::Tensor& text, const objective::PairTargets& targets);

}  // namespace scar::training
