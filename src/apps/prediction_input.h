#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "scar/core/error.h"
#include "scar/data/store/signal_form.h"
#include "scar/data/store/store_reader.h"
#include "scar/evaluation/prediction.h"

/// What scar-eval predict reads: one JSON object per line that names a record.
///   {"wfdb": "folder/name"}                 a WFDB record, with or without .hea
///   {"store": "data/x.store", "record": "ID"}, or {"record": "ID"} of the store of --data
/// and in each "id": any text, which is handed through.
namespace scar::apps {

/// A line that asks something, without its end.
struct InputLine {
  std::int64_t number = 0;  // from 1
  std::string text;
  bool too_long = false;  // the text is not whole
};
inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;

/// Lines of a stream, one in memory at a time. Blank ones are passed over.
class LineReader {
 public:
  explicit LineReader(std::istream& in) : in_(in) {}
  [[nodiscard]] std::optional<InputLine> next();

 private:
  std::istream& in_;
  std::int64_t number_ = 0;
};

/// A record that is asked about, or why it cannot be.
struct AskedRecord {
  std::optional<std::string> id;  // "id", else the name of the record; null where the line does not say it
  std::variant<evaluation::RecordSignal, Problem> content;
};

/// Opens the stores that lines name, once each.
class RecordReader {
 public:
  /// Every record is brought to this form; one of a store must have its rate and length already. `default_store` "" =
  /// none.
  RecordReader(const data::SignalForm& form, std::string default_store)
      : form_(form), default_store_(std::move(default_store)) {}

  /// Anything that is wrong with a line or its record is in the answer; nothing of it is thrown.
  [[nodiscard]] AskedRecord read(const InputLine& line);

 private:
  struct OpenStore {
    data::Store store;
    std::unordered_map<std::string, std::int64_t> number_of;
  };
  [[nodiscard]] evaluation::RecordSignal read_wfdb(const std::string& name) const;
  [[nodiscard]] evaluation::RecordSignal read_stored(const std::string& folder, const std::string& id);

  data::SignalForm form_;
  std::string default_store_;
  std::map<std::string, OpenStore> stores_;
};

}  // namespace scar::apps
