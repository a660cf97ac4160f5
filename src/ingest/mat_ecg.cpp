#include "mat_ecg.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "mat5_file.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/data_root.h"

namespace scar::ingest {

namespace {

constexpr double kRate = 500;
constexpr std::size_t kLeads = 12;
constexpr std::size_t kMaxSamples = 1'000'000;  // more than half an hour; the longest record has 144 s
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

}  // namespace

EcgSamples parse_mat_ecg(std::string_view bytes, const std::string& origin) {
  const Mat5File file(bytes, origin, (kLeads + 1) * kMaxSamples * sizeof(double));
  const auto matrix = file.matrix("ECG", "data", kLeads, kMaxSamples);
  EcgSamples out;
  out.rate_hz = kRate;
  out.samples = static_cast<std::int64_t>(matrix.columns);
  for (const auto value : matrix.values) {
    if (std::isfinite(value)) out.largest_mv = std::max(out.largest_mv, std::abs(value));
  }
  const double scale = std::max(0.001, out.largest_mv / 32767);
  if (scale > std::numeric_limits<float>::max()) {
    throw Error(Code::mat_invalid, "ECG.data has values that are no voltages")
        .at(origin)
        .got(cat(out.largest_mv, " mV"))
        .hint("copy the record again");
  }
  out.scale_mv = static_cast<float>(scale);
  out.lossless = false;
  out.values.resize(matrix.values.size());
  for (std::size_t lead = 0; lead < kLeads; ++lead) {
    for (std::size_t t = 0; t < matrix.columns; ++t) {
      const double value = matrix.values[t * kLeads + lead];  // the leads of a sample side by side
      out.values[lead * matrix.columns + t] =
          std::isfinite(value) ? static_cast<std::int16_t>(std::clamp(std::round(value / scale), -32767.0, 32767.0))
                               : data::kMissing;
    }
  }
  return out;
}

EcgSamples read_mat_ecg(const DataRoot& root, const std::filesystem::path& path) {
  return parse_mat_ecg(root.read(path, kMaxBytes), path.string());
}

}  // namespace scar::ingest
