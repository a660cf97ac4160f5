#include "scar/objective/selection.h"

#include <ATen/ATen.h>

#include <limits>

namespace scar::objective {

at::Tensor selection_rows(const SelectionInput& input, SelectorTarget target, double temperature) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const auto type = input.log_weights.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto absent = input.valid.logical_not();
  const auto log_w = input.log_weights.to(type).masked_fill(absent, 0.0);
  auto wanted = input.similarity.detach().to(type) / temperature;
  if (target == SelectorTarget::reweight) wanted = wanted + log_w.detach();
  const auto log_target = at::log_softmax(wanted.masked_fill(absent, kNever), 1).masked_fill(absent, 0.0);
  const auto weight_target = log_target.exp().masked_fill(absent, 0.0);
  const auto divergence = (weight_target * (log_target - log_w)).sum(1);

  const auto weight = log_w.exp().masked_fill(absent, 0.0);
  const auto entropy = -(weight * log_w).sum(1);
  const auto least = 0.5 * input.valid.sum(1).to(type).log();
  return divergence + at::relu(least - entropy);
}

}  // namespace scar::objective
