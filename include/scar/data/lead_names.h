#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace scar::data {

/// Every record has twelve rows in this order; a lead that was not recorded is a row of missing samples.
constexpr int kLeads = 12;
extern const std::array<const char*, kLeads> kLeadNames;  // I II III aVR aVL aVF V1 .. V6

/// Row of a lead by its name, in any case ("AVR", "avr" and "aVR" are one lead); nothing if there is no such lead.
[[nodiscard]] std::optional<int> lead_index(std::string_view name);

}  // namespace scar::data
