#include "scar/objective/selection.h"

#include <ATen/ATen.h>

#include <limits>

namespace scar::objective {

namespace {

at::ScalarType type_of(const SelectionInput& input) {
  return input.log_weights.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

/// log w*, 0 where not valid.
at::Tensor log_target_of(const SelectionInput& input, SelectorTarget target, double temperature) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const auto absent = input.valid.logical_not();
  auto wanted = input.similarity.detach().to(type_of(input)) / temperature;
  if (target == SelectorTarget::reweight)
    wanted = wanted + input.log_weights.detach().to(type_of(input)).masked_fill(absent, 0.0);
  return at::log_softmax(wanted.masked_fill(absent, kNever), 1).masked_fill(absent, 0.0);
}

}  // namespace

at::Tensor selection_target(const SelectionInput& input, SelectorTarget target, double temperature) {
  return log_target_of(input, target, temperature).exp().masked_fill(input.valid.logical_not(), 0.0);
}

at::Tensor selection_rows(const SelectionInput& input, SelectorTarget target, double temperature) {
  const auto type = type_of(input);
  const auto absent = input.valid.logical_not();
  const auto log_w = input.log_weights.to(type).masked_fill(absent, 0.0);
  const auto log_target = log_target_of(input, target, temperature);
  const auto weight_target = log_target.exp().masked_fill(absent, 0.0);
  const auto divergence = (weight_target * (log_target - log_w)).sum(1);

  const auto weight = log_w.exp().masked_fill(absent, 0.0);
  const auto entropy = -(weight * log_w).sum(1);
  const auto least = 0.5 * input.valid.sum(1).to(type).log();
  return divergence + at::relu(least - entropy);
}

}  // namespace scar::objective
