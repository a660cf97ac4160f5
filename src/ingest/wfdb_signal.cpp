#include "scar/ingest/wfdb_signal.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "data_root.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxSignalBytes = std::uint64_t{8} << 30;
static_assert(std::endian::native == std::endian::little, "format 16 is copied, not decoded byte by byte");

void check_supported(const WfdbHeader& header, const WfdbSignal& signal) {
  const auto unsupported = [&](const char* what) {
    return Error(Code::format_unsupported, what).at(header.where(signal));
  };
  if (signal.file == "~") throw unsupported("a null segment, which belongs to a record of several segments");
  if (signal.file == "-") throw unsupported("a signal on standard input");
  if (signal.format != 16)
    throw unsupported("this signal format is not supported").got(cat(signal.format)).wanted("16");
  if (signal.samples_per_frame != 1) throw unsupported("several samples per frame are not supported");
  if (signal.skew != 0) throw unsupported("skewed signals are not supported");
}

// Signals [first, first + count) of one file.
struct Group {
  std::size_t first, count;
  std::int64_t offset;
  std::string bytes;

  [[nodiscard]] std::int64_t frame_bytes() const { return static_cast<std::int64_t>(count * sizeof(std::int16_t)); }
};

std::vector<Group> open_groups(const WfdbHeader& header, const std::filesystem::path& folder) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    const auto& signal = header.signals[i];
    check_supported(header, signal);
    if (!groups.empty() && signal.file == header.signals[groups.back().first].file) {
      // The offset is stated once or on each line of the file; another one would mean another frame layout.
      if (signal.byte_offset != 0 && signal.byte_offset != groups.back().offset) {
        throw Error(Code::header_invalid, "signals of one file state different byte offsets").at(header.where(signal));
      }
      ++groups.back().count;
      continue;
    }
    for (const auto& group : groups) {
      if (signal.file == header.signals[group.first].file) {
        throw Error(Code::header_invalid, "signals of one file do not follow each other").at(header.where(signal));
      }
    }
    groups.push_back({i, 1, signal.byte_offset, {}});
  }
  for (auto& group : groups) {
    const auto& signal = header.signals[group.first];
    read_regular_file(inside_root(folder, signal.file, header.where(signal)), kMaxSignalBytes, group.bytes);
  }
  return groups;
}

void check_size(const WfdbHeader& header, const Group& group, const std::filesystem::path& folder,
                std::optional<std::int64_t>& samples) {
  const auto& signal = header.signals[group.first];
  const auto path = (folder / signal.file).string();
  const auto size = static_cast<std::int64_t>(group.bytes.size());
  if (!samples) {
    const auto content = size - group.offset;
    if (content <= 0 || content % group.frame_bytes() != 0) {
      throw Error(Code::signal_cut_short, "the signal file does not end with a whole frame")
          .at(path)
          .got(cat(size, " bytes"))
          .wanted(cat(group.offset, " bytes and whole frames of ", group.frame_bytes()));
    }
    samples = content / group.frame_bytes();
  }
  const auto wanted = group.offset + *samples * group.frame_bytes();
  if (size == wanted) return;
  throw Error(size < wanted ? Code::signal_cut_short : Code::signal_too_long,
              size < wanted ? "the signal file is shorter than its header says"
                            : "the signal file is longer than its header says")
      .at(path)
      .got(cat(size, " bytes"))
      .wanted(cat(wanted, " bytes: ", *samples, " frames of ", group.count, " signals"))
      .hint("copy the record again");
}

// Frames to signals, in blocks of frames that stay in the nearest cache while each signal is taken from them.
void deinterleave(const Group& group, std::int64_t samples, std::int16_t* out) {
  constexpr std::int64_t kBlock = 256;
  const char* bytes = group.bytes.data() + group.offset;
  const std::int64_t stride = group.frame_bytes();
  for (std::int64_t first = 0; first < samples; first += kBlock) {
    const std::int64_t end = std::min(samples, first + kBlock);
    for (std::size_t s = 0; s < group.count; ++s) {
      const char* from = bytes + first * stride + static_cast<std::int64_t>(s * sizeof(std::int16_t));
      std::int16_t* to = out + static_cast<std::int64_t>(s) * samples;
      for (std::int64_t t = first; t < end; ++t, from += stride) std::memcpy(to + t, from, sizeof(std::int16_t));
    }
  }
}

void verify(const WfdbHeader& header, const WfdbSignal& signal, const std::int16_t* values, std::int64_t samples) {
  if (signal.initial_value && *signal.initial_value != values[0]) {
    throw Error(Code::signal_initial_value, "the first sample is not the one that the header states")
        .at(header.where(signal))
        .got(cat(values[0]))
        .wanted(cat(*signal.initial_value))
        .hint("header and signal file do not belong together, or one is damaged: copy the record again");
  }
  if (!signal.checksum) return;
  std::uint32_t sum = 0;  // modulo 2^32, of which the low half is the sum modulo 2^16
  for (std::int64_t t = 0; t < samples; ++t) sum += static_cast<std::uint16_t>(values[t]);
  const auto got = static_cast<std::uint16_t>(sum);
  const auto wanted = static_cast<std::uint16_t>(*signal.checksum);
  if (got != wanted) {
    throw Error(Code::signal_checksum, "the checksum of a signal is wrong")
        .at(header.where(signal))
        .got(cat(got))
        .wanted(cat(wanted))
        .hint("the signal file is damaged: copy the record again");
  }
}

}  // namespace

