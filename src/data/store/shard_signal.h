#pragma once

#include <cstdint>
#include <filesystem>

#include "scar/core/file_map.h"
#include "shard_file.h"

namespace scar::data {

/// How the samples of a shard come: by a read of the file each time, or from a map of it, which is quicker for those who
/// come back to records that are in memory. From a disk a map reads more than was asked for.
enum class ShardAccess { read, map };

/// Where the samples of a record begin; no shard: not known.
struct SamplePlace {
  const class ShardSignal* shard = nullptr;
  std::uint64_t offset = 0;
};

/// A shard's file, opened for reads at offsets; may be used by several threads at once.
class ShardSignal {
 public:
  /// Error data_missing. Where the system does not map the file, it is read.
  explicit ShardSignal(std::filesystem::path path, ShardAccess access = ShardAccess::read);
  ~ShardSignal();
  ShardSignal(ShardSignal&& other) noexcept;
  ShardSignal& operator=(ShardSignal&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// `count` samples from byte `offset`, checked against their XXH3. `id` is for the message, `coming` is what will be
  /// read next, if that is known. Errors: shard_cut_short, data_unreadable, record_checksum.
  void read(std::uint64_t offset, std::size_t count, std::uint64_t checksum, std::string_view id, std::int16_t* out,
            const SamplePlace& coming = {}) const;

 private:
  void read_file(std::uint64_t offset, std::size_t bytes, std::string_view id, char* out) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  FileMap map_;
};

/// Reads every record of a shard; throws at the first that is damaged.
void check_all_signals(const std::filesystem::path& path, const ShardContent& content, std::int64_t samples);

}  // namespace scar::data
