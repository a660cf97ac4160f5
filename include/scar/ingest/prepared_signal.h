#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "scar/ingest/processing.h"
#include "scar/ingest/signal_path.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// A record as a store keeps it, and what was done to make it that.
struct PreparedSignal {
  EcgSamples ecg;
  bool flat = false;                      // flat stretches became missing
  bool short_runs = false;                // so did runs too short for a filter
  std::array<std::uint8_t, 4> derived{};  // 1 for each of kDerivable that was computed
  SignalChanges changes;
};

/// The way of every signal into a store, in this order: flat stretches are missing where the signal will be changed
/// (elsewhere data::token_visibility finds them), leads are derived, filters run, then rate and length are made those of
/// the store. Errors: those of filter_signal() and fit_signal().
[[nodiscard]] PreparedSignal prepare_signal(EcgSamples ecg, double rate_hz, double seconds,
                                            const ProcessingOptions& processing, const std::string& where);

}  // namespace scar::ingest
