#include "scar/ingest/wfdb_signal.h"

#include <algorithm>
#include <optional>

#include "sample_loops.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/ingest/data_root.h"
#include "wfdb_formats.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{8} << 30;  // of all signal files together

void check_supported(const WfdbHeader& header, const WfdbSignal& signal) {
  const auto unsupported = [&](const char* what) {
    return Error(Code::format_unsupported, what).at(header.where(signal));
  };
  if (signal.file == "~") throw unsupported("a null segment, which belongs to a record of several segments");
  if (signal.file == "-") throw unsupported("a signal on standard input");
  if (signal.format == 508 || signal.format == 516 || signal.format == 524)
    throw unsupported("FLAC-compressed signals are not supported").got(cat(signal.format)).hint("xform converts them");
  if (!format_known(signal.format))
    throw unsupported("this signal format is not known")
        .got(cat(signal.format))
        .wanted("8, 16, 24, 32, 61, 80, 160, 212, 310 or 311");
  if (signal.samples_per_frame != 1) throw unsupported("several samples per frame are not supported");
}

// Signals [first, first + count) of one file.
struct Group {
  std::size_t first, count;
  int format;
  std::int64_t offset;
  std::int64_t skew = 0;    // the largest of the group's signals
  std::int64_t frames = 0;  // to decode
  std::string bytes{};

  [[nodiscard]] std::int64_t width() const { return static_cast<std::int64_t>(count); }
};

std::vector<Group> open_groups(const DataRoot& root, const WfdbHeader& header, const std::filesystem::path& folder) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    const auto& signal = header.signals[i];
    check_supported(header, signal);
    if (!groups.empty() && signal.file == header.signals[groups.back().first].file) {
      // The offset is stated once or on each line of the file; another one would mean another frame layout.
      if (signal.byte_offset != 0 && signal.byte_offset != groups.back().offset) {
        throw Error(Code::header_invalid, "signals of one file state different byte offsets").at(header.where(signal));
      }
      if (signal.format != groups.back().format)
        throw Error(Code::header_invalid, "signals of one file state different formats").at(header.where(signal));
      ++groups.back().count;
      groups.back().skew = std::max<std::int64_t>(groups.back().skew, signal.skew);
      continue;
    }
    for (const auto& group : groups) {
      if (signal.file == header.signals[group.first].file) {
        throw Error(Code::header_invalid, "signals of one file do not follow each other").at(header.where(signal));
      }
    }
    groups.push_back({i, 1, signal.format, signal.byte_offset, signal.skew});
  }
  auto left = kMaxRecordBytes;
  for (auto& group : groups) {
    const auto& signal = header.signals[group.first];
    root.read(inside_root(folder, signal.file, header.where(signal)), left, group.bytes);
    left -= group.bytes.size();
  }
  return groups;
}

// Finds how many frames there are to decode. The file may hold the frames that skewed signals lack at their end.
void check_size(const WfdbHeader& header, Group& group, const std::filesystem::path& folder,
                std::optional<std::int64_t>& samples) {
  const auto& signal = header.signals[group.first];
  const auto path = (folder / signal.file).string();
  const auto size = static_cast<std::int64_t>(group.bytes.size());
  const auto content = size - group.offset;
  const auto held = content < 0 ? 0 : stream_samples(group.format, content) / group.width();
  if (!samples) {
    const auto bytes = stream_bytes(group.format, held * group.width());
    if (held <= group.skew || content < bytes.least || content > bytes.most) {
      throw Error(Code::signal_cut_short, "the signal file does not end with a whole frame")
          .at(path)
          .got(cat(size, " bytes"))
          .wanted(cat(group.offset, " bytes and whole frames of ", group.count, " samples in format ", group.format));
    }
    samples = held - group.skew;
  }
  group.frames = std::min(held, *samples + group.skew);
  const auto least = group.offset + stream_bytes(group.format, *samples * group.width()).least;
  const auto most = group.offset + stream_bytes(group.format, (*samples + group.skew) * group.width()).most;
  if (size >= least && size <= most) return;
  throw Error(size < least ? Code::signal_cut_short : Code::signal_too_long,
              size < least ? "the signal file is shorter than its header says"
                           : "the signal file is longer than its header says")
      .at(path)
      .got(cat(size, " bytes"))
      .wanted(cat(size < least ? least : most, " bytes: ", *samples, " frames of ", group.count, " signals"))
      .hint("copy the record again");
}

