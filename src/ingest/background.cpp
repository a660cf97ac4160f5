#include "background.h"

#include <algorithm>
#include <cmath>

#include "strict_text.h"

namespace scar::ingest {

std::string parse_sex(std::string_view text) {
  std::string lower(trimmed(text));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower == "f" || lower == "female") return "female";
  if (lower == "m" || lower == "male") return "male";
  return "";
}

int parse_age(std::string_view text) {
  const auto years = parse_number<double>(trimmed(text));
  if (!years || !(*years >= 0) || !(*years <= 300)) return -1;
  return std::min(data::kOldestAge, static_cast<int>(std::floor(*years)));
}

std::string single_spaced(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    if (c != ' ' || out.back() != ' ') out += c;
  }
  return out;
}

data::Background background_of(const HeaderComments& comments) {
  data::Background out;
  out.sex = parse_sex(comments.of("Sex"));
  out.age = parse_age(comments.of("Age"));
  return out;
}

}  // namespace scar::ingest
