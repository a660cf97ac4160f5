#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "scar/model/dual_encoder.h"
#include "scar/tensor/generator.h"

namespace scar::model {

/// Bitwise comparisons need a fixed number of threads.
inline const bool one_thread = (at::set_num_threads(1), true);

inline constexpr std::int64_t kPatches = 4, kPatch = 10, kTokens = kLeads * kPatches, kEmbedding = 16;

inline ModelOptions small_options() {
  ModelOptions options;
  options.width = 32;
  options.embedding = kEmbedding;
  options.ecg.patch_samples = kPatch;
  options.ecg.max_patches = kPatches;
  options.ecg.stem_channels = 8;
  options.ecg.blocks = 2;
  options.ecg.mlp_ratio = 2;
  options.text.width = 24;
  options.text.blocks = 2;
  options.text.heads = 2;
  options.text.dropout = 0;
  options.text.max_tokens = 12;
  options.text.vocabulary_size = 40;
  options.masker.width = 16;
  options.masker.heads = 2;
  return options;
}

inline std::shared_ptr<DualEncoder> small_model(const ModelOptions& options = small_options()) {
  return std::make_shared<DualEncoder>(options, 3);
}

struct Random {
  explicit Random(std::uint64_t seed) : generator(tensor::make_cpu_generator(seed)) {}
  at::Tensor normal(at::IntArrayRef shape) { return at::empty(shape).normal_(0, 1, generator); }
  at::Tensor uniform(at::IntArrayRef shape) { return at::empty(shape).uniform_(0, 1, generator); }
  at::Tensor chance(at::IntArrayRef shape, double probability) { return uniform(shape) < probability; }
  at::Generator generator;
};

inline EcgInput random_input(std::int64_t batch, std::uint64_t seed, double visible = 1.0) {
  Random random(seed);
  EcgInput input;
  input.signal = random.normal({batch, kLeads, kPatches * kPatch});
  input.visible = random.chance({batch, kLeads, kPatches}, visible);
  return input;
}

inline double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return a.numel() == 0 ? 0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

/// Largest difference between autograd's gradient of a scalar function and central differences, relative to the largest
/// entry.
inline double gradient_error(const std::function<at::Tensor(const at::Tensor&)>& function, const at::Tensor& point,
                             double step = 1e-6) {
  auto x = point.detach().clone().requires_grad_();
  function(x).backward();
  const auto analytic = x.grad().contiguous().view({-1});
  const at::NoGradGuard no_grad;
  auto numeric = at::zeros_like(analytic);
  const auto base = point.detach().contiguous().view({-1});
  for (std::int64_t i = 0; i < base.numel(); ++i) {
    auto up = base.clone(), down = base.clone();
    up[i] += step;
    down[i] -= step;
    numeric[i] = (function(up.view(point.sizes())) - function(down.view(point.sizes()))) / (2 * step);
  }
  return ((analytic - numeric).abs().max() / numeric.abs().max().clamp_min(1e-12)).item<double>();
}

}  // namespace scar::model
