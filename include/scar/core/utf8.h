#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace scar {

/// Bytes of the well-formed UTF-8 sequence that starts at `at` < text.size(), 1 to 4; 0 if none starts there.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text, std::size_t at);

/// Position of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates,
/// at most U+10FFFF). NUL is a character like any other here.
[[nodiscard]] std::optional<std::size_t> first_invalid_utf8(std::string_view text);
[[nodiscard]] inline bool is_utf8(std::string_view text) { return !first_invalid_utf8(text).has_value(); }

}  // namespace scar
