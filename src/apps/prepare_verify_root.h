#pragma once

#include <cstdint>
#include <string>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"

namespace scar::apps {

/// How a dataset as downloaded is verified.
struct VerifyRootOptions {
  std::string dataset = "auto", splits, table;
  std::int64_t rate_hz = 100;
  bool allow_missing = false, partial = false;
};
template <class Visitor>
void visit_fields(VerifyRootOptions& o, Visitor&& visit) {
  visit("dataset", o.dataset, OneOf{{"auto", "ptbxl", "mimic-iv-ecg", "cpsc2018", "csn", "challenge", "wfdb"}},
        "what the folder holds; auto: by its tables and the names of its headers");
  visit("rate", o.rate_hz, Range{100, 500}, "PTB-XL, 100 or 500: which copy of each record is read");
  visit("allow_missing", o.allow_missing, Any{}, "records whose files are not there are listed and no error");
  visit("partial", o.partial, Any{}, "the folder holds a part of the dataset: counts are not checked");
  visit("splits", o.splits, Any{}, "CPSC2018, CSN: list of the partition, if not the public one that comes with scar");
  visit("table", o.table, Any{}, "wfdb: the table of the records");
}

/// Reads and verifies every record of a dataset without writing anything; prints what is wrong with which. The exit
/// status; Error data_missing or data_unreadable if the folder is not whole, and those of the recipes.
int verify_root(const ingest::DataRoot& root, const VerifyRootOptions& options, int jobs, bool json);

}  // namespace scar::apps
