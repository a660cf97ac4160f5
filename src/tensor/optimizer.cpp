#include "scar/tensor/optimizer.h"

#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "torch_compat/foreach.h"

namespace scar::tensor {

AdamW::AdamW(std::vector<NamedParameter> parameters, AdamWOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  TORCH_CHECK(!parameters_.empty(), "AdamW: no parameters");
  const auto plain = parameters_.front().value.options().dtype(at::kFloat).requires_grad(false);
  for (const auto& [name, value] : parameters_) {
    TORCH_CHECK(value.is_leaf() && value.requires_grad(), "AdamW: ", name, " is not a trainable leaf");
    const auto blank = value.detach();
    first_.push_back(at::zeros_like(blank));
    second_.push_back(at::zeros_like(blank));
    step_.push_back(at::zeros({}, plain));
  }
  learning_rate_ = at::zeros({}, plain);
}

void AdamW::zero_grad() {
  for (auto& parameter : parameters_) parameter.value.mutable_grad() = at::Tensor();
}

std::vector<at::Tensor> AdamW::gradients() const {
  std::vector<at::Tensor> out;
  out.reserve(parameters_.size());
  for (const auto& parameter : parameters_) {
    if (parameter.value.grad().defined()) out.push_back(parameter.value.grad());
  }
  return out;
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  learning_rate_.fill_(learning_rate);
  for (const bool decays : {true, false}) {
    std::vector<at::Tensor> values, grads, first, second, steps;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const auto& value = parameters_[i].value;
      if (!value.grad().defined() || (value.dim() >= 2) != decays) continue;
      values.push_back(value);
      grads.push_back(value.grad().contiguous());
      first.push_back(first_[i]);
      second.push_back(second_[i]);
      steps.push_back(step_[i]);
    }
    if (values.empty()) continue;
    compat::add_to_all(steps, 1);
    compat::fused_adamw(values, grads, first, second, steps, learning_rate_,
                        {options_.beta1, options_.beta2, options_.epsilon, decays ? options_.weight_decay : 0.0});
  }
}

at::Tensor AdamW::clip_gradients(double max_norm) {
  const at::NoGradGuard no_grad;
  const auto grads = gradients();
  if (grads.empty()) return at::zeros({}, learning_rate_.options());
  auto total = compat::joint_norm(grads);
  if (max_norm > 0) compat::multiply_all(grads, at::clamp_max(total.add(1e-6).reciprocal().mul(max_norm), 1.0));
  return total;
}

at::Tensor AdamW::gradients_finite() const {
  const at::NoGradGuard no_grad;
  const auto grads = gradients();
  // A norm is finite exactly if all its terms are, short of an overflow, which is no gradient to step with either.
  return grads.empty() ? at::ones({}, learning_rate_.options().dtype(at::kBool))
                       : at::isfinite(compat::joint_norm(grads));
}

NamedTensors AdamW::state() const {
  NamedTensors out;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    out[parameters_[i].name + ".exp_avg"] = first_[i];
    out[parameters_[i].name + ".exp_avg_sq"] = second_[i];
    out[parameters_[i].name + ".step"] = step_[i];
  }
  return out;
}

void AdamW::load_state(const NamedTensors& stored) {
  const at::NoGradGuard no_grad;
  auto own = state();
  Problems problems;
  const auto complain = [&](std::string what, std::string got, std::string wanted) {
    Problem problem{.code = Code::checkpoint_corrupt, .what = std::move(what)};
    problem.got = std::move(got);
    problem.wanted = std::move(wanted);
    problems.add(std::move(problem));
  };
  for (const auto& [name, tensor] : own) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      complain(cat("optimizer state lacks '", name, "'"), "", "");
    } else if (found->second.sizes() != tensor.sizes() || found->second.scalar_type() != tensor.scalar_type()) {
      complain(cat("optimizer state '", name, "' has another shape or type"), c10::str(found->second.sizes()),
               c10::str(tensor.sizes()));
    }
  }
  for (const auto& [name, tensor] : stored) {
    if (!own.contains(name)) complain(cat("optimizer state has an unexpected '", name, "'"), "", "");
  }
  problems.throw_if_any();
  for (auto& [name, tensor] : own) tensor.copy_(stored.at(name));
}

}  // namespace scar::tensor
