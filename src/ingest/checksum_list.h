#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

inline constexpr const char* kChecksumListName = "SHA256SUMS.txt";
/// MIMIC-IV-ECG's list, the longest that is known, has 1.6 million lines and about 200 MB.
inline constexpr std::size_t kMaxChecksumListBytes = std::size_t{512} << 20;

/// A list of files and their SHA-256, as PhysioNet publishes it with each version of a project and as sha256sum writes
/// it: lines "<64 hex digits> <path>", with a second blank or '*' before the path, and "./" before that.
///
/// Lists come from a server and their paths become files here, so nothing is guessed: a line of another form, a path
/// that leaves its folder or could mean another one's file (empty parts, ".", "..", an absolute path, control
/// characters, backslashes), a name that is given twice, and a list that ends within a line are
/// Error(checksum_list_invalid) at `origin`:line.
class ChecksumList {
 public:
  struct Entry {
    std::string_view sha256;  // 64 lower-case hex digits
    std::string_view path;    // relative, '/' between its parts
    int line = 0;             // from 1
  };
  [[nodiscard]] static ChecksumList parse(std::string text, const std::string& origin);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // sorted by path
  [[nodiscard]] std::optional<std::size_t> find(std::string_view path) const;   // index into entries()

 private:
  std::shared_ptr<const std::string> text_;  // what the entries point into
  std::vector<Entry> entries_;
};

}  // namespace scar::ingest
