#include "scar/ingest/csv.h"

#include <algorithm>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/utf8.h"
#include "scar/ingest/data_root.h"
#include "strict_text.h"

namespace scar::ingest {

/// One pass over the text. The header goes through the same field reader as the rows.
class CsvParser {
 public:
  CsvParser(std::string_view text, CsvTable& table, const CsvLimits& limits)
      : text_(text), end_of_rows_(text.find_last_not_of("\r\n") + 1), table_(table), limits_(limits) {}

  void parse() {
    while (at_ < text_.size() && skip_line_end()) {
    }
    if (at_ == text_.size()) fail(line_, "the table is empty", "", "a header line");
    read_header();
    while (at_ < end_of_rows_) read_row();  // line ends after the last row are no rows
  }

 private:
  [[noreturn]] void fail(int line, std::string what, std::string got, std::string wanted) const {
    throw Error(Code::csv_invalid, std::move(what))
        .at(cat(table_.origin_, ":", line))
        .got(std::move(got))
        .wanted(std::move(wanted));
  }

  // Steps over one LF or CRLF if it is next.
  bool skip_line_end() {
    if (text_[at_] == '\n') {
      ++at_;
    } else if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
      at_ += 2;
    } else {
      return false;
    }
    ++line_;
    return true;
  }

  // Appends the field to table_.text_; afterwards at_ is on ',', on a line end or at the end.
  void read_field() {
    const std::size_t begin = table_.text_.size();
    if (at_ < text_.size() && text_[at_] == '"') {
      read_quoted();
    } else {
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') {
        const char c = text_[at_];
        if (c == '"')
          fail(line_, "a quote inside an unquoted field", "", "the whole field in quotes, inner quotes doubled");
        if (c == '\r') {
          if (at_ + 1 < text_.size() && text_[at_ + 1] == '\n') break;
          fail(line_, "a carriage return without a line feed", "", "lines that end in LF or CRLF");
        }
        table_.text_ += c;
        ++at_;
      }
    }
    if (table_.text_.size() - begin > limits_.field_bytes) {
      fail(line_, "a field is too long", cat(table_.text_.size() - begin, " bytes"),
           cat("at most ", limits_.field_bytes));
    }
  }

  void read_quoted() {
    const int opened = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != '"') {
        table_.text_ += c;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        table_.text_ += '"';
        ++at_;
      } else {
        ++at_;
        if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' &&
            !(text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n')) {
          fail(line_, "text after the closing quote of a field", "", "a comma or the end of the line");
        }
        return;
      }
    }
    fail(opened, "a quoted field is never closed", "", "a closing quote");
  }

  // Reads the fields of one row and the line end after them; returns how many there were.
  std::size_t read_fields(std::size_t most) {
    for (std::size_t count = 1;; ++count) {
      read_field();
      if (count <= most) table_.ends_.push_back(table_.text_.size());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size()) skip_line_end();
      return count;
    }
  }

  void read_header() {
    const int line = line_;
    const std::size_t count = read_fields(limits_.columns);
    if (count > limits_.columns) fail(line, "too many columns", cat(count), cat("at most ", limits_.columns));
    std::size_t begin = 0;
    for (const std::size_t end : table_.ends_) {
      table_.columns_.emplace_back(table_.text_, begin, end - begin);
      begin = end;
    }
    auto sorted = table_.columns_;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end()) {
      fail(line, "two columns have the same name", shown(*twice), "every name once");
    }
    table_.text_.clear();
    table_.ends_.clear();
  }

  void read_row() {
    const int line = line_;
    if (table_.lines_.size() == limits_.rows) fail(line, "too many rows", "", cat("at most ", limits_.rows));
    const std::size_t wanted = table_.columns_.size();
    const std::size_t count = read_fields(wanted);
    if (count != wanted) {
      fail(line, "a row does not have as many fields as the header", cat(count, " fields"), cat(wanted, " fields"));
    }
    table_.lines_.push_back(line);
  }

  std::string_view text_;
  std::size_t end_of_rows_;
  CsvTable& table_;
  const CsvLimits& limits_;
  std::size_t at_ = 0;
  int line_ = 1;
};

CsvTable CsvTable::parse(std::string_view text, const std::string& origin, const CsvLimits& limits) {
  if (text.size() > limits.bytes) {
    throw Error(Code::csv_invalid, "the table is too large")
        .at(origin)
        .got(cat(text.size(), " bytes"))
        .wanted(cat("at most ", limits.bytes, " bytes"));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto line_of = [&](std::size_t at) {
    return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  };
  if (const auto bad = first_invalid_utf8(text)) {
    throw Error(Code::text_not_utf8, "the table is not UTF-8 text")
        .at(cat(origin, ":", line_of(*bad)))
        .hint("save it as UTF-8, or copy the file as it was published");
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    throw Error(Code::csv_invalid, "a NUL byte in the table").at(cat(origin, ":", line_of(nul)));
  }
  CsvTable table;
  table.origin_ = origin;
  CsvParser(text, table, limits).parse();
  return table;
}

CsvTable CsvTable::read(const std::filesystem::path& path, const CsvLimits& limits) {
  return parse(read_regular_file(path, limits.bytes), path.string(), limits);
}

CsvTable CsvTable::read(const DataRoot& root, const std::filesystem::path& path, const CsvLimits& limits) {
  return parse(root.read(path, limits.bytes), path.string(), limits);
}

std::optional<std::size_t> CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t CsvTable::column(std::string_view name) const {
  if (const auto found = find_column(name)) return *found;
  const auto near = nearest_name(std::string(name), columns_);
  throw Error(Code::csv_invalid, cat("the table has no column '", name, "'"))
      .at(cat(origin_, ":1"))
      .hint(near.empty() ? cat("it has ", columns_.size(), " columns") : cat("did you mean '", near, "'?"));
}

std::string_view CsvTable::at(std::size_t row, std::size_t column) const {
  const std::size_t index = row * columns_.size() + column;
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

std::string CsvTable::where(std::size_t row) const { return cat(origin_, ":", lines_[row]); }

}  // namespace scar::ingest
