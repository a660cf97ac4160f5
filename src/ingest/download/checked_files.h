#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../checksum_list.h"

namespace scar::ingest {

/// Size and time of last change: while both stay, a file is taken to hold what it held.
struct FileStamp {
  std::int64_t bytes = 0, changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// The stamp of a regular file; nothing if there is nothing. Error(data_unreadable) for a folder, device or FIFO.
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

/// Remembers which files of a list were found to have their SHA-256, so that 40,000 of them need not be hashed again.
/// A text file that only grows: one line "<sha256> <bytes> <changed_ns> <path>" for each, the last one counts, and a
/// line that is not understood (the end of an interrupted write) is passed over: then the file is hashed once more.
class CheckedFiles {
 public:
  CheckedFiles(std::filesystem::path file, const ChecksumList& list);  // the list outlives it
  /// Whether entry `index` of the list was checked when it had this stamp.
  [[nodiscard]] bool knows(std::size_t index, const FileStamp& stamp) const { return stamps_[index] == stamp; }
  void add(std::size_t index, const FileStamp& stamp);
  void save();  // appends what was added since; not atomic, see above

 private:
  std::filesystem::path file_;
  const ChecksumList& list_;
  std::vector<FileStamp> stamps_;  // of the list's entries; bytes = -1: not checked
  std::string added_;
};

}  // namespace scar::ingest
