#pragma once

#include <cstdint>
#include <string>

#include "scar/core/json.h"
#include "scar/data/store/store_format.h"

namespace scar::data {

/// What was made of every signal of a store, so that another record can be brought to the same form. A run remembers it
/// of its training data (run.json, `signal`).
struct SignalForm {
  double rate_hz = 0;
  std::int64_t samples = 0;               // T, per lead
  double high_pass_hz = 0, notch_hz = 0;  // 0: no such filter
  bool derive_leads = false;

  [[nodiscard]] double seconds() const { return static_cast<double>(samples) / rate_hz; }
  [[nodiscard]] bool operator==(const SignalForm&) const = default;
};

[[nodiscard]] SignalForm signal_form(const StoreInfo& info);

[[nodiscard]] Json to_json(const SignalForm& form);
/// Error manifest_invalid at `where` for anything that to_json() does not write.
[[nodiscard]] SignalForm parse_signal_form(const Json& json, const std::string& where);

}  // namespace scar::data
