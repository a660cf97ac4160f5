#include "torch_compat/generator_access.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "torch_compat/version_check.h"

namespace scar::tensor::compat {

at::Generator default_generator(c10::Device device) {
  return device.is_cpu() ? at::detail::getDefaultCPUGenerator() : at::globalContext().defaultGenerator(device);
}

at::Generator new_cpu_generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

}  // namespace scar::tensor::compat
