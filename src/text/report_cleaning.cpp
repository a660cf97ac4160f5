#include "scar/text/report_cleaning.h"

#include <algorithm>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "unicode.h"

namespace scar::text {

namespace {

constexpr std::size_t kRecorderLimit = 255;  // characters that the recorders' report field holds
constexpr std::u32string_view kEditNote = U"edit:";
constexpr std::u32string_view kVersion = U"4.46";
constexpr std::u32string_view kStatusLine = U"unbestätigter bericht";

/// Compared letter by letter without case: the rules must fire whether or not the text is lowered.
bool equals_without_case(std::u32string_view text, std::u32string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char32_t a, char32_t b) { return to_lower(a) == b; });
}

bool starts_without_case(std::u32string_view text, std::u32string_view lower) {
  return text.size() >= lower.size() && equals_without_case(text.substr(0, lower.size()), lower);
}

void trim_end(std::u32string& text) {
  while (!text.empty() && text.back() == U' ') text.pop_back();
}

bool strip_edit_note(std::u32string& text) {
  for (std::size_t i = 0; i + kEditNote.size() <= text.size(); ++i) {
    const bool starts_word = i == 0 || text[i - 1] == U' ';
    if (starts_word && starts_without_case(std::u32string_view(text).substr(i), kEditNote)) {
      text.resize(i);
      trim_end(text);
      return true;
    }
  }
  return false;
}

/// Removes "4.46", or "4.46 " and a beginning of the status line, at the end. Of a text that the recorder cut off, a
/// beginning of "4.46" as the last word goes too.
bool strip_unconfirmed_ending(std::u32string& text, bool cut_off) {
  const std::u32string_view view = text;
  std::size_t start = view.rfind(kVersion);
  if (start != std::u32string_view::npos && (start == 0 || view[start - 1] == U' ')) {
    auto rest = view.substr(start + kVersion.size());
    if (!rest.empty() && rest.front() == U' ') {
      rest.remove_prefix(1);
      if (rest.size() > kStatusLine.size() || !equals_without_case(rest, kStatusLine.substr(0, rest.size())))
        return false;
    } else if (!rest.empty()) {
      return false;
    }
  } else {
    if (!cut_off) return false;
    start = view.rfind(U' ');
    if (start == std::u32string_view::npos) return false;
    const auto last = view.substr(++start);
    if (last.empty() || last.size() >= kVersion.size() || last != kVersion.substr(0, last.size())) return false;
  }
  text.resize(start);
  trim_end(text);
  return true;
}

bool is_without_content(std::u32string_view text) {
  while (!text.empty() && text.back() == U'.') text.remove_suffix(1);
  return equals_without_case(text, U"trace only requested") || equals_without_case(text, U"trace only");
}

}  // namespace

const std::vector<CleaningRuleInfo>& cleaning_rules() {
  static const std::vector<CleaningRuleInfo> rules = {
      {CleaningRule::lower_case, "lower_case", "letters become lower case, umlauts too"},
      {CleaningRule::unicode_nfc, "unicode_nfc", "letters and their marks are composed (NFC)"},
      {CleaningRule::whitespace, "whitespace", "runs of blanks, line ends and control characters become one blank"},
      {CleaningRule::edit_note, "edit_note", "label codes that editors appended after 'edit:' are removed"},
      {CleaningRule::unconfirmed_ending, "unconfirmed_ending",
       "the recorder software's ending '4.46 unbestätigter bericht', whole or cut off, is removed"},
      {CleaningRule::no_content, "no_content", "a report that only says 'trace only requested' becomes empty"},
  };
  return rules;
}

CleanedReport clean(std::string_view raw, const CleaningOptions& options, std::string_view origin) {
  CleanedReport result;
  const auto fire = [&result](CleaningRule rule, bool fired) {
    if (fired) result.fired |= 1U << static_cast<unsigned>(rule);
  };
  check_utf8(raw, origin);
  std::u32string text = from_utf8(raw);
  const bool cut_off = text.size() == kRecorderLimit;
  if (options.lower_case) fire(CleaningRule::lower_case, lower(text));
  fire(CleaningRule::unicode_nfc, compose(text));  // after lowering, which can leave a letter and a mark that compose
  fire(CleaningRule::whitespace, collapse_blanks(text));
  if (options.boilerplate) {
    fire(CleaningRule::edit_note, strip_edit_note(text));
    bool stripped = strip_unconfirmed_ending(text, cut_off);
    fire(CleaningRule::unconfirmed_ending, stripped);
    while (stripped) stripped = strip_unconfirmed_ending(text, false);
    if (is_without_content(text)) {
      fire(CleaningRule::no_content, true);
      text.clear();
    }
  }
  result.text = to_utf8(text);
  return result;
}

std::string clean_report(std::string_view raw, const CleaningOptions& options) { return clean(raw, options).text; }

bool has_content(std::string_view cleaned) {
  check_utf8(cleaned, "report");
  const auto text = from_utf8(cleaned);
  return std::any_of(text.begin(), text.end(), is_letter);
}

std::string normalise(std::string_view raw, bool lower_case, std::string_view origin) {
  check_utf8(raw, origin);
  std::u32string text = from_utf8(raw);
  if (lower_case) lower(text);
  compose(text);
  collapse_blanks(text);
  return to_utf8(text);
}

}  // namespace scar::text
