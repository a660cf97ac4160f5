#include "scar/objective/contrastive.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <limits>

namespace scar::objective {

namespace {

at::Tensor logits_of(const PairFeatures& pairs) {
  const auto type = pairs.ecg.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  return pairs.logit_scale.to(type).exp() * pairs.ecg.to(type).matmul(pairs.text.to(type).t());
}

// -1/2 (mean over the matches of log p) is linear in log p, so one product with q does it. 0 * -inf must not arise: excluded
// pairs are never matches, and their log p is taken as 0 here.
at::Tensor one_direction(const at::Tensor& logits, const at::Tensor& q, const at::Tensor& excluded) {
  const auto seen =
      excluded.defined() ? logits.masked_fill(excluded, -std::numeric_limits<double>::infinity()) : logits;
  auto log_p = at::log_softmax(seen, 1);
  if (excluded.defined()) log_p = log_p.masked_fill(excluded, 0.0);
  return -(q * log_p).sum(1);
}

}  // namespace

PairTargets narrow(const PairTargets& targets, std::int64_t first, std::int64_t count) {
  const auto part = [&](const at::Tensor& whole) {
    return whole.defined() ? whole.narrow(0, first, count).narrow(1, first, count) : whole;
  };
  return {.positive = part(targets.positive), .excluded = part(targets.excluded)};
}

PairTargets within_groups(const PairTargets& targets, const at::Tensor& group) {
  const auto apart = group.unsqueeze(0) != group.unsqueeze(1);
  return {.positive = targets.positive.defined() ? targets.positive.logical_and(apart.logical_not()) : at::Tensor(),
          .excluded = targets.excluded.defined() ? targets.excluded.logical_or(apart) : apart};
}

at::Tensor contrastive_rows(const PairFeatures& pairs, const PairTargets& targets) {
  const auto logits = logits_of(pairs);
  const auto batch = logits.size(0);
  const auto positive =
      targets.positive.defined() ? targets.positive.to(logits.scalar_type()) : at::eye(batch, logits.options());
  const auto q = positive / positive.sum(1, true);
  return 0.5 * (one_direction(logits, q, targets.excluded) + one_direction(logits.t(), q, targets.excluded));
}

at::Tensor contrastive(const PairFeatures& pairs, const PairTargets& targets) {
  return contrastive_rows(pairs, targets).mean();
}

at::Tensor matched_share(const PairFeatures& pairs, const PairTargets& targets) {
  c10::NoGradGuard no_grad;
  auto logits = logits_of(pairs);
  if (targets.excluded.defined())
    logits = logits.masked_fill(targets.excluded, -std::numeric_limits<double>::infinity());
  const auto best = logits.argmax(1, true);
  const auto positive =
      targets.positive.defined() ? targets.positive : at::eye(logits.size(0), logits.options().dtype(at::kBool));
  return positive.gather(1, best).to(at::kFloat).mean();
}

}  // namespace scar::objective
