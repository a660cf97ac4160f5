#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace scar::cuda {

/// Starts the kernel of scar::budget_threshold on `stream`, one block per sample. All pointers are device memory,
/// contiguous: scores [samples, positions], available [samples, positions], count [samples], lambda [samples].
/// The meaning is that of include/scar/tensor/operators.h. Raw pointers, so that nvcc reads no LibTorch header.
template <class Scalar>
cudaError_t launch_budget_threshold(const Scalar* scores, const bool* available, const std::int64_t* count,
                                    double temperature, std::int64_t samples, std::int64_t positions, Scalar* lambda,
                                    cudaStream_t stream);

}  // namespace scar::cuda
