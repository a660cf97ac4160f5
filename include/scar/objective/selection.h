#pragma once

#include <ATen/core/Tensor.h>

namespace scar::objective {

/// What the selector is taught (docs/method.md, section 7).
///   reweight  w* ~ w * exp(s / tau), s of the masked pass: one mirror-ascent step of the alignment from where it is
///   masked    w* = softmax(s / tau), s of the masked pass
///   clean     w* = softmax(s / tau), s of the clean pass at the tokens that are visible in the masked pass
enum class SelectorTarget { reweight, masked, clean };

struct SelectionInput {
  at::Tensor log_weights;  // [B, M] of the masked pass, with gradient; ignored where not valid
  at::Tensor similarity;   // [B, M] s_i = <token embedding, text embedding>; detached inside
  at::Tensor valid;        // [B, M] bool; at least one per row
};

/// w* [B, M]: sums to 1 over the valid tokens, 0 elsewhere; no gradient.
[[nodiscard]] at::Tensor selection_target(const SelectionInput& input, SelectorTarget target, double temperature);

/// Per record KL(w* || w) + relu(1/2 ln N - H(w)), N = number of valid tokens. Returns [B]; no gradient through w*.
[[nodiscard]] at::Tensor selection_rows(const SelectionInput& input, SelectorTarget target, double temperature);

}  // namespace scar::objective
