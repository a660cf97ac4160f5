#pragma once

#include <cstdint>
#include <limits>

#include <ATen/core/Tensor.h>

#include "scar/model/dual_encoder.h"
#include "scar/objective/contrastive.h"

namespace scar::training {

/// How much the alignment of these pairs needs each token, to first order: -d (sum of their losses) / d keep where
/// everything is visible, [B, N] float, without graph. text [B, D]: unit embeddings. With more than `at_once` records the
/// memory is that of so many and the result the same, for one more pass.
[[nodiscard]] at::Tensor alignment_saliency(const model::DualEncoder& model, const model::Tokens& tokens,
                                            const at::Tensor& text, const objective::PairTargets& targets,
                                            std::int64_t at_once = std::numeric_limits<std::int64_t>::max());

}  // namespace scar::training