WfdbSamples read_wfdb_samples(const WfdbHeader& header, const std::filesystem::path& folder) {
  const auto groups = open_groups(header, folder);
  std::optional<std::int64_t> samples = header.samples;
  for (const auto& group : groups) check_size(header, group, folder, samples);
  WfdbSamples result;
  result.samples = samples.value_or(0);
  result.values.resize(header.signals.size() * static_cast<std::size_t>(result.samples));
  for (const auto& group : groups) {
    deinterleave(group, result.samples, result.values.data() + group.first * static_cast<std::size_t>(result.samples));
  }
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    verify(header, header.signals[i], result.values.data() + i * static_cast<std::size_t>(result.samples),
           result.samples);
  }
  return result;
}

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

// Millivolts per ADC unit.
double step_mv(const WfdbHeader& header, const WfdbSignal& signal) {
  const auto unit = millivolts_per_unit(signal.unit);
  if (!unit) {
    throw Error(Code::unit_unknown, "a signal has a unit that is no voltage")
        .at(header.where(signal))
        .got(shown(signal.unit))
        .wanted("V, mV, uV or nV");
  }
  if (!signal.calibrated) {
    throw Error(Code::header_invalid, "the gain of a signal is missing or 0, so its amplitude is unknown")
        .at(header.where(signal))
        .wanted("ADC units per physical unit");
  }
  return *unit / signal.gain;
}

struct Lead {
  const std::int16_t* values = nullptr;  // null: absent
  double step = 0;
  int baseline = 0;
};

bool keeps_values(const std::array<Lead, 12>& leads, std::int64_t samples) {
  std::optional<double> step;
  for (const auto& lead : leads) {
    if (lead.values == nullptr) continue;
    if (step && *step != lead.step) return false;
    step = lead.step;
    if (lead.baseline == 0) continue;
    for (std::int64_t t = 0; t < samples; ++t) {
      const std::int64_t value = std::int64_t{lead.values[t]} - lead.baseline;
      if (lead.values[t] != data::kMissing && (value < -32767 || value > 32767)) return false;
    }
  }
  return true;
}

double largest_mv(const std::array<Lead, 12>& leads, std::int64_t samples) {
  double largest = 0;
  for (const auto& lead : leads) {
    if (lead.values == nullptr) continue;
    for (std::int64_t t = 0; t < samples; ++t) {
      if (lead.values[t] == data::kMissing) continue;
      largest = std::max(largest, std::abs((lead.values[t] - double{1} * lead.baseline) * lead.step));
    }
  }
  return largest;
}

}  // namespace

EcgSamples to_ecg(const WfdbHeader& header, const WfdbSamples& samples) {
  const auto order = match_leads(header);
  EcgSamples ecg;
  ecg.rate_hz = header.rate_hz;
  ecg.samples = samples.samples;
  ecg.values.assign(order.size() * static_cast<std::size_t>(samples.samples), data::kMissing);
  std::array<Lead, 12> leads;
  double any_step = 0.001;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] < 0) {
      ecg.absent_leads.emplace_back(data::kLeadNames[i]);
      continue;
    }
    const auto& signal = header.signals[static_cast<std::size_t>(order[i])];
    leads[i] = {samples.values.data() + std::int64_t{order[i]} * samples.samples, step_mv(header, signal),
                signal.baseline};
    any_step = leads[i].step;
  }
  ecg.lossless = keeps_values(leads, samples.samples);
  const double scale = ecg.lossless ? any_step : std::max(0.001, largest_mv(leads, samples.samples) / 32767);
  ecg.scale_mv = static_cast<float>(scale);
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const auto& lead = leads[i];
    if (lead.values == nullptr) continue;
    std::int16_t* out = ecg.values.data() + i * static_cast<std::size_t>(samples.samples);
    if (ecg.lossless && lead.baseline == 0) {
      std::copy_n(lead.values, samples.samples, out);
      continue;
    }
    for (std::int64_t t = 0; t < samples.samples; ++t) {
      if (lead.values[t] == data::kMissing) continue;
      const double value = lead.values[t] - double{1} * lead.baseline;  // in double: the difference may not fit an int
      out[t] = static_cast<std::int16_t>(
          ecg.lossless ? value : std::clamp(std::round(value * lead.step / scale), -32767.0, 32767.0));
    }
  }
  return ecg;
}

EcgSamples read_wfdb_ecg(const std::filesystem::path& header_path) {
  const auto header = read_wfdb_header(header_path);
  return to_ecg(header, read_wfdb_samples(header, header_path.parent_path()));
}

}  // namespace scar::ingest
