#pragma once

#include <cstdint>
#include <string>

namespace scar::data {

/// Records of one rate and length, numbered 0 .. size()-1: a store, or several stores in a row. All methods may be called
/// from several threads at once; a record number outside of the range is a bug of the caller.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  [[nodiscard]] virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual double rate_hz() const = 0;
  [[nodiscard]] virtual std::int64_t samples() const = 0;  // T, per lead
  [[nodiscard]] virtual float scale_mv(std::int64_t record) const = 0;
  [[nodiscard]] virtual const std::string& report(std::int64_t record) const = 0;  // cleaned
  /// Samples of a record, out [12, T]. `coming`: the record that is wanted next, if it is known; a source may begin with
  /// it. Errors: record_checksum, shard_cut_short, data_unreadable.
  virtual void read(std::int64_t record, std::int16_t* out, std::int64_t coming = -1) const = 0;

 protected:
  RecordSource() = default;
  RecordSource(const RecordSource&) = default;
  RecordSource(RecordSource&&) = default;
  RecordSource& operator=(const RecordSource&) = default;
  RecordSource& operator=(RecordSource&&) = default;
};

}  // namespace scar::data
