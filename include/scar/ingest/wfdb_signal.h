#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scar/ingest/data_root.h"
#include "scar/ingest/wfdb_header.h"

namespace scar::ingest {

/// A sample that was not measured, whatever mark its format has for it.
constexpr std::int32_t kNotMeasured = INT32_MIN;

/// The samples of a record in ADC units, one signal after the other: [signals, samples].
struct WfdbSamples {
  std::int64_t samples = 0;
  std::vector<std::int32_t> values;
};

/// Reads the signal files of a record, in formats 8, 16, 24, 32, 61, 80, 160, 212, 310, 311. `folder` is the folder of
/// the header; signal files must lie in it or below it, and in `root`. Signals that follow each other with the same file name share
/// that file, frame by frame. Initial values and checksums are verified wherever the header states them; with no number
/// of samples in the header the sizes of the files decide. A signal with a skew of n frames begins with n samples before
/// time 0, which are dropped; what it then lacks at its end, and the file does not hold, was not measured.
///
/// Errors: format_unsupported for another format (FLAC), several samples per frame, a null segment; path_escapes_root, link_leaves_root;
/// data_missing, data_unreadable; signal_cut_short and signal_too_long for a file of another size than the header says;
/// signal_initial_value, signal_checksum.
[[nodiscard]] WfdbSamples read_wfdb_samples(const DataRoot& root, const WfdbHeader& header,
                                            const std::filesystem::path& folder);

/// Twelve leads as a store keeps them.
struct EcgSamples {
  double rate_hz = 0;
  std::int64_t samples = 0;
  std::vector<std::int16_t> values;       // [12, samples] in lead order, data::kMissing where nothing was measured
  float scale_mv = 0.001F;                // millivolts per unit
  bool lossless = true;                   // values are those of the file, less the baseline
  bool gain_assumed = false;              // a signal states no gain: 200 ADC units per mV were assumed, as WFDB does
  std::int64_t saturated = 0;             // samples at an end of the converter's range: missing
  double largest_mv = 0;                  // of all measured values
  std::vector<std::string> absent_leads;  // leads without a signal: missing throughout
};

/// For each lead of data::kLeadNames the index of its signal, -1 if the record has none. Leads go by name, whatever
/// their case and order. lead_unknown for a description that names no lead, lead_duplicate for two signals of one lead.
[[nodiscard]] std::array<int, 12> match_leads(const WfdbHeader& header);

/// Samples in lead order and store units. If all leads have one gain and the values less their baselines fit, they are
/// kept and the scale is 1 / gain: nothing is lost. Otherwise values are rounded to multiples of 1 uV (of the smallest
/// step that holds the largest value, where one exceeds 32.767 mV): the error is at most half a step.
/// A value at either end of what the converter can give (of adc_zero and the resolution that the header states, where no
/// value lies beyond; else of the format) is no voltage but a limit: such samples are missing.
/// Errors: those of match_leads; unit_unknown.
[[nodiscard]] EcgSamples to_ecg(const WfdbHeader& header, const WfdbSamples& samples);

/// Header, samples and leads of the record whose header is `header_path`, below `root`.
[[nodiscard]] EcgSamples read_wfdb_ecg(const DataRoot& root, const std::filesystem::path& header_path);

}  // namespace scar::ingest
