#pragma once

#include <cstdint>

#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

constexpr std::int64_t kPublishedSamples = 2500, kPublishedLength = 5000;

/// The window in which published work reads CPSC2018: the first 2,500 samples of each lead, then zeros to 5,000, then
/// (x - min) / (max - min) over all leads together. The values become 0 to 1 and `scale_mv` their step, without
/// rounding where max - min is at most 32,767 steps of the record; samples that were not measured stay missing. Half of
/// the input is made up and the voltage is lost: for comparison with published numbers alone.
/// Error header_invalid for another rate than 500 Hz.
void take_published_window(EcgSamples& ecg, const std::string& where);

}  // namespace scar::ingest
