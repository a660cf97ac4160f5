#pragma once

#include <string>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace scar::tensor {

enum class Precision { fp32, bf16 };

/// "fp32", "bf16" or "auto": bf16 on CUDA and on CPUs that multiply bf16 faster (AMX; AVX512-BF16 but for Intel's), else fp32.
/// Throws Error(usage) for another name.
[[nodiscard]] Precision resolve_precision(const std::string& name, c10::Device device);
[[nodiscard]] const char* precision_name(Precision precision);
/// True if the CPU multiplies bf16 faster than fp32.
[[nodiscard]] bool cpu_has_fast_bf16();

/// While it lives, matrix products of this thread on this device kind run in bf16 (fp32: nothing changes, and a guard
/// further out is switched off). Restores what was before. Thread-local: other threads do not inherit it.
/// Casts of weights are cached until the outermost guard ends, so no guard may outlive an optimizer step. A guard made
/// while gradients are off neither fills nor reads that cache: a cast made then has no way back to its weight, and a
/// later pass that found it would get no gradient. So inside a NoGradGuard always make a guard of its own.
class Autocast {
 public:
  Autocast(c10::Device device, Precision precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType type_;
  bool was_on_, was_caching_;
  c10::ScalarType dtype_;
};

}  // namespace scar::tensor
