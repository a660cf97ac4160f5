#include "scar/ingest/recipes/ptbxl.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/ingest/recipes/ptbxl_sub_published.h"
#include "scar/ingest/recipes/report_language.h"

namespace scar::ingest {

void validate(const PtbxlOptions& options, Problems& problems) {
  if (options.rate_hz == 100 || options.rate_hz == 500) return;
  Problem problem;
  problem.code = Code::out_of_range;
  problem.what = cat("'rate' is ", options.rate_hz);
  problem.wanted = "100 or 500: PTB-XL has no other copy of its records";
  problems.add(problem);
}

namespace {

constexpr int kWarnFolds = 21, kWarnPartial = 22, kWarnRecorder = 23;

PtbxlCensus checked_census(const PtbxlTable& table, const PtbxlOptions& options) {
  auto census = take_census(table);
  if (options.partial_table) {
    log::warn(kWarnPartial,
              "the table is taken as a part of PTB-XL: its counts are not compared with the published ones");
  } else {
    check_counts(census, (table.root / "ptbxl_database.csv").string());
    if (!census.absent.empty()) {
      log::warn(kWarnFolds, cat("the table has no rows of fold ", fold_list(census.absent),
                                ": counts are checked for folds ", fold_list(census.present)));
    }
  }
  return census;
}

std::string provenance(const PtbxlTable& table, const PtbxlCensus& census, const PtbxlOptions& options) {
  Json json;
  json["source"] = "PTB-XL";
  json["version"] = census.version;
  json["doi"] = "10.13026/kfzx-aw45";
  json["licence"] = "CC BY 4.0";
  json["counts_checked"] = !options.partial_table;
  json["ptbxl_database.csv"] = table.database_sha256;
  json["scp_statements.csv"] = table.statements_sha256;
  json["label_rule"] = "all codes of a record, whatever their likelihood";
  if (options.sub_published)
    json[kSubPublished] = "Sub as published: in train ISC holds AVB, AVB holds RAO/RAE, RAO/RAE holds ISC";
  return json.dump();
}

}  // namespace

PtbxlSource ptbxl_source(const DataRoot& root, const PtbxlOptions& options) {
  Problems problems;
  validate(options, problems);
  problems.throw_if_any();
  auto table = read_ptbxl_table(root);
  PtbxlSource out;
  out.census = checked_census(table, options);
  auto& source = out.source;
  source.name = cat("PTB-XL ", out.census.version);
  source.root = root;
  source.kind = "ptbxl";
  source.tables = {"ptbxl_database.csv", "scp_statements.csv"};
  source.tasks = ptbxl_tasks();
  source.train_folds = {1, 2, 3, 4, 5, 6, 7, 8};
  source.validation_folds = {9};
  source.test_folds = {10};
  source.provenance_json = provenance(table, out.census, options);
  source.check = [rate = static_cast<double>(options.rate_hz)](const EcgSamples& ecg, const std::string& where) {
    const auto samples = static_cast<std::int64_t>(kPtbxlSeconds * rate);
    if (ecg.rate_hz != rate || ecg.samples != samples) {
      throw Error(Code::header_invalid, "the record has another rate or length than all of PTB-XL")
          .at(where)
          .got(cat(ecg.samples, " samples at ", ecg.rate_hz, " Hz"))
          .wanted(cat(samples, " samples at ", rate, " Hz"));
    }
    if (ecg.gain_assumed) {
      throw Error(Code::header_invalid, "the gain of a signal is missing or 0, which no record of PTB-XL has")
          .at(where)
          .wanted("ADC units per physical unit");
    }
  };
  for (auto& row : table.rows) {
    SourceRecord record;
    record.id = std::move(row.id);
    record.patient = std::move(row.patient);
    record.fold = row.fold;
    record.report = std::move(row.report);
    record.recorder = recorder_family(row.background.device);
    if (record.recorder.empty())
      log::warn(kWarnRecorder, cat("a recorder of no known family: '", row.background.device, "'"));
    record.background = std::move(row.background);
    record.labels = std::move(row.labels);
    const auto& stem = options.rate_hz == 100 ? row.file_100hz : row.file_500hz;
    record.files = {stem + ".hea", stem + ".dat"};
    source.records.push_back(std::move(record));
  }
  if (options.sub_published) add_sub_published(source, options.partial_table ? nullptr : &out.census);
  return out;
}

}  // namespace scar::ingest
