#include "scar/ingest/recipes/ptbxl.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include <nlohmann/json.hpp>

#include "ptbxl_records.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_writer.h"
#include "scar/ingest/recipes/report_language.h"

namespace scar::ingest {

void validate(const PtbxlOptions& options, Problems& problems) {
  if (options.rate_hz == 100 || options.rate_hz == 500) return;
  Problem problem;
  problem.code = Code::out_of_range;
  problem.what = cat("'rate_hz' is ", options.rate_hz);
  problem.wanted = "100 or 500: PTB-XL has no other copy of its records";
  problems.add(problem);
}

namespace {

constexpr int kWarnFolds = 21, kWarnPartial = 22, kWarnRecorder = 23;

void check_options(const PtbxlOptions& options) {
  Problems problems;
  validate(options, problems);
  problems.throw_if_any();
}

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

std::vector<PtbxlText> clean_reports(const PtbxlTable& table, const PtbxlCallbacks& callbacks, int jobs) {
  std::vector<PtbxlText> texts(table.rows.size());
  for_each_parallel(0, static_cast<std::int64_t>(texts.size()), jobs, [&](std::int64_t i) {
    const auto& raw = table.rows[static_cast<std::size_t>(i)].report;
    auto& text = texts[static_cast<std::size_t>(i)];
    text.report = callbacks.clean_report ? callbacks.clean_report(raw) : raw;
    text.language = detect_language(text.report.empty() ? raw : text.report);
  });
  return texts;
}

data::StoreInfo store_info(const PtbxlTable& table, const PtbxlCensus& census, const PtbxlOptions& options,
                           const PtbxlCallbacks& callbacks) {
  data::StoreInfo info;
  info.kind = "ptbxl";
  info.rate_hz = static_cast<double>(options.rate_hz);
  info.samples = kPtbxlSeconds * options.rate_hz;
  info.tasks = ptbxl_tasks();
  info.train_folds = {1, 2, 3, 4, 5, 6, 7, 8};
  info.validation_folds = {9};
  info.test_folds = {10};
  Json provenance;
  provenance["source"] = "PTB-XL";
  provenance["version"] = census.version;
  provenance["doi"] = "10.13026/kfzx-aw45";
  provenance["licence"] = "CC BY 4.0";
  provenance["counts_checked"] = !options.partial_table;
  provenance["ptbxl_database.csv"] = table.database_sha256;
  provenance["scp_statements.csv"] = table.statements_sha256;
  provenance["label_rule"] = "all codes of a record, whatever their likelihood";
  provenance["cleaning"] = parse_json(callbacks.cleaning_json.empty() ? "{}" : callbacks.cleaning_json, "cleaning",
                                      static_cast<int>(Code::internal));
  info.provenance_json = provenance.dump();
  return info;
}

// Rows without files, found before anything is written: a wrong folder or rate is noticed at once.
std::vector<char> find_missing(const PtbxlTable& table, const PtbxlOptions& options, int jobs) {
  std::vector<char> missing(table.rows.size(), 0);
  for_each_parallel(0, static_cast<std::int64_t>(missing.size()), jobs, [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    missing[at] = files_exist(table, table.rows[at], options.rate_hz) ? 0 : 1;
  });
  return missing;
}

void check_missing(const PtbxlTable& table, const std::vector<char>& missing, const PtbxlOptions& options) {
  const auto count = std::count(missing.begin(), missing.end(), 1);
  const bool all = count == static_cast<std::ptrdiff_t>(missing.size());
  if (count == 0 || (options.allow_missing && !all)) return;
  std::string names;
  int shown = 0;
  for (std::size_t i = 0; i < missing.size() && shown < 5; ++i) {
    if (missing[i] == 0) continue;
    names +=
        cat(shown++ == 0 ? "" : ", ", options.rate_hz == 100 ? table.rows[i].file_100hz : table.rows[i].file_500hz);
  }
  throw Error(Code::data_missing, all ? "no record of the table has its files" : "records of the table have no files")
      .at(table.root.string())
      .got(cat(count, " of ", missing.size(), " records without .hea or .dat: ", names, count > shown ? ", ..." : ""))
      .hint(all ? cat("is there a records", options.rate_hz, "/ folder? --rate_hz chooses between 100 and 500")
                : "copy them again, or leave them out, listed, with --allow_missing");
}

class Preparation {
 public:
  Preparation(const PtbxlTable& table, const std::vector<PtbxlText>& texts, std::vector<char> missing,
              const PtbxlOptions& options, int jobs)
      : table_(table), texts_(texts), missing_(std::move(missing)), options_(options), jobs_(jobs) {}

