#pragma once

#include <string>
#include <string_view>

/// The little of Unicode that texts need; the only user of utf8proc is unicode.cpp.
namespace scar::text {

/// Throws Error(text_not_utf8) naming `origin` and the offset of the first bad byte.
void check_utf8(std::string_view bytes, std::string_view origin);

/// Code points of bytes that have passed check_utf8.
[[nodiscard]] std::u32string from_utf8(std::string_view utf8);
[[nodiscard]] std::string to_utf8(std::u32string_view text);

[[nodiscard]] char32_t to_lower(char32_t c);  // simple: one code point stays one
bool lower(std::u32string& text);             // true if something changed
bool compose(std::u32string& text);           // to NFC; true if something changed
[[nodiscard]] bool is_letter(char32_t c);

/// Runs of separators and control characters become one blank, none at the ends; true if something changed.
bool collapse_blanks(std::u32string& text);

}  // namespace scar::text
