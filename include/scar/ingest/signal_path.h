#pragma once

#include <cstdint>
#include <string>

#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// What was done to bring a record to rate and length.
struct SignalChanges {
  bool resampled = false, cropped = false, padded = false;
};

/// Brings a record to `rate_hz` (resample.h; 0: its own rate is kept) and `seconds`: what is longer is cut at its end,
/// what is shorter is padded with missing samples, never with zeros. Values stay in millivolts; after a change of rate
/// they are rounded to the steps of the record, of 1 uV at most. Error header_invalid at `where` for rates that no filter
/// of a sane length converts.
SignalChanges fit_signal(EcgSamples& ecg, double rate_hz, double seconds, const std::string& where = {});

}  // namespace scar::ingest
