#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scar/ingest/data_root.h"

namespace scar::ingest {

/// One signal of a WFDB record, as its line in the header describes it.
struct WfdbSignal {
  std::string file;  // name of the signal file, relative to the folder of the header
  int format = 0;    // 16: little-endian 16-bit two's complement
  int samples_per_frame = 1;
  int skew = 0;                  // frames
  std::int64_t byte_offset = 0;  // of the first sample in the file
  double gain = 200;             // ADC units per physical unit, > 0; 200 if the header states none
  bool calibrated = false;       // whether the header states a gain other than 0
  int baseline = 0;              // ADC value of 0 physical units; adc_zero if not stated
  std::string unit = "mV";       // as written; "mV" if not stated
  int adc_resolution = 0;        // bits; 0 = not stated
  int adc_zero = 0;
  std::optional<int> initial_value;  // ADC value of the first sample
  std::optional<int> checksum;       // sum of all samples modulo 2^16, written signed or unsigned
  int block_size = 0;
  std::string description;  // for ECGs the name of the lead
  int line = 0;             // of the header, from 1
};

/// The header of a single-segment WFDB record. Comments are skipped: they may describe a patient, so they are neither
/// kept nor part of any message.
struct WfdbHeader {
  std::string origin;  // path, for messages
  std::string record;
  double rate_hz = 250;                 // frames per second; 250 if not stated
  std::optional<std::int64_t> samples;  // per signal; nothing if not stated or stated as 0
  std::vector<WfdbSignal> signals;      // in file order
  int record_line = 0;

  [[nodiscard]] std::string where(const WfdbSignal& signal) const;  // "00001_lr.hea:2"
  [[nodiscard]] std::string where_record() const;
};

/// The grammar of header(5) of the WFDB Applications Guide:
///   record[/segments] signals [rate[/counter[(base)]] [samples [time [date]]]]
///   file format[xSPF][:skew][+offset] [gain[(baseline)][/unit] [resolution [zero [first [checksum [block
///   [description]]]]]]]
/// Errors, all with file:line: text_not_utf8; format_unsupported for a multi-segment record; header_invalid for
/// anything else, e.g. more or fewer signal lines than stated, a number that is none, a gain that is negative or not
/// finite.
[[nodiscard]] WfdbHeader parse_wfdb_header(std::string_view text, const std::string& origin);

/// The same from a file, at most 1 MiB. The record must have the name of the file.
[[nodiscard]] WfdbHeader read_wfdb_header(const DataRoot& root, const std::filesystem::path& path);

/// What a header's comments "#KEY: value" say, the first of each key: the PhysioNet challenges keep their labels there,
/// as "#Dx: 164889003,59118001". The values may be personal: they are for labels, never for messages.
class HeaderComments {
 public:
  HeaderComments(const DataRoot& root, const std::filesystem::path& path);
  [[nodiscard]] const std::string& of(const std::string& key) const;  // "" without one

 private:
  std::map<std::string, std::string> values_;
};

/// Millivolts in one V, mV, uV (also written with a micro sign) or nV; nothing for another unit. Case counts, but
/// for "mv", which nobody means as anything else.
[[nodiscard]] std::optional<double> millivolts_per_unit(std::string_view unit);

}  // namespace scar::ingest
