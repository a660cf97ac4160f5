#include <cmath>
#include <string>
#include <string_view>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/where.h>

#include "scar/core/random.h"
#include "scar/model/dual_encoder.h"
#include "scar/tensor/generator.h"

namespace scar::model {

namespace {

constexpr double kSmallDeviation = 0.02, kPlaceDeviation = 0.2, kFirstTemperature = 0.07;

/// Normal, cut at two deviations by drawing again.
void fill_normal(at::Tensor& parameter, double deviation, at::Generator generator) {
  auto values = at::empty(parameter.sizes(), at::TensorOptions(at::kFloat)).normal_(0, 1, generator);
  for (auto outside = values.abs() > 2; outside.any().item<bool>(); outside = values.abs() > 2) {
    values = at::where(outside, at::empty_like(values).normal_(0, 1, generator), values);
  }
  parameter.copy_(values * deviation);
}

/// Row j: sines and cosines of j at wavelengths from 2 pi to 2 pi * 1000 rows.
void fill_sines(at::Tensor& parameter, double deviation) {
  const auto rows = parameter.size(0), width = parameter.size(1);
  auto values = at::empty({rows, width}, at::TensorOptions(at::kFloat));
  auto* out = values.mutable_data_ptr<float>();
  for (std::int64_t j = 0; j < rows; ++j) {
    for (std::int64_t i = 0; i < width; ++i) {
      const double rate = std::pow(1000.0, -static_cast<double>(i / 2 * 2) / static_cast<double>(width));
      const double angle = static_cast<double>(j) * rate;
      *out++ = static_cast<float>(std::sqrt(2.0) * deviation * (i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  }
  parameter.copy_(values);
}

bool ends_with(const std::string& name, std::string_view end) {
  return name == end || name.ends_with("." + std::string(end));
}

/// A matrix gives outputs as large as its inputs, whatever the width, and a residual branch its share of them. What is
/// added to a token or asks tokens for their weight has a size of its own.
double deviation_of(const std::string& name, const at::Tensor& parameter, std::int64_t blocks) {
  if (ends_with(name, "ecg.lead")) return kPlaceDeviation;
  for (const auto* small : {"text.position", "ecg.cls", "selector.query", "selector.score.weight"}) {
    if (ends_with(name, small)) return kSmallDeviation;
  }
  const double even = 1 / std::sqrt(static_cast<double>(parameter.numel() / parameter.size(0)));
  const bool residual = ends_with(name, "attention.out.weight") || ends_with(name, "mlp.out.weight");
  return residual ? even / std::sqrt(2.0 * static_cast<double>(blocks)) : even;
}

void fill(const std::string& name, at::Tensor parameter, std::uint64_t seed, std::int64_t blocks) {
  if (ends_with(name, "logit_scale")) {
    parameter.fill_(std::log(1 / kFirstTemperature));
  } else if (parameter.dim() == 1) {
    parameter.fill_(name.ends_with("bias") ? 0.0 : 1.0);
  } else if (ends_with(name, "ecg.time")) {
    fill_sines(parameter, kPlaceDeviation);
  } else {
    fill_normal(parameter, deviation_of(name, parameter, blocks),
                tensor::make_cpu_generator(stream_key(seed, "initialise " + name)));
  }
}

/// Blocks of the transformer that a parameter belongs to: "ecg.transformer.blocks.3.mlp.in.weight" -> how many there
/// are.
std::int64_t blocks_beside(const torch::nn::Module& module, const std::string& name) {
  const auto at = name.find(".blocks.");
  if (at == std::string::npos) return 1;
  const auto prefix = name.substr(0, at + 8);
  std::int64_t blocks = 0;
  for (const auto& item : module.named_parameters()) {
    if (item.key().starts_with(prefix) && item.key().ends_with("mlp.out.weight")) ++blocks;
  }
  return blocks;
}

}  // namespace

void initialise(torch::nn::Module& module, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) fill(item.key(), item.value(), seed, blocks_beside(module, item.key()));
}

}  // namespace scar::model
