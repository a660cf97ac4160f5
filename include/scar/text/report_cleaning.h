#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scar/core/fields.h"

namespace scar::text {

/// What report cleaning does, in the order in which it is done. The names are those of cleaning_rules().
enum class CleaningRule : std::uint8_t {
  lower_case,          // Unicode simple lower case: "Ä" becomes "ä", "ß" stays
  unicode_nfc,         // composed form: "a" + U+0308 becomes "ä"
  whitespace,          // a run of blanks, line ends and control characters becomes one blank; none at the ends
  edit_note,           // "... edit: norm 100, (norm 100)": label codes that editors appended to the report
  unconfirmed_ending,  // "... 4.46 unbestätigter bericht": the recorder software's version and its status line, also
                       // where the recorder cut it off at 255 characters
  no_content,          // the whole text is "trace only requested.": nothing is said about the ECG
};
inline constexpr std::size_t kCleaningRules = 6;

struct CleaningRuleInfo {
  CleaningRule rule;
  std::string name;         // as in manifests: "unconfirmed_ending"
  std::string description;  // one sentence
};

/// All rules in order of application.
[[nodiscard]] const std::vector<CleaningRuleInfo>& cleaning_rules();

struct CleaningOptions {
  bool lower_case = true;   // PTB-XL's texts are lower case except where the source's lower-casing stopped at ASCII
  bool boilerplate = true;  // edit_note, unconfirmed_ending, no_content; off keeps every word
};

template <class Visitor>
void visit_fields(CleaningOptions& o, Visitor&& visit) {
  visit("lower_case", o.lower_case, Any{}, "reports and prompts in lower case");
  visit("boilerplate", o.boilerplate, Any{},
        "remove software boilerplate, editors' label notes and texts without content");
}

struct CleanedReport {
  std::string text;         // "" if nothing is left
  std::uint32_t fired = 0;  // bit r is set if rule r changed the text

  [[nodiscard]] bool fired_rule(CleaningRule rule) const { return (fired >> static_cast<unsigned>(rule)) & 1U; }
};

/// Applies the rules to one report. The result is the same when it is cleaned again. Pure; safe from several threads.
/// Throws Error(text_not_utf8) with the byte offset for anything but strict UTF-8 without NUL; `origin` names the text
/// in that message ("ptbxl_database.csv, record 17").
[[nodiscard]] CleanedReport clean(std::string_view raw, const CleaningOptions& options = {},
                                  std::string_view origin = "report");
[[nodiscard]] std::string clean_report(std::string_view raw, const CleaningOptions& options = {});

/// True if a cleaned text says something about the ECG, i.e. holds a letter. Records without content are left out of
/// pretraining and listed.
[[nodiscard]] bool has_content(std::string_view cleaned);

/// The form in which reports and prompts reach a vocabulary: NFC, one blank between words, and lower case if asked; no
/// rule that removes words. Same errors as clean().
[[nodiscard]] std::string normalise(std::string_view raw, bool lower_case, std::string_view origin = "text");

/// Offset of the first byte that is not strict UTF-8 (overlong forms, surrogates, above U+10FFFF, NUL), or npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view bytes);

}  // namespace scar::text
