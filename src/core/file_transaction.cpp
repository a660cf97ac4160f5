#include "scar/core/file_transaction.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"

namespace scar {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path temporary_beside(const fs::path& path) {
  return folder_of(path) / cat(kTemporaryPrefix, path.filename().string(), "-", static_cast<long>(::getpid()));
}

}  // namespace

void fail_file(int error, const std::string& what, const fs::path& path) {
  const auto reason = std::string(std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    throw Error(Code::disk_full, cat(what, ": no space left"))
        .at(path.string())
        .hint("free space on this file system and run the same command again; what was complete before still is");
  }
  if (error == EACCES || error == EPERM || error == EROFS) {
    throw Error(Code::permission, cat(what, ": ", reason))
        .at(path.string())
        .hint("choose a folder that you may write to");
  }
  throw Error(Code::write_failed, cat(what, ": ", reason)).at(path.string());
}

std::string read_file(const fs::path& path, int code_missing, std::uint64_t max_bytes) {
  const auto code = static_cast<Code>(code_missing);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    throw Error(code, cat("cannot open the file: ", std::strerror(errno))).at(path.string());
  }
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    throw Error(code, "not a regular file").at(path.string());
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_bytes) {
    ::close(descriptor);
    throw Error(code, "the file is too large")
        .at(path.string())
        .got(cat(size, " bytes"))
        .wanted(cat("at most ", max_bytes, " bytes"));
  }
  std::string text(size, '\0');
  std::uint64_t done = 0;
  while (done < size) {
    const auto n = ::read(descriptor, text.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::uint64_t>(n);
  }
  ::close(descriptor);
  if (done != size) {
    throw Error(code, "reading ended early").at(path.string()).got(cat(done, " bytes")).wanted(cat(size, " bytes"));
  }
  return text;
}

OutputFile::OutputFile(const fs::path& path, Start start) : path_(path) {
  const int create = start == Start::empty ? O_CREAT | O_TRUNC : 0;
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | create, 0666);
  if (descriptor_ < 0) fail_file(errno, create != 0 ? "cannot create the file" : "cannot open the file", path_);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::write(const void* bytes, std::size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto n = ::write(descriptor_, from, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_file(errno, "cannot write", path_);
    from += n;
    size -= static_cast<std::size_t>(n);
  }
}

void OutputFile::write_at(std::uint64_t offset, const void* bytes, std::size_t size) {
  if (::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) fail_file(errno, "cannot write", path_);
  write(bytes, size);
}

void OutputFile::close() {
  if (::fsync(descriptor_) != 0) fail_file(errno, "cannot fsync", path_);
  const int closing = descriptor_;
  descriptor_ = -1;
  if (::close(closing) != 0) fail_file(errno, "cannot close", path_);
}

void fsync_path(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_file(errno, "cannot open", path);
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some network file systems cannot fsync a folder and say EINVAL; the files themselves are synced.
  if (result != 0 && error != EINVAL) fail_file(error, "cannot fsync", path);
}

FileTransaction::FileTransaction(fs::path path) : path_(std::move(path)), temporary_(temporary_beside(path_)) {}

FileTransaction::~FileTransaction() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void FileTransaction::commit() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_file(errno, "cannot rename into place", path_);
  committed_ = true;
  fsync_path(folder_of(path_));
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  FileTransaction transaction(path);
  OutputFile out(transaction.temporary());
  out.write(bytes);
  out.close();
  transaction.commit();
}

DirectoryTransaction::DirectoryTransaction(fs::path final_path) : final_(std::move(final_path)) {
  if (final_.filename().empty()) final_ = final_.parent_path();  // "a/b/" means "a/b"
  const auto parent = folder_of(final_);
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) fail_file(error.value(), "cannot create the folder", parent);
  if (fs::exists(fs::symlink_status(final_))) {
    throw Error(Code::output_exists, "the folder exists already")
        .at(final_.string())
        .hint("choose another name or remove it");
  }
  staging_ = temporary_beside(final_);
  fs::remove_all(staging_, error);
  if (!fs::create_directory(staging_, error)) fail_file(error.value(), "cannot create the folder", staging_);
}

