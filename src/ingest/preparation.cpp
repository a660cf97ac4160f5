#include "scar/ingest/preparation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "damage.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/parallel.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"
#include "scar/ingest/prepared_signal.h"
#include "scar/ingest/recipes/report_language.h"

namespace scar::ingest {

namespace {

data::StoreInfo store_info(const Source& source, double rate_hz, const SignalOptions& signal,
                           const IngestCallbacks& callbacks) {
  data::StoreInfo info;
  info.kind = source.kind;
  info.rate_hz = rate_hz;
  info.samples = std::llround(signal.seconds * rate_hz);
  info.tasks = source.tasks;
  info.train_folds = source.train_folds;
  info.validation_folds = source.validation_folds;
  info.test_folds = source.test_folds;
  auto provenance = parse_json(source.provenance_json, "provenance", static_cast<int>(Code::internal));
  provenance["cleaning"] = parse_json(callbacks.cleaning_json.empty() ? "{}" : callbacks.cleaning_json, "cleaning",
                                      static_cast<int>(Code::internal));
  const auto& processing = signal.processing;
  if (processing.high_pass_hz > 0) provenance["high_pass_hz"] = processing.high_pass_hz;
  if (processing.notch_hz > 0) provenance["notch_hz"] = processing.notch_hz;
  if (processing.derive_leads) {
    provenance["derive_leads"] = "III, aVR, aVL, aVF from I and II where a record lacks them";
    info.tasks.push_back({kDerivedTask, derivable_leads()});
  }
  info.provenance_json = provenance.dump();
  return info;
}

bool files_exist(const Source& source, const SourceRecord& record) {
  std::error_code ignored;
  return std::all_of(record.files.begin(), record.files.end(),
                     [&](const auto& file) { return std::filesystem::exists(source.root / file, ignored); });
}

// Records without files, found before anything is written: a wrong folder or rate is noticed at once.
std::vector<char> find_missing(const Source& source, int jobs) {
  std::vector<char> missing(source.records.size(), 0);
  for_each_parallel(0, static_cast<std::int64_t>(missing.size()), jobs, [&](std::int64_t i) {
    const auto& record = source.records[static_cast<std::size_t>(i)];
    missing[static_cast<std::size_t>(i)] = record.left_out.empty() && !files_exist(source, record) ? 1 : 0;
  });
  return missing;
}

// "records500/" of "records500/00000/00001_hr.hea"
std::string folder_of(const std::string& file) { return file.substr(0, file.find('/') + 1); }

void check_missing(const Source& source, const std::vector<char>& missing, bool allowed) {
  const auto count = std::count(missing.begin(), missing.end(), 1);
  const bool all = count == static_cast<std::ptrdiff_t>(missing.size());
  if (count == 0 || (allowed && !all)) return;
  std::string names;
  int shown = 0;
  for (std::size_t i = 0; i < missing.size() && shown < 5; ++i) {
    if (missing[i] != 0) names += cat(shown++ == 0 ? "" : ", ", source.records[i].files.front());
  }
  throw Error(Code::data_missing, all ? "no record of the table has its files" : "records of the table have no files")
      .at(source.root.string())
      .got(cat(count, " of ", missing.size(), " records without their files: ", names, count > shown ? ", ..." : ""))
      .hint(all ? cat("is there a ", folder_of(source.records.front().files.front()),
                      "? a dataset with copies of several rates has a flag that chooses one")
                : "copy them again, or leave them out, listed, with --allow-missing");
}

// The rate of the store: what is asked for, or the rate of the first record that can be read.
double find_rate(const Source& source, const std::vector<char>& missing, const SignalOptions& signal) {
  if (signal.rate_hz > 0) return static_cast<double>(signal.rate_hz);
  std::optional<Error> first;
  for (std::size_t i = 0; i < source.records.size(); ++i) {
    if (missing[i] != 0 || !source.records[i].left_out.empty()) continue;
    try {
      return source.read(source.root, source.root / source.records[i].files.front()).rate_hz;
    } catch (const Error& error) {
      if (!reason_of(error.code())) throw;
      if (!first) first = error;
    }
  }
  if (first) throw *first;  // none can be read: the first says why
  throw Error(Code::data_unreadable, "no record of the source can be read").at(source.root.string());
}

struct Result {
  data::EcgRecord record;        // if there is no problem
  std::optional<Error> problem;  // of the data of this record
  bool gain_assumed = false, lossy = false, leads_absent = false, saturated = false, derived = false;
  bool flat = false, short_runs = false;
  SignalChanges changes;
};

class Preparation {
 public:
  Preparation(const Source& source, std::vector<char> missing, double rate_hz, const SignalOptions& signal,
              const ToleranceOptions& tolerance, const IngestCallbacks& callbacks, int jobs)
      : source_(source),
        missing_(std::move(missing)),
        rate_hz_(rate_hz),
        signal_(signal),
        tolerance_(tolerance),
        callbacks_(callbacks),
        jobs_(jobs) {}

  // Reads candidates [first, end) and hands them to the writer in order.
  void shard(data::StoreWriter& writer, std::int64_t first, std::int64_t end) {
    std::vector<Result> results(static_cast<std::size_t>(end - first));
    for_each_parallel(first, end, jobs_, [&](std::int64_t i) {
      if (source_.records[static_cast<std::size_t>(i)].left_out.empty())
        results[static_cast<std::size_t>(i - first)] = read(static_cast<std::size_t>(i));
    });
    refuse_damaged(results);
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto& result = results[i];
      const auto& record = source_.records[static_cast<std::size_t>(first) + i];
      if (!record.left_out.empty()) {
        writer.exclude(record.id, record.left_out, record.left_out_detail);
      } else if (result.problem) {
        writer.exclude(record.id, *reason_of(result.problem->code()),
                       detail_of(*result.problem, source_.root.folder()));
      } else {
        count(result);
        writer.add(std::move(result.record));
      }
    }
  }

