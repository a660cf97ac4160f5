#include "scar/ingest/wfdb_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/utf8.h"
#include "scar/ingest/data_root.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxHeaderBytes = 1U << 20;
constexpr int kMaxSignals = 1024;
constexpr std::int64_t kMaxSamples = std::int64_t{1} << 33;
constexpr double kMinRate = 1e-3, kMaxRate = 1e6;
constexpr double kMinGain = 1e-9, kMaxGain = 1e12;  // beyond them a scale in single precision has no meaning

struct Line {
  const std::string& origin;
  int number;
  [[nodiscard]] Error invalid(std::string what) const {
    return Error(Code::header_invalid, std::move(what)).at(cat(origin, ":", number));
  }
};

// Takes the next word off the front of `rest`; empty when there is none.
std::string_view next_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

template <class T>
T number_or_fail(const Line& line, std::string_view text, const char* what, T low, T high) {
  const auto value = parse_number<T>(text);
  if (!value || *value < low || *value > high) {
    throw line.invalid(cat(what, " is not a number in its range")).got(shown(text)).wanted(cat(low, " to ", high));
  }
  return *value;
}

int integer(const Line& line, std::string_view text, const char* what, int low = std::numeric_limits<int>::min(),
            int high = std::numeric_limits<int>::max()) {
  return number_or_fail<int>(line, text, what, low, high);
}

// "NAME" of "NAME<mark>REST"; afterwards `text` is REST. Without the mark everything is NAME and REST is not there.
std::optional<std::string_view> split_off(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

void parse_rate(const Line& line, std::string_view word, WfdbHeader& header) {
  auto counter = split_off(word, '/');
  header.rate_hz = number_or_fail<double>(line, word, "the sampling rate", kMinRate, kMaxRate);
  if (!counter) return;
  // The counter only labels time on paper and tape; it must be well formed and has no other effect.
  if (auto base = split_off(*counter, '(')) {
    if (!base->ends_with(')'))
      throw line.invalid("the base counter value has no closing parenthesis").got(shown(*base));
    base->remove_suffix(1);
    number_or_fail<double>(line, *base, "the base counter value", -1e12, 1e12);
  }
  number_or_fail<double>(line, *counter, "the counter frequency", 0, kMaxRate);
}

void parse_record_line(const Line& line, std::string_view text, WfdbHeader& header, int& signals) {
  auto name = next_word(text);
  if (const auto segments = split_off(name, '/')) {
    throw Error(Code::format_unsupported, "records of several segments are not supported")
        .at(cat(line.origin, ":", line.number))
        .got(cat(shown(*segments), " segments"))
        .wanted("a record of one segment");
  }
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > 256 || !std::all_of(name.begin(), name.end(), letter)) {
    throw line.invalid("the record name is not one").got(shown(name)).wanted("letters, digits, '_' and '-'");
  }
  header.record = name;
  header.record_line = line.number;
  const auto count = next_word(text);
  if (count.empty()) throw line.invalid("the record line ends before the number of signals");
  signals = integer(line, count, "the number of signals", 0, kMaxSignals);
  if (signals == 0) throw line.invalid("the record has no signals").wanted("at least 1");
  if (const auto rate = next_word(text); !rate.empty()) parse_rate(line, rate, header);
  if (const auto samples = next_word(text); !samples.empty()) {
    const auto value = number_or_fail<std::int64_t>(line, samples, "the number of samples", 0, kMaxSamples);
    if (value > 0) header.samples = value;
  }
  for (const char* what : {"the base time", "the base date"}) {
    const auto word = next_word(text);
    // Some write the date with the name of the month, or before the time.
    const auto fits = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ':' || c == '.' ||
             c == '/' || c == '-';
    };
    if (!word.empty() &&
        (!std::all_of(word.begin(), word.end(), fits) || word.find_first_of("0123456789") == std::string_view::npos))
      throw line.invalid(cat(what, " is not one")).wanted("digits, letters, ':', '.', '/' and '-'");
  }
  if (!trimmed(text).empty()) throw line.invalid("the record line goes on after the base date");
}

void parse_format(const Line& line, std::string_view word, WfdbSignal& signal) {
  // Marks come in the order x : +, so that each is looked for in what stands before the next.
  if (const auto offset = split_off(word, '+')) {
    signal.byte_offset = number_or_fail<std::int64_t>(line, *offset, "the byte offset", 0, kMaxSamples);
  }
  if (const auto skew = split_off(word, ':')) signal.skew = integer(line, *skew, "the skew", 0);
  if (const auto frame = split_off(word, 'x')) {
    signal.samples_per_frame = integer(line, *frame, "the number of samples per frame", 1);
  }
  signal.format = integer(line, word, "the signal format", 0, 9999);
}

