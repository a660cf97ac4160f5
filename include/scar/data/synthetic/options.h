#pragma once

#include <cstdint>

#include "scar/core/error.h"
#include "scar/core/fields.h"

namespace scar::data {

/// What decides a synthetic corpus. Record `index` is a function of (these options, index) and of nothing else.
struct SyntheticOptions {
  std::uint64_t seed = 1;
  std::int64_t records = 20000;
  std::int64_t rate_hz = 100;  // samples per second; a multiple of 4, so that a 250 ms block holds whole samples
  std::int64_t seconds = 10;   // length of every record
  double noise = 1.0;          // scale of muscle and mains noise; 0 = none
  double wander = 1.0;         // scale of the slow drift of the baseline; 0 = none
  double decoy_rate = 0.1;     // chance that a record without a finding shows its secondary sign, per localised finding
  double repeat_rate = 0.3;    // chance that a record belongs to the same patient as the one before it

  [[nodiscard]] std::int64_t samples() const { return rate_hz * seconds; }
  [[nodiscard]] std::int64_t block_samples() const { return rate_hz / 4; }
  [[nodiscard]] std::int64_t blocks() const { return seconds * 4; }
};

template <class Visitor>
void visit_fields(SyntheticOptions& o, Visitor&& visit) {
  visit("seed", o.seed, Any{}, "seed of everything that is drawn");
  visit("records", o.records, Range{1, 10'000'000}, "number of records");
  visit("rate_hz", o.rate_hz, Range{100, 500}, "samples per second, a multiple of 4");
  visit("seconds", o.seconds, Range{2, 30}, "length of a record in seconds");
  visit("noise", o.noise, Range{0, 20}, "scale of muscle and mains noise, 0 = none");
  visit("wander", o.wander, Range{0, 20}, "scale of the drift of the baseline, 0 = none");
  visit("decoy_rate", o.decoy_rate, Range{0, 0.5},
        "chance of an imitated secondary sign, per absent localised finding");
  visit("repeat_rate", o.repeat_rate, Range{0, 0.9}, "chance that a record is of the same patient as the one before");
}

/// Problems between fields (and ranges, for options that were not read from a file).
void validate(const SyntheticOptions& options, Problems& problems);

}  // namespace scar::data
