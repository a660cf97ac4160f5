#include "scar/tensor/autocast.h"

#include <ATen/core/grad_mode.h>
#include <ATen/cpu/Utils.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "torch_compat/autocast_state.h"

namespace scar::tensor {

bool cpu_has_fast_bf16() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16") == 0) return false;  // every processor with AMX has it too
  // Intel's cores multiply bf16 faster in AMX alone, which some virtual machines hide: without it a training step in bf16
  // takes a third longer than in fp32.
  return __builtin_cpu_is("intel") == 0 || at::cpu::init_amx();
#else
  return false;
#endif
}

Precision resolve_precision(const std::string& name, c10::Device device) {
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  if (name == "auto") return device.is_cuda() || cpu_has_fast_bf16() ? Precision::bf16 : Precision::fp32;
  throw Error(Code::usage, cat("unknown precision '", name, "'")).wanted("auto, fp32 or bf16");
}

const char* precision_name(Precision precision) { return precision == Precision::bf16 ? "bf16" : "fp32"; }

Autocast::Autocast(c10::Device device, Precision precision) : type_(device.type()) {
  const auto before = compat::autocast_state(type_);
  was_on_ = before.on;
  dtype_ = before.dtype;
  was_caching_ = before.caching;
  compat::enter_autocast();
  compat::set_autocast_state(
      type_, {precision == Precision::bf16, was_caching_ && at::GradMode::is_enabled(), c10::ScalarType::BFloat16});
}

Autocast::~Autocast() {
  compat::leave_autocast();
  compat::set_autocast_state(type_, {was_on_, was_caching_, dtype_});
}

}  // namespace scar::tensor
