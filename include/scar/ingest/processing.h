#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scar/core/fields.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// What may be done to the signals of any dataset beside bringing them to rate and length; nothing by default.
struct ProcessingOptions {
  double high_pass_hz = 0, notch_hz = 0;  // 0: no such filter (filter.h)
  bool derive_leads = false;

  [[nodiscard]] bool any() const { return high_pass_hz > 0 || notch_hz > 0 || derive_leads; }
};
template <class Visitor>
void visit_fields(ProcessingOptions& o, Visitor&& visit) {
  visit("high_pass", o.high_pass_hz, Range{0, 50},
        "removes what is slower than so many Hz (Butterworth of order 2, forward and backward); 0: no filter");
  visit("notch", o.notch_hz, Range{0, 1000},
        "removes power line noise at so many Hz (quality 30, forward and backward); 0: no filter");
  visit("derive_leads", o.derive_leads, Any{},
        "computes III, aVR, aVL, aVF from I and II for records that lack them; task derived-leads says which");
}

/// Name and classes of the labels that say for each record which of its leads were computed.
constexpr const char* kDerivedTask = "derived-leads";
constexpr std::array<int, 4> kDerivable = {2, 3, 4, 5};  // III, aVR, aVL, aVF as numbers of data::kLeadNames
[[nodiscard]] std::vector<std::string> derivable_leads();

/// Makes samples missing that no electrode gave: runs of a second or longer of equal values (electrode off, zero-filled)
/// and leads that are constant throughout, as data::token_visibility finds them. To be done before a change of the signal
/// hides them. Returns whether there were any.
bool mark_flat(EcgSamples& ecg);

/// III = II - I, aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2 for those of the four leads that have no measured
/// sample, wherever I and II are both measured; halves are rounded away from 0. Precordial leads do not follow from others.
/// What would not fit the store's numbers stays missing. Returns 1 for each of kDerivable that now has a sample.
[[nodiscard]] std::array<std::uint8_t, 4> derive_leads(EcgSamples& ecg);

/// Filters each run of measured samples by itself: nothing rings across a gap. A run shorter than a second, or than
/// ZeroPhaseFilter::kShortest samples, becomes missing: its baseline would be made up. Values are rounded to the steps of
/// the record, of 1 uV at most. Returns whether such short runs were lost. Error out_of_range for a frequency that the
/// rate of the record cannot hold.
bool filter_signal(EcgSamples& ecg, const ProcessingOptions& options);

}  // namespace scar::ingest
