#include "torch_compat/autocast_state.h"

#include <ATen/autocast_mode.h>

#include "torch_compat/version_check.h"

namespace scar::tensor::compat {

AutocastState autocast_state(c10::DeviceType type) {
  return {at::autocast::is_autocast_enabled(type), at::autocast::is_autocast_cache_enabled(),
          at::autocast::get_autocast_dtype(type)};
}

void set_autocast_state(c10::DeviceType type, AutocastState state) {
  at::autocast::set_autocast_dtype(type, state.dtype);
  at::autocast::set_autocast_enabled(type, state.on);
  at::autocast::set_autocast_cache_enabled(state.caching);
}

void enter_autocast() { at::autocast::increment_nesting(); }

void leave_autocast() {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

}  // namespace scar::tensor::compat