void parse_gain(const Line& line, std::string_view word, WfdbSignal& signal, bool& has_baseline) {
  if (const auto unit = split_off(word, '/')) {
    if (unit->empty()) throw line.invalid("the unit after '/' is missing");
    signal.unit = *unit;
  }
  if (auto baseline = split_off(word, '(')) {
    if (!baseline->ends_with(')')) throw line.invalid("the baseline has no closing parenthesis").got(shown(*baseline));
    baseline->remove_suffix(1);
    signal.baseline = integer(line, *baseline, "the baseline");
    has_baseline = true;
  }
  const auto gain = parse_number<double>(word);
  if (!gain || *gain < 0 || *gain > kMaxGain || (*gain > 0 && *gain < kMinGain)) {
    throw line.invalid("the gain is not a positive number").got(shown(word)).wanted("ADC units per physical unit");
  }
  if (*gain > 0) {
    signal.gain = *gain;
    signal.calibrated = true;
  }
}

WfdbSignal parse_signal_line(const Line& line, std::string_view text) {
  WfdbSignal signal;
  signal.line = line.number;
  signal.file = next_word(text);
  const auto format = next_word(text);
  if (format.empty()) throw line.invalid("the signal line ends before the format");
  parse_format(line, format, signal);
  bool has_baseline = false;
  if (const auto word = next_word(text); !word.empty()) parse_gain(line, word, signal, has_baseline);
  if (const auto word = next_word(text); !word.empty()) {
    signal.adc_resolution = integer(line, word, "the ADC resolution", 0, 64);
  }
  if (const auto word = next_word(text); !word.empty()) signal.adc_zero = integer(line, word, "the ADC zero");
  if (!has_baseline) signal.baseline = signal.adc_zero;
  if (const auto word = next_word(text); !word.empty()) signal.initial_value = integer(line, word, "the initial value");
  if (const auto word = next_word(text); !word.empty()) {
    signal.checksum = integer(line, word, "the checksum", -32768, 65535);
  }
  if (const auto word = next_word(text); !word.empty()) signal.block_size = integer(line, word, "the block size", 0);
  signal.description = trimmed(text);
  return signal;
}

void check_text(std::string_view text, const std::string& origin) {
  const auto where = [&](std::size_t at) {
    return cat(origin, ":", 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  };
  if (const auto bad = first_invalid_utf8(text)) {
    throw Error(Code::text_not_utf8, "the header is not UTF-8 text").at(where(*bad));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    // A carriage return inside a line would become part of a name.
    const bool line_end = c == '\n' || (c == '\r' && (at + 1 == text.size() || text[at + 1] == '\n'));
    if (c < 0x20 && c != '\t' && !line_end) {
      throw Error(Code::header_invalid, "the header has a control character").at(where(at)).hint("is it a text file?");
    }
  }
}

}  // namespace

std::string WfdbHeader::where(const WfdbSignal& signal) const { return cat(origin, ":", signal.line); }
std::string WfdbHeader::where_record() const { return cat(origin, ":", record_line); }

WfdbHeader parse_wfdb_header(std::string_view text, const std::string& origin) {
  check_text(text, origin);
  WfdbHeader header;
  header.origin = origin;
  int stated = -1;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (content.ends_with('\r')) content.remove_suffix(1);
    content = trimmed(content);
    if (content.empty() || content.front() == '#') continue;
    const Line line{header.origin, number};
    if (stated < 0) {
      parse_record_line(line, content, header, stated);
    } else if (static_cast<int>(header.signals.size()) == stated) {
      throw line.invalid("there are more signal lines than the record line states")
          .wanted(cat(stated, " signal lines"));
    } else {
      header.signals.push_back(parse_signal_line(line, content));
    }
  }
  if (stated < 0) throw Error(Code::header_invalid, "the header is empty").at(origin).wanted("a record line");
  if (static_cast<int>(header.signals.size()) < stated) {
    throw Error(Code::header_invalid, "the header ends before its last signal line")
        .at(cat(origin, ":", number))
        .got(cat(header.signals.size(), " signal lines"))
        .wanted(cat(stated, " signal lines"))
        .hint("the file may be cut short: copy it again");
  }
  return header;
}

WfdbHeader read_wfdb_header(const DataRoot& root, const std::filesystem::path& path) {
  auto header = parse_wfdb_header(root.read(path, kMaxHeaderBytes), path.string());
  if (header.record != path.stem().string()) {
    throw Error(Code::header_invalid, "the header describes a record of another name than its file")
        .at(header.where_record())
        .got(shown(header.record))
        .wanted(shown(path.stem().string()));
  }
  return header;
}

HeaderComments::HeaderComments(const DataRoot& root, const std::filesystem::path& path) {
  const auto text = root.read(path, kMaxHeaderBytes);
  check_text(text, path.string());
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    if (!line.starts_with('#')) continue;
    line = trimmed(line.substr(1));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      values_.try_emplace(std::string(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
}

const std::string& HeaderComments::of(const std::string& key) const {
  static const std::string none;
  const auto found = values_.find(key);
  return found == values_.end() ? none : found->second;
}

std::optional<double> millivolts_per_unit(std::string_view unit) {
  if (unit == "mV" || unit == "mv") return 1.0;  // "mv" stands in headers of PTB-XL's copy in the 2021 challenge
  if (unit == "V") return 1e3;
  if (unit == "uV" || unit == "\xC2\xB5V" || unit == "\xCE\xBCV") return 1e-3;  // micro sign, Greek mu
  if (unit == "nV") return 1e-6;
  return std::nullopt;
}

}  // namespace scar::ingest
