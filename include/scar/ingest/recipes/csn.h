#pragma once

#include <cstdint>
#include <filesystem>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

/// How Chapman-Shaoxing-Ningbo (ecg-arrhythmia 1.0.0: WFDBRecords/NN/NNN/JSxxxxx.{hea,mat} and
/// ConditionNames_SNOMED-CT.csv) becomes a store.
struct CsnOptions {
  std::int64_t rate_hz = 500;
  bool all_records = false;  // also the records of no split, as fold 0: for pretraining, in no task
  bool partial = false;      // take a part of the dataset: counts are not checked
  ToleranceOptions tolerance;
};
template <class Visitor>
void visit_fields(CsnOptions& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{50, 1000}, "samples per second of the store; the source has 500");
  visit("all_records", o.all_records, Any{}, "also the records that no public split names, as fold 0 and in no task");
  visit("partial", o.partial, Any{}, "the folder holds a part of the dataset: counts are not checked");
  visit_fields(o.tolerance, visit);
}

/// Two tasks of 38 classes on the same records. Codes of "#Dx" become acronyms by ConditionNames_SNOMED-CT.csv, where the
/// first row of a code counts, joined by commas in the order of the header. `csn-exact`: a class is positive where its
/// acronym is one of them. `csn-published`: where it is a part of the joined text, as the public label files have it
/// (AF in AFIB, ST in STE: seven classes are wrong by 5,125 labels). Folds 1, 2, 3 are train, validation, test of `splits`
/// (configs/splits/csn.txt) by record name; one record per patient. The report is the full names of the findings.
/// Errors: those of the tables; counts_differ.
[[nodiscard]] Source csn_source(const DataRoot& root, const std::filesystem::path& splits, const CsnOptions& options);

}  // namespace scar::ingest
