#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace scar::ingest {

/// The whole text as a number of type T, or nothing. A leading '+' is accepted; NaN and infinities are not numbers.
template <class T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  T value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

[[nodiscard]] std::string_view trimmed(std::string_view text);  // without spaces and tabs at both ends

/// A text as it may stand in a message: printable, and not longer than a line.
[[nodiscard]] std::string shown(std::string_view text, std::size_t longest = 60);

}  // namespace scar::ingest
