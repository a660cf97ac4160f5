#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "damage.h"
#include "parallel.h"
#include "scar/core/cat.h"
#include "scar/core/hash.h"
#include "scar/core/stop_flag.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/preparation.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxSumsBytes = std::uint64_t{64} << 20;

// File -> SHA-256 of lines "<64 hex digits> <blank or '*'><relative path>".
std::map<std::string, std::string> read_sums(const DataRoot& root) {
  std::map<std::string, std::string> sums;
  const auto path = root / "SHA256SUMS.txt";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return sums;
  const std::string text = root.read(path, kMaxSumsBytes);
  std::string_view rest = text;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    auto content = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (content.ends_with('\r')) content.remove_suffix(1);
    if (trimmed(content).empty()) continue;
    const auto hex = content.substr(0, 64);
    if (content.size() < 66 || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos ||
        content[64] != ' ') {
      throw Error(Code::data_unreadable, "a line is not a SHA-256 sum and a file name")
          .at(cat(path.string(), ":", line));
    }
    auto name = content.substr(65);
    if (name.front() == ' ' || name.front() == '*') name.remove_prefix(1);
    if (name.starts_with("./")) name.remove_prefix(2);
    sums.emplace(name, hex);
  }
  return sums;
}

class Verifier {
 public:
  Verifier(const Source& source, std::map<std::string, std::string> sums) : source_(source), sums_(std::move(sums)) {}

  void check_sum(const std::string& name) {
    const auto stated = sums_.find(name);
    if (stated == sums_.end()) return;
    ++compared_;
    const auto path = source_.root / name;
    source_.root.check(path);
    if (!std::filesystem::is_regular_file(path))  // a FIFO would let the sum wait for ever
      throw Error(Code::data_unreadable, "not a regular file").at(path.string());
    const auto got = sha256_file(path);
    if (got == stated->second) return;
    throw Error(Code::signal_checksum, "the SHA-256 is not the published one").at(path.string());
  }

  // Reason and detail of what is wrong with a record; an empty reason if nothing is.
  std::pair<std::string, std::string> check(const SourceRecord& record) {
    if (!record.left_out.empty()) return {record.left_out, record.left_out_detail};
    for (const auto& file : record.files) {
      std::error_code ignored;
      if (!std::filesystem::exists(source_.root / file, ignored)) return {"file_missing", file};
    }
    const auto path = source_.root / record.files.front();
    try {
      const auto ecg = source_.read(source_.root, path);
      if (source_.check) source_.check(ecg, path.string());
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
  std::map<std::string, std::string> sums_;
  std::atomic<std::int64_t> compared_{0};
};

}  // namespace

Verification verify_source(const Source& source, const std::vector<std::string>& tables,
                           const IngestCallbacks& callbacks, int jobs) {
  Verification result;
  Verifier verifier(source, read_sums(source.root));
  for (const auto& name : tables) {
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
      if (reason.empty()) {
        ++result.records;
      } else {
        result.problems.push_back({source.records[static_cast<std::size_t>(i)].id, reason, detail, i});
      }
    }
    if (callbacks.progress) callbacks.progress(end, total);
  }
  result.sums = verifier.compared();
  return result;
}

}  // namespace scar::ingest
