#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

/// A public partition of a dataset by record name: lines of names under [train], [validation] and [test], '#' comments.
struct SplitList {
  std::map<std::string, int, std::less<>> fold;  // of a record: 1 train, 2 validation, 3 test
  std::array<std::int64_t, 3> sizes{};
  std::vector<std::string> train;  // in the order of the file
  std::string sha256;              // of the file
  /// SHA-256 of the partition itself, lines "NAME FOLD" in order of the names: comments and layout do not count.
  [[nodiscard]] std::string partition_sha256() const;
};

/// Errors: data_missing, csv_invalid (a name before the first section or in two, an unknown section), text_not_utf8.
[[nodiscard]] SplitList read_split_list(const std::filesystem::path& path);
/// The same of a text; `origin` names it in messages.
[[nodiscard]] SplitList parse_split_list(std::string_view text, const std::string& origin);

}  // namespace scar::ingest
