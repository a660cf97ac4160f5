#include "scar/model/removal.h"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "scar/core/random.h"
#include "scar/model/model_options.h"
#include "scar/tensor/operators.h"

namespace scar::model {

namespace {

constexpr double kNever = -1e30;  // a score that is never among the largest

class Threshold : public torch::autograd::Function<Threshold> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& scores,
                            const at::Tensor& available, const at::Tensor& count, double temperature) {
    auto lambda = tensor::budget_threshold(scores, available, count, temperature);
    context->save_for_backward({scores, available, lambda});
    context->saved_data["temperature"] = temperature;
    return lambda;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    // The sum of sigmoid(u) stays what it is: sum_i s(u_i) s(-u_i) (d a_i - d lambda) = 0.
    const auto saved = context->get_saved_variables();
    const auto &scores = saved[0], &available = saved[1], &lambda = saved[2];
    const auto real = lambda.isfinite().unsqueeze(1).logical_and(available);  // infinite: nothing or all is removed
    const auto u = ((scores - lambda.unsqueeze(1)) / context->saved_data["temperature"].toDouble())
                       .masked_fill(real.logical_not(), 0.0);
    const auto logs = (at::log_sigmoid(u) + at::log_sigmoid(-u)).masked_fill(real.logical_not(), kNever);
    const auto share = at::softmax(logs, 1) * real;
    const auto gradient = gradients[0].masked_fill(lambda.isfinite().logical_not(), 0.0);
    return {gradient.unsqueeze(1) * share, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

/// Tokens <-> the units that are removed together. Token number = lead * patches + patch.
class Units {
 public:
  Units(Structure structure, std::int64_t tokens) : structure_(structure) {
    TORCH_CHECK(structure == Structure::free || tokens % kLeads == 0,
                "removal: whole leads or segments need 12 leads, got ", tokens, " tokens");
    patches_ = tokens / kLeads;
  }
  /// Sum over each unit's tokens: [B, N] -> [B, units]
  [[nodiscard]] at::Tensor sums(const at::Tensor& x) const {
    return structure_ == Structure::free ? x : grid(x).sum(structure_ == Structure::lead ? 2 : 1);
  }
  /// A value of each unit for its tokens: [B, units] -> [B, N]
  [[nodiscard]] at::Tensor to_tokens(const at::Tensor& x) const {
    if (structure_ == Structure::free) return x;
    const auto wide = x.unsqueeze(structure_ == Structure::lead ? 2 : 1);
    return wide.expand({x.size(0), kLeads, patches_}).reshape({x.size(0), kLeads * patches_});
  }

 private:
  [[nodiscard]] at::Tensor grid(const at::Tensor& x) const { return x.reshape({x.size(0), kLeads, patches_}); }

  Structure structure_;
  std::int64_t patches_ = 0;
};

/// Logistic noise, drawn on the host for any device: equal everywhere.
at::Tensor logistic_noise(const NoiseKey& key, std::int64_t samples, std::int64_t units,
                          const at::TensorOptions& options) {
  auto noise = at::empty({samples, units}, at::TensorOptions(at::kDouble));
  auto* out = noise.mutable_data_ptr<double>();
  const auto seed = mix64(key.seed, static_cast<std::uint64_t>(key.purpose));
  for (std::int64_t b = 0; b < samples; ++b) {
    CounterRandom random(seed, "removal-noise", static_cast<std::uint64_t>(key.step),
                         static_cast<std::uint64_t>(key.first_sample + b));
    for (std::int64_t i = 0; i < units; ++i) *out++ = random.logistic();
  }
  return noise.to(options);
}

/// bool [B, U]: the count[b] largest available scores, ties by the lower index.
at::Tensor largest(const at::Tensor& scores, const at::Tensor& available, const at::Tensor& count) {
  const auto order =
      std::get<1>(at::sort(scores.masked_fill(available.logical_not(), kNever), /*stable=*/true, -1, true));
  const auto chosen = at::arange(scores.size(1), count.options()).unsqueeze(0) < count.unsqueeze(1);
  return at::empty(chosen.sizes(), chosen.options()).scatter_(1, order, chosen);
}

}  // namespace

const char* structure_name(Structure structure) {
  switch (structure) {
    case Structure::free:
      return "free";
    case Structure::lead:
      return "lead";
    case Structure::segment:
      return "segment";
  }
  return "";
}

at::Tensor differentiable_threshold(const at::Tensor& scores, const at::Tensor& available, const at::Tensor& count,
                                    double temperature) {
  return Threshold::apply(scores, available, count, temperature);
}

Removal remove(const at::Tensor& logits, const at::Tensor& visible, double share, Structure structure,
               double temperature, std::int64_t min_visible, const std::optional<NoiseKey>& noise) {
  TORCH_CHECK(logits.dim() == 2 && visible.sizes() == logits.sizes() && visible.scalar_type() == at::kBool,
              "removal: logits ", logits.sizes(), ", visible ", visible.sizes(), " ", visible.scalar_type());
  TORCH_CHECK(share >= 0 && share < 1 && temperature > 0 && min_visible >= 1, "removal: share ", share,
              ", temperature ", temperature, ", min_visible ", min_visible);
  const auto a = logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
  const auto there = visible.to(a.scalar_type());
  Removal out;
  if (share == 0) {
    out.keep = there;
    out.hard = visible;
    out.soft = at::zeros_like(there);
    out.count = out.units = visible.sum(1).zero_();
    out.budget_error = there.sum(1).zero_();
    return out;
  }

  const Units units(structure, a.size(1));
  const auto members = units.sums(there);  // visible tokens of each unit
  const auto available = members > 0;
  const auto present = available.sum(1);  // int64
  const auto spare = structure == Structure::free ? min_visible : 1;
  const auto wanted = (present.to(at::kDouble) * share + 0.5).floor().to(at::kLong);
  out.units = wanted.minimum(present - spare).clamp_min(0);

  auto scores = units.sums(at::where(visible, a, 0.0)) / members.clamp_min(1);
  if (noise) scores = scores + logistic_noise(*noise, a.size(0), scores.size(1), a.options().requires_grad(false));
  const auto lambda = differentiable_threshold(scores, available, out.units, temperature).unsqueeze(1);
  const auto soft = at::sigmoid((scores - lambda) / temperature) * available;
  out.budget_error = (soft.detach().sum(1) - out.units).abs();

  const auto removed = units.to_tokens(largest(scores.detach(), available, out.units)).logical_and(visible);
  out.soft = units.to_tokens(soft) * there;
  out.hard = visible.logical_and(removed.logical_not());
  out.count = removed.sum(1);
  // In this order of brackets what is added is exactly 0, so kept is 1 and removed is 0 to the last bit.
  out.keep = out.hard.to(a.scalar_type()) - (out.soft - out.soft.detach());
  return out;
}

}  // namespace scar::model
