#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace scar::tensor {

/// State of the default generator of a device (dropout is all that draws from it) as a uint8 tensor on the CPU, for
/// checkpoints. A state set again continues with the same numbers. Throws Error(checkpoint_corrupt) if it does not fit.
[[nodiscard]] at::Tensor generator_state(c10::Device device);
void set_generator_state(c10::Device device, const at::Tensor& state);
/// Seeds the default generators of the CPU and of `device`.
void seed_generators(std::uint64_t seed, c10::Device device);
/// A generator of its own on the CPU, for initialisation.
[[nodiscard]] at::Generator make_cpu_generator(std::uint64_t seed);

}  // namespace scar::tensor
