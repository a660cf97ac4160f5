#include "scar/data/store/feature_file.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <optional>

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

}  // namespace

struct FeatureFileWriter::State {
  FileTransaction transaction;
  std::optional<OutputFile> file;
  std::int64_t columns = 0, rows = 0, done = 0;
  std::uint64_t features_at = 0, empty_at = 0;

  explicit State(const fs::path& path) : transaction(path) {}
  void make_frame(const FeatureFileHead& head);
};

/// Everything but the values of `embedding` and `empty`, by HDF5. Whether there is room is asked before: HDF5 cannot
/// close a file on a full disk.
void FeatureFileWriter::State::make_frame(const FeatureFileHead& head) {
  std::size_t width = 1;
  for (const auto& id : head.ids) width = std::max(width, id.size());
  const auto n = static_cast<std::uint64_t>(rows);
  const auto row_bytes = static_cast<std::uint64_t>(columns) * sizeof(float) + width + sizeof(std::int32_t) + 1;
  const auto& path = transaction.temporary();
  if (const auto free = free_bytes(path.parent_path()), needed = n * row_bytes + kFrameBytes; free < needed) {
    throw Error(Code::disk_full, "no space for the features")
        .at(path.string())
        .got(cat(free, " bytes free"))
        .wanted(cat(needed, " bytes"));
  }
  std::string packed(width * head.ids.size(), '\0');
  for (std::size_t i = 0; i < head.ids.size(); ++i)
    std::copy(head.ids[i].begin(), head.ids[i].end(), packed.begin() + static_cast<std::ptrdiff_t>(i * width));
  OutputFile(path).close();  // whose errors say more than those of HDF5
  Hdf5Frame frame(path);
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

FeatureFileWriter::FeatureFileWriter(const fs::path& path, const FeatureFileHead& head)
    : state_(std::make_unique<State>(path)) {
  assert(head.columns > 0 && !head.ids.empty() && head.folds.size() == head.ids.size());
  auto& s = *state_;
  s.columns = head.columns;
  s.rows = static_cast<std::int64_t>(head.ids.size());
  s.make_frame(head);
  s.file.emplace(s.transaction.temporary(), OutputFile::Start::as_is);
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
  s.file->write_at(s.features_at + done * width * sizeof(float), values.data(), values.size() * sizeof(float));
  s.file->write_at(s.empty_at + done, empty, static_cast<std::size_t>(count));
  s.done += count;
}

void FeatureFileWriter::commit() {
  auto& s = *state_;
  assert(s.done == s.rows);
  s.file->close();
  s.transaction.commit();
}

}  // namespace scar::data
