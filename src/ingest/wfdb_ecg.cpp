#include <algorithm>
#include <cmath>
#include <optional>

#include "sample_loops.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/ingest/wfdb_signal.h"
#include "strict_text.h"
#include "wfdb_formats.h"

namespace scar::ingest {

std::array<int, 12> match_leads(const WfdbHeader& header) {
  std::array<int, 12> found;
  found.fill(-1);
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    const auto& signal = header.signals[i];
    const auto lead = data::lead_index(signal.description);
    if (!lead) {
      throw Error(Code::lead_unknown, "a signal is named after no lead of the 12-lead ECG")
          .at(header.where(signal))
          .got(shown(signal.description))
          .wanted("I, II, III, aVR, aVL, aVF, V1 to V6");
    }
    auto& place = found[static_cast<std::size_t>(*lead)];
    if (place >= 0) {
      throw Error(Code::lead_duplicate, "two signals have the same lead name")
          .at(header.where(signal))
          .got(shown(signal.description))
          .wanted(
              cat("one signal per lead; the first is on line ", header.signals[static_cast<std::size_t>(place)].line));
    }
    place = static_cast<int>(i);
  }
  return found;
}

namespace {

constexpr double kLargestKept = 32767;  // of a store's values; -32768 is its mark for what is missing

// Millivolts per ADC unit.
double step_mv(const WfdbHeader& header, const WfdbSignal& signal) {
  const auto unit = millivolts_per_unit(signal.unit);
  if (!unit) {
    throw Error(Code::unit_unknown, "a signal has a unit that is no voltage")
        .at(header.where(signal))
        .got(shown(signal.unit))
        .wanted("V, mV, uV or nV");
  }
  return *unit / signal.gain;
}

// The smallest and the largest value that the converter of a signal can give; nothing if they are not known.
std::optional<Range> rails(const WfdbSignal& signal, const Range& seen) {
  std::optional<Range> of_format;
  if (const auto sentinel = format_sentinel(signal.format)) of_format = Range{*sentinel + 1, -(*sentinel + 1)};
  if (signal.adc_resolution < 2 || signal.adc_resolution > 32) return of_format;
  const std::int64_t half = std::int64_t{1} << (signal.adc_resolution - 1);
  const auto low = std::max<std::int64_t>(signal.adc_zero - half, of_format ? of_format->low : INT32_MIN + 1);
  const auto high = std::min<std::int64_t>(signal.adc_zero + half - 1, of_format ? of_format->high : INT32_MAX);
  if (seen.low < low || seen.high > high) return of_format;  // the header is wrong
  return Range{static_cast<std::int32_t>(low), static_cast<std::int32_t>(high)};
}

struct Lead {
  const std::int32_t* values = nullptr;  // null: absent
  double step = 0;
  std::int64_t baseline = 0;
  std::int64_t largest = 0;             // |value - baseline| of what was measured
  std::vector<std::int32_t> cleared{};  // the values, if some of them had to be made missing
};

// Finds the largest value, after samples at a rail became missing; returns how many did.
std::int64_t measure(const WfdbSignal& signal, Lead& lead, std::int64_t samples) {
  const auto largest = [&](const Range& seen) {
    return seen.low > seen.high ? 0 : std::max(std::abs(seen.low - lead.baseline), std::abs(seen.high - lead.baseline));
  };
  const auto seen = range_of_measured(lead.values, samples);
  const auto limits = rails(signal, seen);
  lead.largest = largest(seen);
  if (!limits || (seen.low > limits->low && seen.high < limits->high) || seen.low > seen.high) return 0;
  lead.cleared.assign(lead.values, lead.values + samples);
  lead.values = lead.cleared.data();
  const auto before = std::count(lead.cleared.begin(), lead.cleared.end(), kNotMeasured);
  replace_value(lead.cleared.data(), samples, limits->low, kNotMeasured);
  replace_value(lead.cleared.data(), samples, limits->high, kNotMeasured);
  lead.largest = largest(range_of_measured(lead.values, samples));
  return std::count(lead.cleared.begin(), lead.cleared.end(), kNotMeasured) - before;
}

}  // namespace

EcgSamples to_ecg(const WfdbHeader& header, const WfdbSamples& samples) {
  const auto order = match_leads(header);
  EcgSamples ecg;
  ecg.rate_hz = header.rate_hz;
  ecg.samples = samples.samples;
  ecg.values.resize(order.size() * static_cast<std::size_t>(samples.samples));
  std::array<Lead, 12> leads;
  std::optional<double> step;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] < 0) {
      ecg.absent_leads.emplace_back(data::kLeadNames[i]);
      continue;
    }
    const auto& signal = header.signals[static_cast<std::size_t>(order[i])];
    auto& lead = leads[i];
    lead = {samples.values.data() + std::int64_t{order[i]} * samples.samples, step_mv(header, signal), signal.baseline};
    ecg.saturated += measure(signal, lead, samples.samples);
    ecg.largest_mv = std::max(ecg.largest_mv, static_cast<double>(lead.largest) * lead.step);
    ecg.gain_assumed = ecg.gain_assumed || !signal.calibrated;
    if (step && *step != lead.step) ecg.lossless = false;
    if (static_cast<double>(lead.largest) > kLargestKept) ecg.lossless = false;
    step = lead.step;
  }
  const double scale = ecg.lossless ? step.value_or(0.001) : std::max(0.001, ecg.largest_mv / kLargestKept);
  ecg.scale_mv = static_cast<float>(scale);
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const auto& lead = leads[i];
    std::int16_t* out = ecg.values.data() + i * static_cast<std::size_t>(samples.samples);
    if (lead.values == nullptr) {
      std::fill_n(out, samples.samples, data::kMissing);
    } else if (ecg.lossless) {
      subtract(lead.values, samples.samples, static_cast<std::int32_t>(lead.baseline), kNotMeasured, data::kMissing,
               out);
    } else {
      for (std::int64_t t = 0; t < samples.samples; ++t) {
        const auto value = static_cast<double>(lead.values[t] - lead.baseline) * lead.step / scale;
        out[t] = lead.values[t] == kNotMeasured
                     ? data::kMissing
                     : static_cast<std::int16_t>(std::clamp(std::round(value), -kLargestKept, kLargestKept));
      }
    }
  }
  return ecg;
}

EcgSamples read_wfdb_ecg(const DataRoot& root, const std::filesystem::path& header_path) {
  const auto header = read_wfdb_header(root, header_path);
  return to_ecg(header, read_wfdb_samples(root, header, header_path.parent_path()));
}

}  // namespace scar::ingest
