#pragma once

#include <string>
#include <string_view>

namespace scar::ingest {

/// "de", "en" or "sv" by counting words that only one of these languages uses in ECG reports (the lists are in
/// report_language.cpp); the language with most hits wins. "other" without a hit or with a tie. On folds 1-9 of PTB-XL
/// that leaves fewer than 1 in 500 reports; a text without a letter is "". No claim for texts of another origin.
[[nodiscard]] std::string detect_language(std::string_view report);

/// Family of a PTB-XL recorder by its `device` column: "CS/AT-60" (CS100, CS-12, AT-60) or "AT-6" (AT-6 in all
/// versions);
/// "" for any other. The two families differ in filters and in the language of their reports, so results are given for
/// each.
[[nodiscard]] std::string recorder_family(std::string_view device);

}  // namespace scar::ingest
