// CsvTable: a table that is accepted reads the same when its fields are written again, all of them quoted.
#include <string>

#include "fuzz/fuzz_support.h"
#include "scar/ingest/csv.h"

using scar::ingest::CsvTable;

namespace {

void put(std::string& out, std::string_view field, bool first) {
  if (!first) out += ',';
  out += '"';
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  out += '"';
}

std::string written(const CsvTable& table) {
  std::string out;
  const auto columns = table.columns().size();
  for (std::size_t c = 0; c < columns; ++c) put(out, table.columns()[c], c == 0);
  for (std::size_t r = 0; r < table.rows(); ++r) {
    out += "\r\n";
    for (std::size_t c = 0; c < columns; ++c) put(out, table.at(r, c), c == 0);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const scar::ingest::CsvLimits limits{.bytes = 1U << 20, .columns = 16, .rows = 100'000, .field_bytes = 1U << 12};
  scar::fuzz::accepts([&] {
    const auto table = CsvTable::parse(scar::fuzz::as_text(data, size), "fuzz.csv", limits);
    FUZZ_CHECK(!table.columns().empty() && table.columns().size() <= limits.columns && table.rows() <= limits.rows);
    for (const auto& name : table.columns()) FUZZ_CHECK(table.columns()[table.column(name)] == name);
    for (std::size_t r = 1; r < table.rows(); ++r) FUZZ_CHECK(table.line(r) > table.line(r - 1));
    const auto again = CsvTable::parse(written(table), "again.csv", {});
    FUZZ_CHECK(again.columns() == table.columns() && again.rows() == table.rows());
    for (std::size_t r = 0; r < table.rows(); ++r) {
      for (std::size_t c = 0; c < table.columns().size(); ++c) FUZZ_CHECK(again.at(r, c) == table.at(r, c));
    }
  });
  return 0;
}