  [[nodiscard]] std::map<std::string, std::int64_t> notes() const { return notes_; }

 private:
  Result read(std::size_t i) const {
    Result result;
    const auto& row = source_.records[i];
    try {
      const auto path = source_.root / row.files.front();
      if (missing_[i] != 0)
        throw Error(Code::data_missing, "header or signal file is not there")
            .at(std::filesystem::path(path).replace_extension().string());
      auto ecg = source_.read(source_.root, path);
      check_signal(source_, ecg, path.string());
      auto& record = result.record;
      record.labels = row.labels;
      result.gain_assumed = ecg.gain_assumed;
      result.saturated = ecg.saturated > 0;
      const bool lossless = ecg.lossless;
      const auto& processing = signal_.processing;
      auto prepared = prepare_signal(std::move(ecg), rate_hz_, signal_.seconds, processing, path.string());
      result.flat = prepared.flat;
      if (processing.derive_leads) {
        result.derived = prepared.derived != std::array<std::uint8_t, 4>{};
        record.labels[kDerivedTask].assign(prepared.derived.begin(), prepared.derived.end());
      }
      result.lossy = !lossless;
      result.short_runs = prepared.short_runs;
      result.leads_absent = !prepared.ecg.absent_leads.empty();
      result.changes = prepared.changes;
      record.id = row.id;
      record.patient = row.patient;
      record.fold = row.fold;
      record.samples = std::move(prepared.ecg.values);
      record.scale_mv = prepared.ecg.scale_mv;
      record.report_raw = row.report;
      record.report = callbacks_.clean_report ? callbacks_.clean_report(row.report) : row.report;
      record.recorder = row.recorder;
      record.background = row.background;
      record.language =
          row.language.empty() ? detect_language(record.report.empty() ? row.report : record.report) : row.language;
    } catch (const Error& error) {
      if (!reason_of(error.code())) throw;
      result.problem = error;
    }
    return result;
  }

  void refuse_damaged(const std::vector<Result>& results) {
    const Result* first = nullptr;
    std::int64_t count = 0;
    for (const auto& result : results) {
      if (!result.problem || result.problem->code() == Code::data_missing) continue;
      if (first == nullptr) first = &result;
      ++count;
    }
    if (first == nullptr) return;
    damaged_ += count;
    auto problem = first->problem->problems().front();
    if (!tolerance_.quarantine) {
      const bool link = problem.code == Code::link_leaves_root;
      problem.hint = cat(count > 1 ? cat(count - 1, " more among the next records; ") : std::string(),
                         link ? "follow links that you laid yourself with --follow-links" : "copy it again",
                         ", or leave damaged records out, listed, with --quarantine; all of them: scar-prepare verify ",
                         source_.root.string());
      throw Error(std::vector<Problem>{problem});
    }
    const auto most =
        std::max<std::int64_t>(1, std::llround(tolerance_.max_bad * static_cast<double>(source_.records.size())));
    if (damaged_ > most) {
      throw Error(Code::data_unreadable, "too many records are damaged to leave them out")
          .at(source_.root.string())
          .got(cat(damaged_, " so far; the last: ", problem.what, " (", problem.where, ")"))
          .wanted(cat("at most ", most, " of ", source_.records.size()))
          .hint("copy the dataset again, or say --max-bad");
    }
  }

  void count(const Result& result) {
    const auto note = [&](bool happened, const char* name) { notes_[name] += happened ? 1 : 0; };
    note(result.gain_assumed, "gain assumed");
    note(result.lossy, "rounded");
    note(result.leads_absent, "leads absent");
    note(result.saturated, "saturated samples made missing");
    note(result.flat, "flat stretches made missing");
    note(result.derived, "leads derived");
    note(result.short_runs, "short runs made missing");
    note(result.changes.resampled, "resampled");
    note(result.changes.cropped, "cropped");
    note(result.changes.padded, "padded with missing samples");
  }

  const Source& source_;
  std::vector<char> missing_;
  double rate_hz_;
  const SignalOptions& signal_;
  const ToleranceOptions& tolerance_;
  const IngestCallbacks& callbacks_;
  int jobs_;
  std::int64_t damaged_ = 0;
  std::map<std::string, std::int64_t> notes_;
};

}  // namespace

PreparationSummary prepare(const Source& source, const std::filesystem::path& out, const SignalOptions& signal,
                           const ToleranceOptions& tolerance, const IngestCallbacks& callbacks, int jobs) {
  if (source.records.empty()) throw Error(Code::split_empty, "the source has no records").at(source.root.string());
  if (source.final_signals && signal.processing.any()) {
    throw Error(Code::contradiction, "the signals of this variant are stored as they are: no filters, no derived leads")
        .at(source.root.string());
  }
  check_patients(source);
  auto missing = find_missing(source, jobs);
  check_missing(source, missing, tolerance.allow_missing);
  const auto total = static_cast<std::int64_t>(source.records.size());
  const double rate_hz = find_rate(source, missing, signal);
  data::StoreWriter writer(out, store_info(source, rate_hz, signal, callbacks), total);
  Preparation preparation(source, std::move(missing), rate_hz, signal, tolerance, callbacks, jobs);
  PreparationSummary summary;
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
  summary.notes = preparation.notes();
  const auto store = data::Store::open(out);
  for (std::int64_t i = 0; i < store.size(); ++i) {
    ++summary.languages[store.language(i)];
    ++summary.recorders[store.recorder(i)];
    if (store.report(i).empty()) summary.without_content.push_back(store.id(i));
  }
  return summary;
}

}  // namespace scar::ingest
