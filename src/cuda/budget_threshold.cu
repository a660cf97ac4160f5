#include "budget_threshold.h"

#include <cmath>

namespace scar::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kBisections = 50;  // 2^-50 of the starting interval: below the rounding of the sums

struct Sum {
  __device__ static double merge(double a, double b) { return a + b; }
};
struct Least {
  __device__ static double merge(double a, double b) { return fmin(a, b); }
};
struct Greatest {
  __device__ static double merge(double a, double b) { return fmax(a, b); }
};

// Every thread gets the result. The order of the additions is fixed, so equal input gives equal bits.
template <class Operation>
__device__ double reduce_block(double value, double* shared) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value = Operation::merge(value, __shfl_down_sync(0xffffffffu, value, offset));
  }
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
  __syncthreads();
  double result = shared[0];
  for (int warp = 1; warp < kWarps; ++warp) result = Operation::merge(result, shared[warp]);
  __syncthreads();  // the next call writes `shared` again
  return result;
}

template <class Scalar>
__global__ void budget_threshold_kernel(const Scalar* scores, const bool* available, const std::int64_t* count,
                                        double temperature, std::int64_t positions, Scalar* lambda) {
  __shared__ double shared[kWarps];
  const std::int64_t sample = blockIdx.x;
  scores += sample * positions;
  available += sample * positions;

  double present = 0;
  double low = INFINITY;
  double high = -INFINITY;
  for (std::int64_t i = threadIdx.x; i < positions; i += kThreads) {
    if (available[i]) {
      const auto score = static_cast<double>(scores[i]);
      present += 1;
      low = fmin(low, score);
      high = fmax(high, score);
    }
  }
  present = reduce_block<Sum>(present, shared);
  low = reduce_block<Least>(low, shared);
  high = reduce_block<Greatest>(high, shared);

  const auto wanted = static_cast<double>(count[sample]);
  if (wanted <= 0 || wanted >= present) {  // the same in all threads of the block
    if (threadIdx.x == 0) lambda[sample] = static_cast<Scalar>(wanted <= 0 ? INFINITY : -INFINITY);
    return;
  }
  // With all scores equal to low (high) the sum would be exactly `wanted` here, so the solution lies between.
  const double share = wanted / present;
  const double shift = temperature * log(share / (1 - share));
  low -= shift;
  high -= shift;
  for (int step = 0; step < kBisections; ++step) {
    const double middle = 0.5 * (low + high);
    double sum = 0;
    for (std::int64_t i = threadIdx.x; i < positions; i += kThreads) {
      if (available[i]) sum += 1 / (1 + exp((middle - static_cast<double>(scores[i])) / temperature));
    }
    sum = reduce_block<Sum>(sum, shared);
    if (sum > wanted) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (threadIdx.x == 0) lambda[sample] = static_cast<Scalar>(0.5 * (low + high));
}

}  // namespace

template <class Scalar>
cudaError_t launch_budget_threshold(const Scalar* scores, const bool* available, const std::int64_t* count,
                                    double temperature, std::int64_t samples, std::int64_t positions, Scalar* lambda,
                                    cudaStream_t stream) {
  if (samples > 0) {
    budget_threshold_kernel<Scalar><<<static_cast<unsigned>(samples), kThreads, 0, stream>>>(
        scores, available, count, temperature, positions, lambda);
  }
  return cudaGetLastError();
}

template cudaError_t launch_budget_threshold<float>(const float*, const bool*, const std::int64_t*, double,
                                                    std::int64_t, std::int64_t, float*, cudaStream_t);
template cudaError_t launch_budget_threshold<double>(const double*, const bool*, const std::int64_t*, double,
                                                     std::int64_t, std::int64_t, double*, cudaStream_t);

}  // namespace scar::cuda
