#include "scar/data/lead_names.h"

#include <cstddef>

namespace scar::data {

const std::array<const char*, kLeads> kLeadNames = {"I",  "II", "III", "aVR", "aVL", "aVF",
                                                    "V1", "V2", "V3",  "V4",  "V5",  "V6"};

namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }  // no locale

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (upper(a[i]) != upper(b[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<int> lead_index(std::string_view name) {
  for (std::size_t i = 0; i < kLeadNames.size(); ++i) {
    if (same(name, kLeadNames[i])) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace scar::data
