#include "scar/ingest/recipes/report_language.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace scar::ingest {

namespace {

// Words that two of the languages share (normal, infarkt, block, sinus, ekg) stand in none.
constexpr std::string_view kGerman[] = {"abnorm",
                                        "abnormales",
                                        "abnormes",
                                        "ableitungen",
                                        "alt",
                                        "alter",
                                        "arrhythmie",
                                        "auf",
                                        "bericht",
                                        "bis",
                                        "ein",
                                        "extrasystole(n)",
                                        "fehlende",
                                        "flache",
                                        "für",
                                        "grades",
                                        "grenzbefund",
                                        "hyperkaliämie",
                                        "kein",
                                        "keine",
                                        "lagetyp",
                                        "langsame",
                                        "linkslagetyp",
                                        "linksschenkelblock",
                                        "linkstyp",
                                        "llt",
                                        "mangelhafte",
                                        "mit",
                                        "mlt",
                                        "möglich",
                                        "nicht",
                                        "niederspannung",
                                        "normales",
                                        "oder",
                                        "path",
                                        "pathologisches",
                                        "rechts",
                                        "rechtsschenkelblock",
                                        "rechtstyp",
                                        "ruhe-ekg",
                                        "schrittmacher",
                                        "sinusarrhythmie",
                                        "sinusbradykardie",
                                        "sinusrhythmus",
                                        "sinustachykardie",
                                        "sonst",
                                        "steiltyp",
                                        "tachykardie",
                                        "tiefes",
                                        "unbestätigter",
                                        "und",
                                        "unspezifische",
                                        "unspezifisches",
                                        "verdacht",
                                        "vollständiger",
                                        "vorhofflattern",
                                        "vorhofflimmern",
                                        "vorhofflimmern/-flattern",
                                        "wahrscheinlich",
                                        "zum",
                                        "zur"};
constexpr std::string_view kEnglish[] = {
    "and",         "are",          "arrhythmia", "atrial",    "be",        "complexes",    "consistent",
    "contraction", "contractions", "depression", "due",       "ecg",       "fibrillation", "interval",
    "is",          "left",         "may",        "minor",     "no",        "non-specific", "nonspecific",
    "of",          "old",          "only",       "or",        "otherwise", "pacemaker",    "pacing",
    "possible",    "premature",    "probable",   "prolonged", "requested", "rhythm",       "right",
    "tachycardia", "the",          "this",       "to",        "trace",     "wave",         "waves",
    "with"};
constexpr std::string_view kSwedish[] = {"avvikande",
                                         "bör",
                                         "eller",
                                         "el-axel",
                                         "ej",
                                         "extrasystoli(er)",
                                         "extraslag",
                                         "förlopp",
                                         "förmaksflimmer",
                                         "förmaksflimmer/-fladder",
                                         "högersidigt",
                                         "höger",
                                         "med",
                                         "misstanke",
                                         "myokardskada",
                                         "normalt",
                                         "och",
                                         "pacemakerrytm",
                                         "på",
                                         "rytm",
                                         "samt",
                                         "sannolikt",
                                         "sinusbradykardi",
                                         "sinusrytm",
                                         "sinustachykardi",
                                         "sinustakykardi",
                                         "skänkelblock",
                                         "såsom",
                                         "uttalad",
                                         "vid",
                                         "vänster",
                                         "vänstersidigt",
                                         "äldre"};

// ASCII letters, and the capital letters of Latin-1, whose small ones are 0x20 higher in the second byte.
std::string lower_case(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] + 0x20);
    const auto second = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (out[i] == '\xC3' && second >= 0x80 && second <= 0x9E && second != 0x97)
      out[i + 1] = static_cast<char>(second + 0x20);
  }
  return out;
}

std::string_view word_alone(std::string_view word) {
  constexpr std::string_view kMarks = ".,;!";
  while (!word.empty() && kMarks.find(word.front()) != std::string_view::npos) word.remove_prefix(1);
  while (!word.empty() && kMarks.find(word.back()) != std::string_view::npos) word.remove_suffix(1);
  return word;
}

template <std::size_t n>
bool contains(const std::string_view (&list)[n], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool has_letter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace

std::string detect_language(std::string_view report) {
  const std::string text = lower_case(report);
  if (!has_letter(text)) return "";
  std::array<int, 3> hits{};
  constexpr std::string_view kBlanks = " \t\r\n";
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    const auto word = word_alone(std::string_view(text).substr(at, end - at));
    hits[0] += contains(kGerman, word) ? 1 : 0;
    hits[1] += contains(kEnglish, word) ? 1 : 0;
    hits[2] += contains(kSwedish, word) ? 1 : 0;
    at = text.find_first_not_of(kBlanks, end);
  }
  const auto most = std::max_element(hits.begin(), hits.end());
  if (*most == 0 || std::count(hits.begin(), hits.end(), *most) > 1) return "other";
  constexpr const char* kNames[] = {"de", "en", "sv"};
  return kNames[most - hits.begin()];
}

std::string recorder_family(std::string_view device) {
  const auto starts = [&](std::string_view name) {
    return device.starts_with(name) && (device.size() == name.size() || device[name.size()] == ' ');
  };
  if (starts("CS100") || starts("CS-12") || starts("AT-60")) return "CS/AT-60";
  if (starts("AT-6")) return "AT-6";
  return "";
}

}  // namespace scar::ingest