// Frames to signals, [count, frames], in blocks of frames that stay in the nearest cache while each signal is taken.
void decode_group(const Group& group, std::int32_t* out) {
  constexpr std::int64_t kBlock = 32 * kStreamUnit;
  const auto* bytes = reinterpret_cast<const unsigned char*>(group.bytes.data()) + group.offset;
  const auto width = group.width();
  if (width == 1) return decode_stream(group.format, bytes, group.frames, out);
  std::vector<std::int32_t> block(static_cast<std::size_t>(kBlock * width));
  const auto block_bytes = stream_bytes(group.format, kBlock * width).least;
  for (std::int64_t first = 0; first < group.frames; first += kBlock, bytes += block_bytes) {
    const auto frames = std::min(group.frames - first, kBlock);
    decode_stream(group.format, bytes, frames * width, block.data());
    for (std::int64_t s = 0; s < width; ++s) {
      const auto* from = block.data() + s;
      auto* to = out + s * group.frames + first;
      for (std::int64_t t = 0; t < frames; ++t) to[t] = from[t * width];
    }
  }
}

// Format 8 holds differences from the initial value on.
void integrate(std::int32_t* values, std::int64_t frames, std::int32_t initial) {
  auto sum = static_cast<std::uint32_t>(initial);  // a damaged file may overflow, which must be defined
  for (std::int64_t t = 0; t < frames; ++t) {
    sum += static_cast<std::uint32_t>(values[t]);
    values[t] = static_cast<std::int32_t>(sum);
  }
}

void verify(const WfdbHeader& header, const WfdbSignal& signal, const std::int32_t* values, std::int64_t samples) {
  // In format 8 the initial value is what the differences are added to, not a sample.
  if (signal.format != 8 && signal.initial_value && *signal.initial_value != values[0]) {
    throw Error(Code::signal_initial_value, "the first sample is not the one that the header states")
        .at(header.where(signal))
        .got(cat(values[0]))
        .wanted(cat(*signal.initial_value))
        .hint("header and signal file do not belong together, or one is damaged: copy the record again");
  }
  if (!signal.checksum) return;
  const auto got = static_cast<std::uint16_t>(sum_of(values, samples));
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

WfdbSamples read_wfdb_samples(const DataRoot& root, const WfdbHeader& header, const std::filesystem::path& folder) {
  auto groups = open_groups(root, header, folder);
  std::optional<std::int64_t> samples = header.samples;
  for (auto& group : groups) check_size(header, group, folder, samples);
  WfdbSamples result;
  result.samples = samples.value_or(0);
  result.values.resize(header.signals.size() * static_cast<std::size_t>(result.samples));
  std::vector<std::int32_t> decoded;  // of a skewed group, whose signals are then moved against each other
  for (const auto& group : groups) {
    auto* out = result.values.data() + group.first * static_cast<std::size_t>(result.samples);
    auto* raw = out;
    if (group.skew > 0) {
      decoded.resize(group.count * static_cast<std::size_t>(group.frames));
      raw = decoded.data();
    }
    decode_group(group, raw);
    for (std::size_t i = 0; i < group.count; ++i) {
      const auto& signal = header.signals[group.first + i];
      auto* values = raw + static_cast<std::int64_t>(i) * group.frames;
      if (group.format == 8) integrate(values, group.frames, signal.initial_value.value_or(signal.adc_zero));
      // The first `skew` samples come before time 0; the checksum is that of the signal as it was written.
      verify(header, signal, values, std::min(group.frames, result.samples));
      if (const auto sentinel = format_sentinel(group.format); sentinel && *sentinel != kNotMeasured)
        replace_value(values, group.frames, *sentinel, kNotMeasured);
      if (raw == out) continue;
      auto* to = out + static_cast<std::int64_t>(i) * result.samples;
      const auto there = std::max<std::int64_t>(0, std::min(result.samples, group.frames - signal.skew));
      if (there > 0) std::copy_n(values + signal.skew, there, to);
      std::fill(to + there, to + result.samples, kNotMeasured);
    }
  }
  return result;
}

}  // namespace scar::ingest
