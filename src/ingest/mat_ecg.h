#pragma once

#include <filesystem>

#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// The original form of CPSC2018: a MATLAB 5 file, possibly compressed, with a struct ECG whose field `data` is 12 x n in
/// mV, leads in the order I, II, III, aVR, aVL, aVF, V1 to V6, at 500 Hz. Values are rounded to 1 uV (of the smallest step
/// that holds the largest value); NaN and infinities are missing. Sizes are checked before memory is taken. Errors:
/// data_missing, data_unreadable, mat_invalid.
[[nodiscard]] EcgSamples read_mat_ecg(const std::filesystem::path& path);

}  // namespace scar::ingest
