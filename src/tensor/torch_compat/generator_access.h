#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

namespace scar::tensor::compat {

/// LibTorch's default generator of a device; CUDA through the hooks that the plug-in brings.
[[nodiscard]] at::Generator default_generator(c10::Device device);
[[nodiscard]] at::Generator new_cpu_generator(std::uint64_t seed);

}  // namespace scar::tensor::compat
