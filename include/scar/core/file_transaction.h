#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace scar {

/// Whole text of a regular file; throws Error(code_missing) with the path. At most max_bytes.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, int code_missing = 3001,
                                    std::uint64_t max_bytes = std::uint64_t{4} << 30);

/// The error of a system call that failed on a file: disk_full, permission or write_failed. error: errno.
[[noreturn]] void fail_file(int error, const std::string& what, const std::filesystem::path& path);

/// A file under construction. Every write and the close are checked, errors are those of fail_file().
class OutputFile {
 public:
  enum class Start { empty, as_is };  // as_is: the file exists and keeps what it holds
  explicit OutputFile(const std::filesystem::path& path, Start start = Start::empty);
  ~OutputFile();  // closes without a check if close() was not called
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  void write(const void* bytes, std::size_t size);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
  void write_at(std::uint64_t offset, const void* bytes, std::size_t size);
  void close();  // fsync and close, both checked

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

void fsync_path(const std::filesystem::path& path);  // file or folder

/// How the names of files and folders begin that are not complete; a killed process leaves them behind.
inline constexpr const char* kTemporaryPrefix = ".writing-";

/// A file that appears all at once: old or new, never a part. What was written to temporary(), and fsynced by its
/// writer, takes the place of `path` at commit(). Without commit() the destructor removes it.
class FileTransaction {
 public:
  explicit FileTransaction(std::filesystem::path path);  // temporary: <parent>/.writing-<name>-<pid>
  ~FileTransaction();
  FileTransaction(const FileTransaction&) = delete;
  FileTransaction& operator=(const FileTransaction&) = delete;
  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }
  void commit();  // renames and fsyncs the folder

 private:
  std::filesystem::path path_, temporary_;
  bool committed_ = false;
};

/// The same for bytes at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// A folder that appears all at once. Files are written below staging(); commit() fsyncs them, writes MANIFEST.json
/// (name, size, SHA-256 of every file, and `manifest_extra`) last, renames staging to `final_path` and fsyncs the parent.
/// Without commit() the destructor removes the staging folder. An existing final_path is Error(output_exists).
class DirectoryTransaction {
 public:
  explicit DirectoryTransaction(std::filesystem::path final_path);  // staging: <parent>/.writing-<name>-<pid>
  ~DirectoryTransaction();
  DirectoryTransaction(const DirectoryTransaction&) = delete;
  DirectoryTransaction& operator=(const DirectoryTransaction&) = delete;
  [[nodiscard]] const std::filesystem::path& staging() const { return staging_; }
  /// `manifest_extra_json`: a JSON object whose members join the manifest ("" = none).
  void commit(const std::string& manifest_extra_json = {});

 private:
  std::filesystem::path final_, staging_;
  bool committed_ = false;
};

/// "" if the folder holds a MANIFEST.json and every file in it has the size and SHA-256 written there; else what is wrong.
[[nodiscard]] std::string verify_directory(const std::filesystem::path& folder);

/// Bytes that an unprivileged user may still write on the file system of `path`.
[[nodiscard]] std::uint64_t free_bytes(const std::filesystem::path& path);

/// Advisory exclusive lock on a file, held for the life of the object, released by the kernel if the process dies.
/// A lock that somebody holds is Error(locked), naming the process.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace scar
