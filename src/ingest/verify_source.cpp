#include <algorithm>
#include <atomic>
#include <utility>

#include "checksum_list.h"
#include "damage.h"
#include "scar/core/cat.h"
#include "scar/core/hash.h"
#include "scar/core/parallel.h"
#include "scar/core/stop_flag.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"

namespace scar::ingest {

namespace {

// The list that lies in the folder, empty where there is none.
ChecksumList read_sums(const DataRoot& root) {
  const auto path = root / kChecksumListName;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  return ChecksumList::parse(root.read(path, kMaxChecksumListBytes), path.string());
}

class Verifier {
 public:
  Verifier(const Source& source, ChecksumList sums) : source_(source), sums_(std::move(sums)) {}

  void check_sum(const std::string& name) {
    const auto stated = sums_.find(name);
    if (!stated) return;
    ++compared_;
    const auto path = source_.root / name;
    source_.root.check(path);
    if (!std::filesystem::is_regular_file(path))  // a FIFO would let the sum wait for ever
      throw Error(Code::data_unreadable, "not a regular file").at(path.string());
    const auto got = sha256_file(path);
    if (got == sums_.entries()[*stated].sha256) return;
    throw Error(Code::signal_checksum, "the SHA-256 is not the published one").at(path.string());
  }

  // Reason and detail of what is wrong with a record; an empty reason if nothing is.
  std::pair<std::string, std::string> check(const SourceRecord& record) {
    for (const auto& file : record.files) {
      std::error_code ignored;
      if (std::filesystem::exists(source_.root / file, ignored)) continue;
      return record.left_out.empty() ? std::pair<std::string, std::string>{"file_missing", file}
                                     : std::pair<std::string, std::string>{};
    }
    const auto path = source_.root / record.files.front();
    try {
      const auto ecg = source_.read(source_.root, path);
      check_signal(source_, ecg, path.string());
    } catch (const Error& error) {
      const auto reason = reason_of(error.code());
      if (!reason) throw;
      return {*reason, detail_of(error, source_.root.folder())};
    }
    try {
      for (const auto& file : record.files) check_sum(file);
    } catch (const Error& error) {
      return {"sha256", detail_of(error, source_.root.folder())};
    }
    return {};
  }

  [[nodiscard]] std::int64_t compared() const { return compared_; }

 private:
  const Source& source_;
  ChecksumList sums_;
  std::atomic<std::int64_t> compared_{0};
};

}  // namespace

Verification verify_source(const Source& source, const IngestCallbacks& callbacks, int jobs) {
  Verification result;
  Verifier verifier(source, read_sums(source.root));
  for (const auto& name : source.tables) {
    try {
      verifier.check_sum(name);
    } catch (const Error& error) {
      result.problems.push_back({"", "sha256", detail_of(error, source.root.folder()), 0});
    }
  }
  constexpr std::int64_t kStep = 512;
  const auto total = static_cast<std::int64_t>(source.records.size());
  for (std::int64_t first = 0; first < total && stop_signal() == 0; first += kStep) {
    const auto end = std::min(total, first + kStep);
    std::vector<std::pair<std::string, std::string>> found(static_cast<std::size_t>(end - first));
    for_each_parallel(first, end, jobs, [&](std::int64_t i) {
      found[static_cast<std::size_t>(i - first)] = verifier.check(source.records[static_cast<std::size_t>(i)]);
    });
    for (std::int64_t i = first; i < end; ++i) {
      auto& [reason, detail] = found[static_cast<std::size_t>(i - first)];
      const auto& record = source.records[static_cast<std::size_t>(i)];
      if (!reason.empty())
        result.problems.push_back({record.id, reason, detail, i});
      else if (!record.left_out.empty())
        result.left_out.push_back({record.id, record.left_out, record.left_out_detail, i});
      else
        ++result.records;
    }
    if (callbacks.progress) callbacks.progress(end, total);
  }
  result.sums = verifier.compared();
  return result;
}

}  // namespace scar::ingest
