// Registers the CUDA kernels of the operators that src/tensor/operators.cpp declares. Loading this library also loads
// libtorch_cuda, and that is what makes LibTorch see the devices.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

#include "budget_threshold.h"

namespace scar::cuda {
namespace {

at::Tensor budget_threshold(const at::Tensor& scores, const at::Tensor& available, const at::Tensor& count,
                            double temperature) {
  TORCH_CHECK(scores.dim() == 2, "budget_threshold: scores must be [samples, positions], is ", scores.sizes());
  TORCH_CHECK(available.sizes() == scores.sizes() && available.scalar_type() == at::kBool,
              "budget_threshold: available must be bool ", scores.sizes(), ", is ", available.scalar_type(), " ",
              available.sizes());
  TORCH_CHECK(count.dim() == 1 && count.size(0) == scores.size(0) && count.scalar_type() == at::kLong,
              "budget_threshold: count must be int64 [", scores.size(0), "], is ", count.scalar_type(), " ",
              count.sizes());
  TORCH_CHECK(available.device() == scores.device() && count.device() == scores.device(),
              "budget_threshold: scores, available and count must be on one device");
  TORCH_CHECK(temperature > 0, "budget_threshold: temperature must be above 0, is ", temperature);

  const c10::cuda::CUDAGuard guard(scores.device());
  const auto s = scores.contiguous();
  const auto a = available.contiguous();
  const auto k = count.contiguous();
  auto lambda = at::empty({s.size(0)}, s.options());
  const auto stream = c10::cuda::getCurrentCUDAStream();
  if (s.scalar_type() == at::kFloat) {
    C10_CUDA_CHECK(launch_budget_threshold<float>(s.const_data_ptr<float>(), a.const_data_ptr<bool>(),
                                                  k.const_data_ptr<std::int64_t>(), temperature, s.size(0), s.size(1),
                                                  lambda.mutable_data_ptr<float>(), stream));
  } else {
    TORCH_CHECK(s.scalar_type() == at::kDouble, "budget_threshold: scores must be float or double, are ",
                s.scalar_type());
    C10_CUDA_CHECK(launch_budget_threshold<double>(s.const_data_ptr<double>(), a.const_data_ptr<bool>(),
                                                   k.const_data_ptr<std::int64_t>(), temperature, s.size(0), s.size(1),
                                                   lambda.mutable_data_ptr<double>(), stream));
  }
  return lambda;
}

}  // namespace
}  // namespace scar::cuda

TORCH_LIBRARY_IMPL(scar, CUDA, library) { library.impl("budget_threshold", &scar::cuda::budget_threshold); }
