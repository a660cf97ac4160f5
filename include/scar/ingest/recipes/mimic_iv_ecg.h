#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scar/core/fields.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

/// How MIMIC-IV-ECG 1.0 (record_list.csv, machine_measurements.csv, files/pXXXX/pSUBJECT/sSTUDY/STUDY.{hea,dat}) becomes
/// a store for pretraining. Credentialed data: its agreement forbids sending records or reports to third parties.
struct MimicOptions {
  std::int64_t rate_hz = 500;
  std::string text = "corrected";  // corrected | published
  bool partial = false;            // take a part of the table: counts are not checked
  ToleranceOptions tolerance;
};
template <class Visitor>
void visit_fields(MimicOptions& o, Visitor&& visit) {
  visit("rate", o.rate_hz, Range{50, 1000}, "samples per second of the store; the source has 500");
  visit("text", o.text, OneOf{{"corrected", "published"}},
        "rule of the text: every statement cleaned by itself, or the whole joined text as in published work");
  visit("partial", o.partial, Any{}, "the tables are a part of the dataset: counts are not checked");
  visit_fields(o.tolerance, visit);
}

/// The text of a record from its statements report_0 ... report_17, in their order; nothing if it has fewer than four
/// words. Published: the statements that are not empty joined by ". ", EKG -> ECG, blanks and * = - cut at both ends,
/// line ends and tabs to blanks, lower case, "." added. Corrected: the same for each statement by itself, repeated blanks
/// made one, empty statements dropped.
[[nodiscard]] std::optional<std::string> mimic_text(const std::vector<std::string_view>& statements, bool corrected);

/// Fold 1 (train) or 2 (validation, 2 %) of a subject: a function of its number alone.
[[nodiscard]] int mimic_fold(std::string_view subject);

/// Joins the tables by study_id, which must be one to one. Records whose text is too short are left out, listed. Errors:
/// those of the tables; duplicate_record; csv_invalid for a study in one table only; counts_differ: 800,035 records of
/// 161,352 subjects, and 771,693 texts by the published rule.
[[nodiscard]] Source mimic_source(const DataRoot& root, const MimicOptions& options);

}  // namespace scar::ingest
