#include "scar/report/markup.h"

#include <cstddef>

#include "scar/core/utf8.h"

namespace scar::report {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Well-formed UTF-8 that XML 1.0 does not take all the same: control characters, U+FFFE and U+FFFF.
bool is_refused_by_xml(std::string_view character) {
  if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") return true;
  const auto byte = static_cast<unsigned char>(character[0]);
  return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_sequence_length(text, at);
    const auto character = text.substr(at, length == 0 ? 1 : length);
    at += character.size();
    if (length == 0 || is_refused_by_xml(character))
      out += kReplacement;
    else if (character == "&")
      out += "&amp;";
    else if (character == "<")
      out += "&lt;";
    else if (character == ">")
      out += "&gt;";
    else if (character == "\"")
      out += "&quot;";
    else if (character == "'")
      out += "&#39;";
    else
      out += character;
  }
  return out;
}

}  // namespace scar::report
