#include "scar/tensor/operators.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

namespace scar::tensor {

namespace {

/// sum of sigmoid((score - lambda) / temperature) over the available
template <class Scalar>
double removed(const Scalar* scores, const bool* available, std::int64_t size, double lambda, double temperature) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    if (available[i]) sum += 1 / (1 + std::exp((lambda - static_cast<double>(scores[i])) / temperature));
  }
  return sum;
}

template <class Scalar>
double threshold(const Scalar* scores, const bool* available, std::int64_t size, std::int64_t count,
                 double temperature) {
  std::int64_t present = 0;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::int64_t i = 0; i < size; ++i) {
    if (!available[i]) continue;
    ++present;
    low = std::min(low, static_cast<double>(scores[i]));
    high = std::max(high, static_cast<double>(scores[i]));
  }
  if (count <= 0) return std::numeric_limits<double>::infinity();
  if (count >= present) return -std::numeric_limits<double>::infinity();
  // If all scores were equal to s, lambda would be s - temperature * logit(count / present).
  const double shift = temperature * std::log(static_cast<double>(count) / static_cast<double>(present - count));
  low -= shift;
  high -= shift;
  for (int round = 0; round < 50; ++round) {
    const double middle = low + (high - low) / 2;
    (removed(scores, available, size, middle, temperature) > static_cast<double>(count) ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

at::Tensor budget_threshold_cpu(const at::Tensor& scores, const at::Tensor& available, const at::Tensor& count,
                                double temperature) {
  TORCH_CHECK(scores.dim() == 2, "budget_threshold: scores must be [samples, positions], is ", scores.sizes());
  TORCH_CHECK(available.sizes() == scores.sizes() && available.scalar_type() == at::kBool,
              "budget_threshold: available must be bool ", scores.sizes(), ", is ", available.scalar_type(), " ",
              available.sizes());
  TORCH_CHECK(count.dim() == 1 && count.size(0) == scores.size(0) && count.scalar_type() == at::kLong,
              "budget_threshold: count must be int64 [", scores.size(0), "], is ", count.scalar_type(), " ",
              count.sizes());
  TORCH_CHECK(temperature > 0, "budget_threshold: temperature must be above 0, is ", temperature);
  const auto s = scores.contiguous();
  const auto a = available.contiguous();
  const auto k = count.contiguous();
  const auto size = s.size(1);
  auto lambda = at::empty({s.size(0)}, s.options());
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "budget_threshold", [&] {
    const auto* score = s.const_data_ptr<scalar_t>();
    const auto* present = a.const_data_ptr<bool>();
    const auto* wanted = k.const_data_ptr<std::int64_t>();
    auto* out = lambda.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, s.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
      for (auto b = begin; b < end; ++b) {
        out[b] = static_cast<scalar_t>(threshold(score + b * size, present + b * size, size, wanted[b], temperature));
      }
    });
  });
  return lambda;
}

}  // namespace

TORCH_LIBRARY(scar, library) {
  library.def("budget_threshold(Tensor scores, Tensor available, Tensor count, float temperature) -> Tensor");
}
TORCH_LIBRARY_IMPL(scar, CPU, library) { library.impl("budget_threshold", &budget_threshold_cpu); }

at::Tensor budget_threshold(const at::Tensor& scores, const at::Tensor& available, const at::Tensor& count,
                            double temperature) {
  static const auto handle = c10::Dispatcher::singleton()
                                 .findSchemaOrThrow("scar::budget_threshold", "")
                                 .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, double)>();
  return handle.call(scores, available, count, temperature);
}

}  // namespace scar::tensor
