#include "scar/objective/removal_terms.h"

#include <ATen/ATen.h>

#include <cmath>

namespace scar::objective {

namespace {

at::Tensor relative_entropy(const at::Tensor& amount) {  // [n], not negative
  const auto n = amount.size(0);
  if (n < 2) return at::ones({}, amount.options());
  const auto total = amount.sum();
  const auto share = amount / total.clamp_min(1e-12);
  const auto entropy = -(share * share.clamp_min(1e-12).log()).sum() / std::log(static_cast<double>(n));
  return at::where(total > 1e-9, entropy, at::ones_like(entropy));
}

}  // namespace

RemovalEntropy removal_entropy(const at::Tensor& removal, int64_t leads) {
  const auto mean = removal.view({removal.size(0), leads, -1}).mean(0);
  return {.leads = relative_entropy(mean.sum(1)), .time = relative_entropy(mean.sum(0))};
}

at::Tensor roughness(const at::Tensor& removal, const at::Tensor& visible, int64_t leads) {
  const auto m = removal.view({removal.size(0), leads, -1});
  const auto v = visible.view({removal.size(0), leads, -1});
  const auto patches = m.size(2);
  if (patches < 2) return at::zeros({}, removal.options());
  const auto both = v.narrow(2, 1, patches - 1).logical_and(v.narrow(2, 0, patches - 1)).to(m.scalar_type());
  const auto jump = (m.narrow(2, 1, patches - 1) - m.narrow(2, 0, patches - 1)).abs();
  return (jump * both).sum() / both.sum().clamp_min(1.0);
}

at::Tensor indecision(const at::Tensor& removal, const at::Tensor& visible) {
  const auto v = visible.to(removal.scalar_type());
  return (4.0 * removal * (1.0 - removal) * v).sum() / v.sum().clamp_min(1.0);
}

}  // namespace scar::objective
