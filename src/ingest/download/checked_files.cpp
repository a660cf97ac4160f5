#include "checked_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "../strict_text.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/ingest/data_root.h"

namespace scar::ingest {

namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{2} << 30;

}  // namespace

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw Error(Code::permission, cat("a file cannot be looked at: ", std::strerror(errno))).at(path.string());
  }
  if (!S_ISREG(info.st_mode)) {
    throw Error(Code::data_unreadable, "not a regular file, but a file is to be there")
        .at(path.string())
        .hint("move it away, or choose another --out");
  }
  return FileStamp{info.st_size, info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec};
}

CheckedFiles::CheckedFiles(std::filesystem::path file, const ChecksumList& list)
    : file_(std::move(file)), list_(list), stamps_(list.entries().size(), FileStamp{-1, 0}) {
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored)) return;
  const auto text = read_regular_file(file_, kMaxBytes);
  std::string_view rest = text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    std::string_view fields[3];
    for (auto& field : fields) {
      const auto blank = std::min(line.find(' '), line.size());
      field = line.substr(0, blank);
      line.remove_prefix(std::min(blank + 1, line.size()));
    }
    const auto bytes = parse_number<std::int64_t>(fields[1]), changed_ns = parse_number<std::int64_t>(fields[2]);
    const auto index = list.find(line);
    if (!bytes || !changed_ns || !index || list.entries()[*index].sha256 != fields[0]) continue;
    stamps_[*index] = {*bytes, *changed_ns};
  }
  if (!rest.empty()) added_ += '\n';  // ends the line that was cut
}

void CheckedFiles::add(std::size_t index, const FileStamp& stamp) {
  if (stamps_[index] == stamp) return;
  stamps_[index] = stamp;
  const auto& entry = list_.entries()[index];
  added_ += cat(entry.sha256, " ", stamp.bytes, " ", stamp.changed_ns, " ", entry.path, "\n");
}

void CheckedFiles::save() {
  if (added_.empty()) return;
  const int out = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const auto written = out < 0 ? -1 : ::write(out, added_.data(), added_.size());
  const int reason = errno;
  if (out >= 0) ::close(out);
  if (written != static_cast<ssize_t>(added_.size())) {
    throw Error(out < 0 && reason == EACCES ? Code::permission : Code::write_failed, "cannot write what was checked")
        .at(file_.string())
        .got(written < 0 ? std::string(std::strerror(reason)) : std::string("no space left"));
  }
  added_.clear();
}

}  // namespace scar::ingest