  // Reads candidates [first, end) and hands them to the writer in order.
  void shard(data::StoreWriter& writer, std::int64_t first, std::int64_t end) {
    std::vector<PtbxlResult> results(static_cast<std::size_t>(end - first));
    for_each_parallel(first, end, jobs_, [&](std::int64_t i) {
      results[static_cast<std::size_t>(i - first)] = read(static_cast<std::size_t>(i));
    });
    if (!options_.quarantine) refuse_damaged(results);
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto& result = results[i];
      const auto& row = table_.rows[static_cast<std::size_t>(first) + i];
      if (result.problem) {
        writer.exclude(row.id, *reason_of(result.problem->code()), detail_of(*result.problem, table_.root));
      } else {
        writer.add(std::move(result.record));
      }
    }
  }

 private:
  PtbxlResult read(std::size_t i) const {
    PtbxlResult result;
    const auto& row = table_.rows[i];
    try {
      if (missing_[i] != 0) {
        throw Error(Code::data_missing, "header or signal file is not there")
            .at(header_path(table_, row, options_.rate_hz).replace_extension().string());
      }
      result.record = read_record(table_, row, texts_[i], options_.rate_hz);
    } catch (const Error& error) {
      if (!reason_of(error.code())) throw;
      result.problem = error;
    }
    return result;
  }

  void refuse_damaged(const std::vector<PtbxlResult>& results) const {
    const PtbxlResult* first = nullptr;
    std::int64_t count = 0;
    for (const auto& result : results) {
      if (!result.problem || result.problem->code() == Code::data_missing) continue;
      if (first == nullptr) first = &result;
      ++count;
    }
    if (first == nullptr) return;
    auto problem = first->problem->problems().front();
    problem.hint =
        cat(count > 1 ? cat(count - 1, " more among the next records; ") : std::string(),
            "copy it again, or leave damaged records out, listed, with --quarantine; all of them: scar-prepare verify ",
            table_.root.string());
    throw Error(std::vector<Problem>{problem});
  }

  const PtbxlTable& table_;
  const std::vector<PtbxlText>& texts_;
  std::vector<char> missing_;
  const PtbxlOptions& options_;
  int jobs_;
};

}  // namespace

PtbxlSummary prepare_ptbxl(const std::filesystem::path& root, const std::filesystem::path& out,
                           const PtbxlOptions& options, const PtbxlCallbacks& callbacks, int jobs) {
  check_options(options);
  const auto table = read_ptbxl_table(root);
  PtbxlSummary summary;
  summary.census = checked_census(table, options);
  const auto texts = clean_reports(table, callbacks, jobs);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto family = recorder_family(table.rows[i].device);
    if (family.empty()) log::warn(kWarnRecorder, cat("a recorder of no known family: '", table.rows[i].device, "'"));
    ++summary.recorders[family];
    ++summary.languages[texts[i].language];
    if (texts[i].report.empty()) summary.without_content.push_back(table.rows[i].id);
  }
  summary.reports_without_content = static_cast<std::int64_t>(summary.without_content.size());
  auto missing = find_missing(table, options, jobs);
  check_missing(table, missing, options);
  const auto total = static_cast<std::int64_t>(table.rows.size());
  data::StoreWriter writer(out, store_info(table, summary.census, options, callbacks), total);
  Preparation preparation(table, texts, std::move(missing), options, jobs);
  for (std::int64_t shard = 0; shard < writer.shards(); ++shard) {
    if (!writer.shard_done(shard)) {
      preparation.shard(writer, writer.first_candidate(shard), writer.end_candidate(shard));
      writer.end_shard();
    }
    if (callbacks.progress) callbacks.progress(writer.end_candidate(shard), total);
    if (stop_signal() != 0 && shard + 1 < writer.shards()) {
      summary.stopped = true;
      return summary;
    }
  }
  summary.store = writer.finish();
  return summary;
}

}  // namespace scar::ingest
