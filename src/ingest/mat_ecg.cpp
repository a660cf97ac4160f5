#include "mat_ecg.h"

#include <matio.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>

#include "data_root.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"

namespace scar::ingest {

namespace {

constexpr double kRate = 500;
constexpr std::size_t kMaxSamples = 1'000'000;  // more than half an hour; the longest record has 144 s
constexpr std::uintmax_t kMaxBytes = std::uintmax_t{64} << 20;

struct CloseFile {
  void operator()(mat_t* file) const { Mat_Close(file); }
};
struct FreeVariable {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};

Error invalid(const std::filesystem::path& path, std::string what) {
  return Error(Code::mat_invalid, std::move(what)).at(path.string());
}

// Inflates a compressed element to its end and drops what comes out: zlib checks its sum, and a small file cannot grow
// beyond `limit` when it is read.
bool inflates(const unsigned char* bytes, std::size_t size, std::size_t limit) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return false;
  std::array<unsigned char, 1U << 16> out;
  stream.next_in = const_cast<unsigned char*>(bytes);  // zlib does not write to it
  stream.avail_in = static_cast<unsigned>(size);
  int status = Z_OK;
  while (status == Z_OK && stream.total_out <= limit) {
    stream.next_out = out.data();
    stream.avail_out = out.size();
    status = inflate(&stream, Z_NO_FLUSH);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && stream.total_out <= limit;
}

// The elements of a MATLAB 5 file must fill it exactly: the library reads a file that is cut short or damaged without a
// word. After a header of 128 bytes each element is its type, its size and its bytes.
void check_elements(const std::filesystem::path& path) {
  constexpr std::size_t kHeader = 128, kTag = 8;
  constexpr std::uint32_t kCompressed = 15;
  const auto file = read_regular_file(path, kMaxBytes);
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  if (file.size() < kHeader || file[kHeader - 2] != 'I' || file[kHeader - 1] != 'M')
    throw invalid(path, "not a MATLAB 5 file, low byte first");
  std::size_t at = kHeader;
  while (at + kTag <= file.size()) {
    std::uint32_t type = 0, size = 0;
    std::memcpy(&type, bytes + at, sizeof type);
    std::memcpy(&size, bytes + at + sizeof type, sizeof size);
    at += kTag;
    if (size > file.size() - at) break;
    if (type == kCompressed && !inflates(bytes + at, size, 13 * kMaxSamples * sizeof(double)))
      throw invalid(path, "a compressed part of the file is damaged or too large").hint("copy the record again");
    at += type == kCompressed ? size : (size + 7U) / 8U * 8U;
  }
  if (at != file.size()) throw invalid(path, "the file is cut short or damaged").hint("copy the record again");
}

}  // namespace

EcgSamples read_mat_ecg(const std::filesystem::path& path) {
  check_elements(path);
  Mat_LogInitFunc("scar", [](int, char*) {});  // its messages go to stderr else; what is wrong is said below
  const std::unique_ptr<mat_t, CloseFile> file(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
  if (!file || Mat_GetVersion(file.get()) != MAT_FT_MAT5) throw invalid(path, "not a MATLAB 5 file");
  std::unique_ptr<matvar_t, FreeVariable> ecg(Mat_VarReadInfo(file.get(), "ECG"));
  if (!ecg || ecg->class_type != MAT_C_STRUCT) throw invalid(path, "there is no struct ECG");
  auto* field = Mat_VarGetStructFieldByName(ecg.get(), "data", 0);
  bool read = false;
  if (field != nullptr && field->rank == 0) {  // of some compressed structs nothing is known before they are read
    Mat_Rewind(file.get());
    ecg.reset(Mat_VarRead(file.get(), "ECG"));
    field = ecg ? Mat_VarGetStructFieldByName(ecg.get(), "data", 0) : nullptr;
    read = true;
  }
  if (field == nullptr) throw invalid(path, "the struct ECG has no field 'data'");
  if (field->class_type != MAT_C_DOUBLE || field->isComplex != 0 || field->rank != 2 || field->dims[0] != 12 ||
      field->dims[1] < 1 || field->dims[1] > kMaxSamples) {
    throw invalid(path, "ECG.data is no matrix of 12 leads")
        .got(field->rank == 2 ? cat(field->dims[0], " x ", field->dims[1]) : cat(field->rank, " dimensions"))
        .wanted(cat("12 x n double, n at most ", kMaxSamples));
  }
  if ((!read && Mat_VarReadDataAll(file.get(), ecg.get()) != 0) || field->data == nullptr ||
      field->nbytes != field->dims[1] * 12 * sizeof(double)) {
    throw invalid(path, "ECG.data cannot be read: the file is cut short or damaged").hint("copy the record again");
  }
  EcgSamples out;
  out.rate_hz = kRate;
  out.samples = static_cast<std::int64_t>(field->dims[1]);
  const auto* values = static_cast<const double*>(field->data);  // column-major: the leads of a sample side by side
  const auto count = field->dims[1] * 12;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(values[i])) out.largest_mv = std::max(out.largest_mv, std::abs(values[i]));
  }
  const double scale = std::max(0.001, out.largest_mv / 32767);
  out.scale_mv = static_cast<float>(scale);
  out.lossless = false;
  out.values.resize(count);
  for (std::size_t lead = 0; lead < 12; ++lead) {
    for (std::size_t t = 0; t < field->dims[1]; ++t) {
      const double value = values[t * 12 + lead];
      out.values[lead * field->dims[1] + t] =
          std::isfinite(value) ? static_cast<std::int16_t>(std::clamp(std::round(value / scale), -32767.0, 32767.0))
                               : data::kMissing;
    }
  }
  return out;
}

}  // namespace scar::ingest
