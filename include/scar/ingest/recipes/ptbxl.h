#pragma once

#include <cstdint>
#include <filesystem>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"
#include "scar/ingest/recipes/ptbxl_table.h"

namespace scar::ingest {

/// How PTB-XL (Wagner et al., Scientific Data 7:154, 2020) becomes a store.
struct PtbxlOptions {
  std::int64_t rate_hz = 100;  // 100 or 500: which of the two copies of each record
  ToleranceOptions tolerance;
  bool partial_table = false;  // take a part of the table: counts are not checked
  bool sub_published = false;  // also the task ptbxl-sub-published (ptbxl_sub_published.h)
};

template <class Visitor>
void visit_fields(PtbxlOptions& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{100, 500}, "samples per second, 100 or 500: which copy of each record is read");
  visit_fields(o.tolerance, visit);
  visit("partial_table", o.partial_table, Any{}, "the table is a part of PTB-XL: counts are not checked");
  visit(
      "sub_published", o.sub_published, Any{},
      "also a task ptbxl-sub-published: Sub with the columns of the train split in the wrong order, as published work "
      "has it; for comparison with its numbers alone");
}

void validate(const PtbxlOptions& options, Problems& problems);

struct PtbxlSource {
  Source source;  // in order of ecg_id
  PtbxlCensus census;
};

/// Reads and checks the tables of a PTB-XL folder. Absent folds and a skipped count check are warnings. Errors: those of
/// read_ptbxl_table and check_counts; out_of_range (options). Its records are 10 s at the rate of the copy and state their
/// gain: anything else is header_invalid when they are read.
[[nodiscard]] PtbxlSource ptbxl_source(const DataRoot& root, const PtbxlOptions& options);

constexpr double kPtbxlSeconds = 10;

}  // namespace scar::ingest
