#include "scar/tensor/generator.h"

#include <mutex>

#include <ATen/Context.h>
#include <c10/util/Exception.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "torch_compat/generator_access.h"

namespace scar::tensor {

at::Tensor generator_state(c10::Device device) {
  auto generator = compat::default_generator(device);
  const std::scoped_lock lock(generator.mutex());
  return generator.get_state().clone();
}

void set_generator_state(c10::Device device, const at::Tensor& state) {
  auto generator = compat::default_generator(device);
  const std::scoped_lock lock(generator.mutex());
  try {
    generator.set_state(state);
  } catch (const c10::Error& error) {
    throw Error(Code::checkpoint_corrupt, cat("state of the random generator of ", device.str(), " does not fit"))
        .got(error.what_without_backtrace());
  }
}

void seed_generators(std::uint64_t seed, c10::Device device) {
  for (const auto& each : {c10::Device(c10::kCPU), device}) {
    auto generator = compat::default_generator(each);
    const std::scoped_lock lock(generator.mutex());
    generator.set_current_seed(seed);
  }
}

at::Generator make_cpu_generator(std::uint64_t seed) { return compat::new_cpu_generator(seed); }

}  // namespace scar::tensor
