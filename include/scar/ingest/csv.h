#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scar/ingest/data_root.h"

namespace scar::ingest {

/// What a table may at most be, checked before memory is taken for it.
struct CsvLimits {
  std::uint64_t bytes = std::uint64_t{512} << 20;
  std::size_t columns = 4096;
  std::size_t rows = 10'000'000;
  std::size_t field_bytes = std::size_t{1} << 20;
};

/// A comma-separated table (RFC 4180) in memory: quoted fields with commas, doubled quotes and line ends; LF or CRLF; a
/// byte order mark and blank lines before the header and at the end are accepted. Columns are asked for by name, never
/// by position.
///
/// Errors: data_missing, data_unreadable, text_not_utf8; csv_invalid for a row with another number of fields than the
/// header, a missing or repeated column, a quote that is not closed or not at the ends of its field, a lone carriage
/// return, a NUL byte and an exceeded limit. Messages carry file:line; the content of a field is never part of them.
class CsvTable {
 public:
  [[nodiscard]] static CsvTable read(const std::filesystem::path& path, const CsvLimits& limits = {});
  /// A table of a dataset, which lies in `root`.
  [[nodiscard]] static CsvTable read(const DataRoot& root, const std::filesystem::path& path,
                                     const CsvLimits& limits = {});
  [[nodiscard]] static CsvTable parse(std::string_view text, const std::string& origin, const CsvLimits& limits = {});

  [[nodiscard]] std::size_t rows() const { return lines_.size(); }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;
  /// The index of a column; a missing one is csv_invalid with the nearest name.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] std::string_view at(std::size_t row, std::size_t column) const;
  /// The line of the file, from 1, on which a row begins.
  [[nodiscard]] int line(std::size_t row) const { return lines_[row]; }
  [[nodiscard]] std::string where(std::size_t row) const;  // "ptbxl_database.csv:12"
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  friend class CsvParser;
  std::string origin_;
  std::vector<std::string> columns_;
  std::string text_;               // the fields of all rows, without quotes, end to end
  std::vector<std::size_t> ends_;  // [rows * columns]: where each field ends in text_
  std::vector<int> lines_;
};

}  // namespace scar::ingest
