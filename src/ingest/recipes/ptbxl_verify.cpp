#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "data_root.h"
#include "ptbxl_records.h"
#include "scar/core/cat.h"
#include "scar/core/hash.h"
#include "scar/core/stop_flag.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxSumsBytes = std::uint64_t{64} << 20;

// File -> SHA-256 of lines "<64 hex digits> <blank or '*'><relative path>".
std::map<std::string, std::string> read_sums(const std::filesystem::path& root) {
  std::map<std::string, std::string> sums;
  const auto path = root / "SHA256SUMS.txt";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return sums;
  const std::string text = read_regular_file(path, kMaxSumsBytes);
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
  Verifier(const PtbxlTable& table, const PtbxlOptions& options, std::map<std::string, std::string> sums)
      : table_(table), options_(options), sums_(std::move(sums)) {}

  void check_sum(const std::string& name) {
    const auto stated = sums_.find(name);
    if (stated == sums_.end()) return;
    ++compared_;
    const auto got = sha256_file(table_.root / name);
    if (got == stated->second) return;
    throw Error(Code::signal_checksum, "the SHA-256 is not the published one").at((table_.root / name).string());
  }

  // Reason and detail of what is wrong with a row; an empty reason if nothing is.
  std::pair<std::string, std::string> check(const PtbxlRow& row) {
    const auto& stem = options_.rate_hz == 100 ? row.file_100hz : row.file_500hz;
    try {
      if (!files_exist(table_, row, options_.rate_hz)) return {"file_missing", stem};
      static_cast<void>(read_record(table_, row, {}, options_.rate_hz));
    } catch (const Error& error) {
      const auto reason = reason_of(error.code());
      if (!reason) throw;
      return {*reason, detail_of(error, table_.root)};
    }
    try {
      for (const char* ending : {".hea", ".dat"}) check_sum(stem + ending);
    } catch (const Error& error) {
      return {"sha256", detail_of(error, table_.root)};
    }
    return {};
  }

  [[nodiscard]] std::int64_t compared() const { return compared_; }

 private:
  const PtbxlTable& table_;
  const PtbxlOptions& options_;
  std::map<std::string, std::string> sums_;
  std::atomic<std::int64_t> compared_{0};
};

}  // namespace

PtbxlVerification verify_ptbxl(const std::filesystem::path& root, const PtbxlOptions& options,
                               const PtbxlCallbacks& callbacks, int jobs) {
  Problems wrong_options;
  validate(options, wrong_options);
  wrong_options.throw_if_any();
  const auto table = read_ptbxl_table(root);
  PtbxlVerification result;
  result.census = take_census(table);
  if (!options.partial_table) check_counts(result.census, (root / "ptbxl_database.csv").string());
  Verifier verifier(table, options, read_sums(root));
  for (const char* name : {"ptbxl_database.csv", "scp_statements.csv"}) {
    try {
      verifier.check_sum(name);
    } catch (const Error& error) {
      result.problems.push_back({"", "sha256", detail_of(error, root), 0});
    }
  }
  constexpr std::int64_t kStep = 512;
  const auto total = static_cast<std::int64_t>(table.rows.size());
  for (std::int64_t first = 0; first < total && stop_signal() == 0; first += kStep) {
    const auto end = std::min(total, first + kStep);
    std::vector<std::pair<std::string, std::string>> found(static_cast<std::size_t>(end - first));
    for_each_parallel(first, end, jobs, [&](std::int64_t i) {
      found[static_cast<std::size_t>(i - first)] = verifier.check(table.rows[static_cast<std::size_t>(i)]);
    });
    for (std::int64_t i = first; i < end; ++i) {
      auto& [reason, detail] = found[static_cast<std::size_t>(i - first)];
      if (reason.empty()) {
        ++result.records;
      } else {
        result.problems.push_back({table.rows[static_cast<std::size_t>(i)].id, reason, detail, i});
      }
    }
    if (callbacks.progress) callbacks.progress(end, total);
  }
  result.sums = verifier.compared();
  return result;
}

}  // namespace scar::ingest
