#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace scar::tensor::compat {

/// Autocasting of one device kind on this thread.
struct AutocastState {
  bool on = false;
  bool caching = true;  // of the whole thread
  c10::ScalarType dtype = c10::ScalarType::BFloat16;
};
[[nodiscard]] AutocastState autocast_state(c10::DeviceType type);
void set_autocast_state(c10::DeviceType type, AutocastState state);

/// The casts of weights live until the outermost level ends.
void enter_autocast();
void leave_autocast();

}  // namespace scar::tensor::compat
