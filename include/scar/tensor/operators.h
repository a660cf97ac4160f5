#pragma once

#include <ATen/core/Tensor.h>

namespace scar::tensor {

/// Operator scar::budget_threshold(Tensor scores, Tensor available, Tensor count, float temperature) -> Tensor
///   scores     [B, N] float or double, any value where not available
///   available  [B, N] bool
///   count      [B] int64: how many of the available ones are to be removed
///   returns    lambda [B], dtype of scores, with sum over available of sigmoid((scores - lambda) / temperature) =
///   count:
///              50 bisections of [min, max](scores) - temperature * logit(count / available), sums in double.
///              count <= 0 gives +infinity (nothing removed), count >= available gives -infinity (all removed).
/// No gradient: scar::model::remove differentiates it implicitly. The CPU kernel is here, the CUDA one in the plug-in.
[[nodiscard]] at::Tensor budget_threshold(const at::Tensor& scores, const at::Tensor& available,
                                          const at::Tensor& count, double temperature);

}  // namespace scar::tensor
