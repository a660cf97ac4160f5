#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "scar/ingest/data_root.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// The original form of CPSC2018: a MATLAB 5 file, possibly compressed, with a struct ECG whose field `data` is 12 x n in
/// mV, leads in the order I, II, III, aVR, aVL, aVF, V1 to V6, at 500 Hz. Values are rounded to 1 uV (of the smallest step
/// that holds the largest value); NaN and infinities are missing. Sizes are checked before memory is taken. Errors:
/// data_missing, data_unreadable, link_leaves_root, mat_invalid.
[[nodiscard]] EcgSamples read_mat_ecg(const DataRoot& root, const std::filesystem::path& path);
/// The same of the bytes of a file; `origin` names it in messages.
[[nodiscard]] EcgSamples parse_mat_ecg(std::string_view bytes, const std::string& origin);

}  // namespace scar::ingest
