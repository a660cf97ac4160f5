#include "ecg_stem.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>

namespace scar::model {

namespace {

constexpr std::int64_t kFirstKernel = 8, kFirstPadding = 3, kKernel = 4, kStride = 2;
constexpr double kSilence = 0.01;   // mV; keeps the logarithm of a flat patch finite

std::int64_t halved(std::int64_t length) { return (length + 1) / 2; }

/// x [R, n, c] -> [R, halved(n), out]: kernel 4, stride 2. Samples are taken in pairs: position j sees the pairs j and
/// j + 1, so one product of all pairs with both halves of the kernel holds every term, and nothing is copied around.
at::Tensor convolve_pairs(const at::Tensor& x, const PatchConvolution& layer) {
  const auto even = x.size(1) % 2 == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, 1});
  const auto pairs = even.size(1) / 2, in = x.size(2), out = layer.weight.size(0);
  // [out, in, 4] -> [first half: out; second half: out] x [2 in]
  const auto weight = layer.weight.view({out, in, 2, kStride}).permute({2, 0, 3, 1}).reshape({2 * out, kStride * in});
  const auto terms = at::linear(even.reshape({x.size(0), pairs, kStride * in}), weight);
  const auto here = terms.narrow(2, 0, out), next = terms.narrow(2, out, out).narrow(1, 1, pairs - 1);
  return here + at::constant_pad_nd(next, {0, 0, 0, 1}) + layer.bias.to(terms.scalar_type());
}

}  // namespace

PatchConvolution::PatchConvolution(std::int64_t in, std::int64_t out, std::int64_t kernel) {
  weight = register_parameter("weight", at::empty({out, in, kernel}));
  bias = register_parameter("bias", at::empty({out}));
}

EcgStem::EcgStem(const std::string& kind, std::int64_t patch_samples, std::int64_t channels, std::int64_t width) {
  if (kind == "conv") {
    conv1_ = register_module("conv1", std::make_shared<PatchConvolution>(1, channels, kFirstKernel));
    conv2_ = register_module("conv2", std::make_shared<PatchConvolution>(channels, 2 * channels, kKernel));
    conv3_ = register_module("conv3", std::make_shared<PatchConvolution>(2 * channels, 2 * channels, kKernel));
    out_ = register_module("out", std::make_shared<Linear>(halved(halved(halved(patch_samples))) * 2 * channels, width));
  } else {
    TORCH_CHECK(kind == "linear", "unknown stem ", kind);
    out_ = register_module("out", std::make_shared<Linear>(patch_samples, width));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(width));
  amplitude_ = register_module("amplitude", std::make_shared<Linear>(3, width));
}

at::Tensor EcgStem::convolve(const at::Tensor& patches) const {
  const auto positions = halved(patches.size(1));
  const auto behind = (positions - 1) * kStride + kFirstKernel - kFirstPadding - patches.size(1);
  const auto windows = at::constant_pad_nd(patches, {kFirstPadding, behind}).unfold(1, kFirstKernel, kStride);
  auto x = at::gelu(at::linear(windows, conv1_->weight.squeeze(1), conv1_->bias));   // [R, positions, C]
  for (const auto& layer : {conv2_, conv3_}) x = at::gelu(convolve_pairs(x, *layer));
  return x.flatten(1);
}

at::Tensor EcgStem::forward(const at::Tensor& patches) const {
  const auto shape = norm_->forward(at_least_float(out_->forward(conv1_ ? convolve(patches) : patches)));
  const FullPrecision full(patches);   // a bf16 logarithm would be 2 % off
  const auto amplitude = at::stack({(patches.square().mean(1).sqrt() + kSilence).log(), patches.mean(1),
                                    patches.amax(1) - patches.amin(1)}, 1);
  return shape + amplitude_->forward(amplitude);
}

}  // namespace scar::model
