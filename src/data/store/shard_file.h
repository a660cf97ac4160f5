#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scar/data/store/store_format.h"

namespace scar::data {

/// Texts of a shard: all bytes one after another, and where each begins; n + 1 offsets, the last is the number of
/// bytes.
struct TextColumn {
  std::string bytes;
  std::vector<std::uint64_t> offsets{0};

  void push_back(std::string_view text) {
    bytes += text;
    offsets.push_back(bytes.size());
  }
  [[nodiscard]] std::size_t size() const { return offsets.size() - 1; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes).substr(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

/// All of a shard but its samples.
struct ShardContent {
  std::string configuration;  // configuration_hash() of the store
  std::int64_t shard = 0, first_candidate = 0, candidates = 0;
  std::vector<std::int64_t> candidate;  // per record
  TextColumn id, patient, report, report_raw, recorder, language;
  TextColumn sex, device, site;
  std::vector<std::int32_t> fold, age;
  std::vector<float> scale_mv;
  std::vector<std::vector<std::uint8_t>> labels;  // per task of the StoreInfo: [n, classes]
  std::vector<std::uint8_t> primary, secondary;   // [n, findings, bitmap_bytes]
  std::vector<std::uint64_t> checksum;            // XXH3 over the samples of each record
  TextColumn excluded_id, excluded_reason, excluded_detail;
  std::vector<std::int64_t> excluded_candidate;

  // Of a shard that was read:
  std::uint64_t file_bytes = 0, signal_offset = 0;
  std::string metadata_checksum;

  [[nodiscard]] std::int64_t records() const { return static_cast<std::int64_t>(candidate.size()); }
  [[nodiscard]] std::int64_t excluded() const { return static_cast<std::int64_t>(excluded_candidate.size()); }
};

/// XXH3, in hex, over every column but the samples (whose checksums are a column), and the range of candidates.
[[nodiscard]] std::string metadata_checksum(const ShardContent& content, const StoreInfo& info);

/// Bytes of the HDF5 file. `signal` [n, 12, T] is given up on the way, so that memory holds it twice, not three times.
[[nodiscard]] std::string shard_image(const ShardContent& content, std::vector<std::int16_t>&& signal,
                                      const StoreInfo& info);

/// Reads a shard and checks its version, layout, shapes, metadata checksum and that each candidate of its range is
/// either a record or excluded. Errors: data_missing, store_version, shard_invalid, shard_checksum. What belongs to the
/// store (configuration, number) is for the caller to compare.
[[nodiscard]] ShardContent read_shard(const std::filesystem::path& path, const StoreInfo& info);

/// Its configuration hash alone. Errors: data_missing, store_version, shard_invalid.
[[nodiscard]] std::string read_shard_configuration(const std::filesystem::path& path);

}  // namespace scar::data
