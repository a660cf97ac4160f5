#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "scar/model/dual_encoder.h"

namespace scar::evaluation {

/// How much each token of a record matters, as parts of a model say it without looking at what its removal does:
/// [B, N] float, larger = more, 0 where invisible.
struct TokenMeasures {
  at::Tensor selector;   // pooling weight, everything visible; undefined where pooling weighs nothing (mean, cls)
  at::Tensor attention;  // received in the encoder's last block, mean over heads and queries
  at::Tensor saliency;   // d cos(e, target) / d k at k = 1, by the dense path
  at::Tensor masker;     // logits, told the target; undefined without a masker
};

/// targets [B, D]: unit-length embedding of a report or of a class, per record. Expects evaluation mode; the caller's
/// precision holds. `with_masker` = false leaves the masker out.
[[nodiscard]] TokenMeasures measure_tokens(model::DualEncoder& model, const model::Tokens& tokens,
                                           const at::Tensor& targets, bool with_masker);

/// What pooling weighs each token with in a pass over those that are visible and, if given, kept (bool [B, N]): [B, N] float,
/// sum 1, 0 for the others. Undefined where pooling weighs nothing. The caller's mode and precision hold.
[[nodiscard]] at::Tensor pooling_weights(model::DualEncoder& model, const model::Tokens& tokens,
                                         const at::Tensor& keep = {});

/// "selector's weights", "weights of attention pooling", or why there are none.
[[nodiscard]] std::string pooling_weights_meaning(const model::ModelOptions& options);
[[nodiscard]] bool pooling_weighs(const model::ModelOptions& options);

}  // namespace scar::evaluation