DirectoryTransaction::~DirectoryTransaction() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(staging_, ignored);
}

void DirectoryTransaction::commit(const std::string& manifest_extra_json) {
  std::vector<fs::path> files, folders{staging_};
  for (const auto& entry : fs::recursive_directory_iterator(staging_)) {
    (entry.is_directory() ? folders : files).push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  Json manifest;
  manifest["format"] = 1;
  if (!manifest_extra_json.empty()) {
    manifest.update(parse_json(manifest_extra_json, "manifest", static_cast<int>(Code::internal)));
  }
  manifest["files"] = Json::array();
  for (const auto& file : files) {
    fsync_path(file);
    Json entry;
    entry["name"] = fs::relative(file, staging_).generic_string();
    entry["bytes"] = static_cast<std::uint64_t>(fs::file_size(file));
    entry["sha256"] = sha256_file(file);
    manifest["files"].push_back(std::move(entry));
  }
  OutputFile out(staging_ / "MANIFEST.json");
  out.write(manifest.dump(2) + "\n");
  out.close();
  for (const auto& folder : folders) fsync_path(folder);
  // rename() would succeed onto an empty folder; NOREPLACE refuses that too.
  if (::renameat2(AT_FDCWD, staging_.c_str(), AT_FDCWD, final_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) {
      throw Error(Code::output_exists, "the folder appeared while it was being written").at(final_.string());
    }
    if (errno != EINVAL || ::rename(staging_.c_str(), final_.c_str()) != 0)
      fail_file(errno, "cannot rename into place", final_);
  }
  committed_ = true;
  fsync_path(folder_of(final_));
}

std::string verify_directory(const fs::path& folder) {
  const auto manifest_path = folder / "MANIFEST.json";
  std::error_code error;
  if (!fs::is_regular_file(manifest_path, error)) return "MANIFEST.json is missing";
  try {
    const auto manifest = read_json(manifest_path, static_cast<int>(Code::manifest_invalid), 64u << 20);
    if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_array()) {
      return "MANIFEST.json lists no files";
    }
    for (const auto& entry : manifest["files"]) {
      const auto name = entry.at("name").get<std::string>();
      if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos)
        return cat("MANIFEST.json names ", name);
      const auto path = folder / name;
      if (!fs::is_regular_file(path, error)) return cat(name, " is missing");
      const auto wanted = entry.at("bytes").get<std::uint64_t>();
      const auto size = static_cast<std::uint64_t>(fs::file_size(path));
      if (size != wanted) return cat(name, " has ", size, " bytes, expected ", wanted);
      if (sha256_file(path) != entry.at("sha256").get<std::string>())
        return cat(name, " has another SHA-256 than written");
    }
  } catch (const Error& problem) {
    return problem.problems().front().what +
           (problem.problems().front().got.empty() ? "" : ": " + problem.problems().front().got);
  } catch (const std::exception& problem) {
    return cat("MANIFEST.json is malformed: ", problem.what());
  }
  return {};
}

std::uint64_t free_bytes(const fs::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) fail_file(errno, "cannot ask for free space", path);
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

FileLock::FileLock(const fs::path& path) {
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail_file(errno, "cannot create the lock file", path);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    char holder[64] = {};
    [[maybe_unused]] const auto n = ::pread(descriptor_, holder, sizeof holder - 1, 0);
    ::close(descriptor_);
    descriptor_ = -1;
    if (error != EWOULDBLOCK) fail_file(error, "cannot lock", path);
    std::string who(holder);
    while (!who.empty() && who.back() == '\n') who.pop_back();
    throw Error(Code::locked, "another process is using this folder")
        .at(path.string())
        .got(who.empty() ? "a lock" : cat("a lock of process ", who))
        .hint("wait for it to end, or stop it");
  }
  const auto text = cat(static_cast<long>(::getpid()), "\n");
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, text.data(), text.size(), 0) < 0) {
    const int error = errno;
    ::close(descriptor_);
    descriptor_ = -1;
    fail_file(error, "cannot write the lock file", path);
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace scar
