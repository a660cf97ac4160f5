#include "unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/utf8.h"
#include "scar/text/report_cleaning.h"

namespace scar::text {

namespace {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

bool is_blank(char32_t c) {
  if (c < 0x80) return c <= 0x20 || c == 0x7F;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
      return true;
    default:
      return c == 0xFEFF;  // a byte order mark
  }
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view bytes) {
  return std::min(first_invalid_utf8(bytes).value_or(std::string_view::npos), bytes.find('\0'));
}

void check_utf8(std::string_view bytes, std::string_view origin) {
  const auto bad = find_invalid_utf8(bytes);
  if (bad == std::string_view::npos) return;
  throw Error(Code::text_not_utf8, "text is not UTF-8")
      .at(std::string(origin))
      .got(cat("byte ", static_cast<int>(static_cast<unsigned char>(bytes[bad])), " at offset ", bad))
      .wanted("UTF-8 without NUL bytes")
      .hint("if the file is Latin-1, convert it first: iconv -f LATIN1 -t UTF-8");
}

std::u32string from_utf8(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) c = (c << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    out.push_back(c);
    i += length;
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }
  return out;
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

bool lower(std::u32string& text) {
  bool changed = false;
  for (auto& c : text) {
    const auto lowered = to_lower(c);
    changed = changed || lowered != c;
    c = lowered;
  }
  return changed;
}

bool compose(std::u32string& text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; })) return false;
  const std::string utf8 = to_utf8(text);
  utf8proc_uint8_t* memory = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()), static_cast<utf8proc_ssize_t>(utf8.size()),
                   &memory, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, FreeMemory> owner(memory);
  if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (length < 0) throw Error(Code::internal, cat("utf8proc: ", utf8proc_errmsg(length)));
  const std::string_view composed(reinterpret_cast<const char*>(memory), static_cast<std::size_t>(length));
  if (composed == utf8) return false;
  text = from_utf8(composed);
  return true;
}

bool is_letter(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool collapse_blanks(std::u32string& text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (!is_blank(c)) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != U' ') {
      out.push_back(U' ');
    }
  }
  if (!out.empty() && out.back() == U' ') out.pop_back();
  const bool changed = out != text;
  text = std::move(out);
  return changed;
}

}  // namespace scar::text
