#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace scar::ingest {

/// The folder of a dataset as the user named it. Its tables and headers name other files, which must lie in it: names are
/// relative and do not climb, and links that lead out of it are followed only if the user says so.
class DataRoot {
 public:
  /// Not explicit: a plain folder is a root whose links are not followed out of it.
  DataRoot(std::filesystem::path folder = ".", bool follow_links = false);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] bool follows_links() const { return follow_links_; }
  [[nodiscard]] std::string string() const { return folder_.string(); }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return folder_ / name; }

  /// Whether `path`, with all links resolved, lies in the folder or links are followed. What is not there lies in it.
  [[nodiscard]] bool holds(const std::filesystem::path& path) const;
  /// Error link_leaves_root if it does not hold `path`.
  void check(const std::filesystem::path& path) const;
  /// check() and read_regular_file().
  void read(const std::filesystem::path& path, std::uint64_t max_bytes, std::string& out) const;
  [[nodiscard]] std::string read(const std::filesystem::path& path, std::uint64_t max_bytes) const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path resolved_;  // without links; empty if there is no such folder
  bool follow_links_ = false;
};

/// `folder`/`name` for a name that a data file states. It must be relative and must not climb: an empty or absolute
/// name, one with "..", a backslash or a control character is Error(path_escapes_root) at `where`.
[[nodiscard]] std::filesystem::path inside_root(const std::filesystem::path& folder, std::string_view name,
                                                const std::string& where);

/// The bytes of a regular file, read at once into `out`. data_missing if it is not there; data_unreadable for a folder,
/// FIFO or device (which is not opened), for more than `max_bytes` and for a failed read; permission if it may not be
/// read.
void read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes, std::string& out);
[[nodiscard]] std::string read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace scar::ingest
