#include "scar/data/store/feature_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <limits>

#include "hdf5_errors.h"
#include "hdf5_file.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"

namespace scar::data {

static_assert(std::endian::native == std::endian::little, "features are written without conversion");

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFrameBytes = 1u << 20;  // of HDF5's own, rounded up

[[noreturn]] void fail(int error, const std::string& what, const fs::path& path) {
  const auto code = error == ENOSPC || error == EDQUOT                    ? Code::disk_full
                    : error == EACCES || error == EPERM || error == EROFS ? Code::permission
                                                                          : Code::write_failed;
  throw Error(code, cat(what, ": ", std::strerror(error))).at(path.string());
}

void write_at(int descriptor, const void* bytes, std::size_t size, std::uint64_t offset, const fs::path& path) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto n = ::pwrite(descriptor, from, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno, "cannot write", path);
    from += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace

struct FeatureFileWriter::State {
  fs::path path, temporary;
  std::int64_t columns = 0, rows = 0, done = 0;
  std::uint64_t features_at = 0, empty_at = 0;
  int descriptor = -1;
  bool committed = false;

  ~State() {
    if (descriptor >= 0) ::close(descriptor);
    if (!committed) ::unlink(temporary.c_str());
  }
  [[nodiscard]] fs::path folder() const { return path.has_parent_path() ? path.parent_path() : fs::path("."); }
  void make_frame(const FeatureFileHead& head);
};

/// Everything but the values of `embedding` and `empty`, by HDF5. Whether there is room is asked before: HDF5 cannot
/// close a file on a full disk.
void FeatureFileWriter::State::make_frame(const FeatureFileHead& head) {
  std::size_t width = 1;
  for (const auto& id : head.ids) width = std::max(width, id.size());
  const auto n = static_cast<std::uint64_t>(rows);
  const auto row_bytes = static_cast<std::uint64_t>(columns) * sizeof(float) + width + sizeof(std::int32_t) + 1;
  if (const auto free = free_bytes(folder()), needed = n * row_bytes + kFrameBytes; free < needed) {
    throw Error(Code::disk_full, "no space for the features")
        .at(path.string())
        .got(cat(free, " bytes free"))
        .wanted(cat(needed, " bytes"));
  }
  std::string packed(width * head.ids.size(), '\0');
  for (std::size_t i = 0; i < head.ids.size(); ++i)
    std::copy(head.ids[i].begin(), head.ids[i].end(), packed.begin() + static_cast<std::ptrdiff_t>(i * width));
  if (const int made = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); made >= 0)
    ::close(made);
  else
    fail(errno, "cannot create the file", path);
  Hdf5Frame frame(temporary);
  frame.attribute("/", "format", "scar-embeddings");
  frame.attribute("/", "version", 1);
  for (const auto& [name, value] : head.about) frame.attribute("/", name, value);
  const auto text = text_type(width);
  frame.dataset("/id", {packed.data(), text.id(), {n}});
  frame.dataset("/fold", {head.folds.data(), H5T_STD_I32LE, {n}});
  frame.dataset("/empty", {nullptr, H5T_STD_U8LE, {n}});
  frame.dataset("/embedding", {nullptr, H5T_IEEE_F32LE, {n, static_cast<std::uint64_t>(columns)}});
  empty_at = frame.offset("/empty");
  features_at = frame.offset("/embedding");
  frame.close();
}

FeatureFileWriter::FeatureFileWriter(fs::path path, const FeatureFileHead& head) : state_(std::make_unique<State>()) {
  assert(head.columns > 0 && !head.ids.empty() && head.folds.size() == head.ids.size());
  auto& s = *state_;
  s.path = std::move(path);
  s.temporary = s.folder() / cat(".writing-", s.path.filename().string(), "-", static_cast<long>(::getpid()));
  s.columns = head.columns;
  s.rows = static_cast<std::int64_t>(head.ids.size());
  s.make_frame(head);
  s.descriptor = ::open(s.temporary.c_str(), O_WRONLY | O_CLOEXEC);
  if (s.descriptor < 0) fail(errno, "cannot open the file", s.temporary);
}

FeatureFileWriter::~FeatureFileWriter() = default;

void FeatureFileWriter::append(const float* rows, const std::uint8_t* empty, std::int64_t count) {
  auto& s = *state_;
  assert(count >= 0 && s.done + count <= s.rows);
  const auto width = static_cast<std::size_t>(s.columns);
  std::vector<float> values(rows, rows + static_cast<std::size_t>(count) * width);
  for (std::int64_t i = 0; i < count; ++i) {
    if (empty[i] == 0) continue;
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(i * s.columns), width,
                std::numeric_limits<float>::quiet_NaN());
  }
  const auto done = static_cast<std::uint64_t>(s.done);
  write_at(s.descriptor, values.data(), values.size() * sizeof(float), s.features_at + done * width * sizeof(float),
           s.path);
  write_at(s.descriptor, empty, static_cast<std::size_t>(count), s.empty_at + done, s.path);
  s.done += count;
}

void FeatureFileWriter::commit() {
  auto& s = *state_;
  assert(s.done == s.rows);
  if (::fsync(s.descriptor) != 0) fail(errno, "cannot fsync", s.path);
  if (::close(std::exchange(s.descriptor, -1)) != 0) fail(errno, "cannot close", s.path);
  if (::rename(s.temporary.c_str(), s.path.c_str()) != 0) fail(errno, "cannot rename into place", s.path);
  s.committed = true;
  fsync_path(s.folder());
}

}  // namespace scar::data
