#pragma once

#include <cstdint>
#include <filesystem>

#include "shard_file.h"

namespace scar::data {

/// A shard's file, opened for reads at offsets; may be used by several threads at once.
class ShardSignal {
 public:
  /// Error data_missing.
  explicit ShardSignal(std::filesystem::path path);
  ~ShardSignal();
  ShardSignal(ShardSignal&& other) noexcept;
  ShardSignal& operator=(ShardSignal&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// `count` samples from byte `offset`, checked against their XXH3. `id` and `record` are for the message. Errors:
  /// shard_cut_short, data_unreadable, record_checksum.
  void read(std::uint64_t offset, std::size_t count, std::uint64_t checksum, std::string_view id,
            std::int16_t* out) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Reads every record of a shard; throws at the first that is damaged.
void check_all_signals(const std::filesystem::path& path, const ShardContent& content, std::int64_t samples);

}  // namespace scar::data
