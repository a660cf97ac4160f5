#include "scar/ingest/data_root.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "strict_text.h"

namespace scar::ingest {

namespace fs = std::filesystem;

DataRoot::DataRoot(fs::path folder, bool follow_links) : folder_(std::move(folder)), follow_links_(follow_links) {
  std::error_code error;
  resolved_ = fs::canonical(folder_.empty() ? "." : folder_, error);
}

namespace {

bool lies_in(const fs::path& resolved_root, const fs::path& path) {
  std::error_code error;
  const auto resolved = fs::canonical(path, error);
  if (error) return true;  // it is not there: reading it says so
  const auto relative = resolved.lexically_relative(resolved_root);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

bool DataRoot::holds(const fs::path& path) const {
  if (follow_links_) return true;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || S_ISLNK(status.st_mode)) return lies_in(resolved_, path);
  // A plain file lies where its folder does. Records of one folder follow each other, and resolving a path takes a third
  // of the time of reading a short record, so that each thread remembers the folder it asked about last.
  struct Answer {
    std::string root{}, folder{};
    bool inside = false;
  };
  thread_local Answer last;
  const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (last.folder != folder.native() || last.root != resolved_.native())
    last = {resolved_.native(), folder.native(), lies_in(resolved_, folder)};
  return last.inside;
}

void DataRoot::check(const fs::path& path) const {
  if (holds(path)) return;
  throw Error(Code::link_leaves_root, "a link leads out of the data folder")
      .at(path.string())
      .wanted(cat("a file in ", folder_.empty() ? std::string(".") : folder_.string()))
      .hint("if you laid the link yourself: --follow-links follows it");
}

void DataRoot::read(const fs::path& path, std::uint64_t max_bytes, std::string& out) const {
  check(path);
  read_regular_file(path, max_bytes, out);
}

std::string DataRoot::read(const fs::path& path, std::uint64_t max_bytes) const {
  std::string out;
  read(path, max_bytes, out);
  return out;
}

std::filesystem::path inside_root(const std::filesystem::path& folder, std::string_view name,
                                  const std::string& where) {
  bool bad = name.empty() || name.front() == '/' || name.size() > 1024;
  for (const char c : name) bad = bad || static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7F;
  const std::filesystem::path relative(name);
  for (const auto& part : relative) bad = bad || part == "..";
  if (bad || !relative.has_filename()) {
    throw Error(Code::path_escapes_root, "a file name leaves the data folder")
        .at(where)
        .got(shown(name))
        .wanted("a relative path without '..'");
  }
  return folder / relative;
}

namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

}  // namespace

void read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes, std::string& out) {
  const auto irregular = [&] { return Error(Code::data_unreadable, "not a regular file").at(path.string()); };
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) throw irregular();
  // Between these calls it may become something else. O_NONBLOCK: opening a FIFO without a writer would wait for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    const int reason = errno;
    if (reason == ENOENT || reason == ENOTDIR) throw Error(Code::data_missing, "file not found").at(path.string());
    if (reason == EACCES || reason == EPERM) throw Error(Code::permission, "file may not be read").at(path.string());
    throw Error(Code::data_unreadable, cat("file cannot be opened: ", std::strerror(reason))).at(path.string());
  }
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) throw irregular();
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    throw Error(Code::data_unreadable, "file is larger than any that is expected here")
        .at(path.string())
        .got(cat(size, " bytes"))
        .wanted(cat("at most ", max_bytes, " bytes"));
  }
  out.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(file.get(), out.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(Code::data_unreadable, cat("reading failed: ", std::strerror(errno))).at(path.string());
    if (got == 0) throw Error(Code::data_unreadable, "file became shorter while it was read").at(path.string());
    done += static_cast<std::size_t>(got);
  }
}

std::string read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  std::string out;
  read_regular_file(path, max_bytes, out);
  return out;
}

}  // namespace scar::ingest
