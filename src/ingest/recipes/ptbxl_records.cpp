#include "ptbxl_records.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "scar/core/cat.h"
#include "scar/ingest/recipes/report_language.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

std::optional<std::string> reason_of(Code code) {
  switch (code) {
    case Code::data_missing:
      return "file_missing";
    case Code::data_unreadable:
      return "data_unreadable";
    case Code::header_invalid:
      return "header_invalid";
    case Code::signal_cut_short:
      return "signal_cut_short";
    case Code::signal_too_long:
      return "signal_too_long";
    case Code::signal_checksum:
      return "signal_checksum";
    case Code::signal_initial_value:
      return "signal_initial_value";
    case Code::lead_unknown:
      return "lead_unknown";
    case Code::lead_duplicate:
      return "lead_duplicate";
    case Code::unit_unknown:
      return "unit_unknown";
    case Code::format_unsupported:
      return "format_unsupported";
    case Code::path_escapes_root:
      return "path_escapes_root";
    case Code::text_not_utf8:
      return "text_not_utf8";
    default:
      return std::nullopt;
  }
}

std::string detail_of(const Error& error, const std::filesystem::path& root) {
  const auto& problem = error.problems().front();
  std::string where = problem.where;
  const std::string prefix = (root / "").string();
  if (where.starts_with(prefix)) where.erase(0, prefix.size());
  return cat(problem.what, ": ", where);
}

std::filesystem::path header_path(const PtbxlTable& table, const PtbxlRow& row, std::int64_t rate_hz) {
  return table.root / ((rate_hz == 100 ? row.file_100hz : row.file_500hz) + ".hea");
}

bool files_exist(const PtbxlTable& table, const PtbxlRow& row, std::int64_t rate_hz) {
  auto path = header_path(table, row, rate_hz);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return false;
  return std::filesystem::exists(path.replace_extension(".dat"), ignored);
}

data::EcgRecord read_record(const PtbxlTable& table, const PtbxlRow& row, const PtbxlText& text, std::int64_t rate_hz) {
  const auto path = header_path(table, row, rate_hz);
  auto ecg = read_wfdb_ecg(path);
  if (ecg.rate_hz != static_cast<double>(rate_hz) || ecg.samples != kPtbxlSeconds * rate_hz) {
    throw Error(Code::header_invalid, "the record has another rate or length than all of PTB-XL")
        .at(path.string())
        .got(cat(ecg.samples, " samples at ", ecg.rate_hz, " Hz"))
        .wanted(cat(kPtbxlSeconds * rate_hz, " samples at ", rate_hz, " Hz"));
  }
  if (ecg.gain_assumed) {
    throw Error(Code::header_invalid, "the gain of a signal is missing or 0, which no record of PTB-XL has")
        .at(path.string())
        .wanted("ADC units per physical unit");
  }
  data::EcgRecord record;
  record.id = row.id;
  record.patient = row.patient;
  record.fold = row.fold;
  record.samples = std::move(ecg.values);
  record.scale_mv = ecg.scale_mv;
  record.report_raw = row.report;
  record.report = text.report;
  record.recorder = recorder_family(row.device);
  record.language = text.language;
  record.labels = row.labels;
  return record;
}

void for_each_parallel(std::int64_t first, std::int64_t end, int jobs, const std::function<void(std::int64_t)>& work) {
  std::atomic<std::int64_t> next{first};
  std::mutex mutex;
  std::exception_ptr failure;
  std::int64_t failed_at = end;
  const auto run = [&] {
    for (std::int64_t i = next++; i < end; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
      }
    }
  };
  std::vector<std::thread> threads;
  const auto wanted = std::min<std::int64_t>(jobs, end - first);
  for (std::int64_t i = 1; i < wanted; ++i) threads.emplace_back(run);
  run();
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace scar::ingest
