#include "shard_signal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/data/lead_names.h"

namespace scar::data {

ShardSignal::ShardSignal(std::filesystem::path path, ShardAccess access)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw Error(Code::data_missing, cat("cannot open a shard: ", std::strerror(errno)))
        .at(path_.string())
        .hint(errno == EMFILE ? "a store keeps one file per shard open: raise the limit, ulimit -n" : "");
  }
  if (access == ShardAccess::map) map_ = FileMap(descriptor_);
}

ShardSignal::~ShardSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ShardSignal::ShardSignal(ShardSignal&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), map_(std::move(other.map_)) {}

void ShardSignal::read(std::uint64_t offset, std::size_t count, std::uint64_t checksum, std::string_view id,
                       std::int16_t* out, const SamplePlace& coming) const {
  const std::size_t bytes = count * sizeof(std::int16_t);
  if (offset <= map_.bytes() && bytes <= map_.bytes() - offset) {
    map_.copy(offset, bytes, out);
    // Memory works on the next record while the processor hashes this one; more than this would keep it waiting.
    constexpr std::size_t kMeanwhile = 16384;
    if (coming.shard != nullptr) coming.shard->map_.expect(coming.offset, std::min(bytes, kMeanwhile));
    if (xxh3(out, bytes) == checksum) return;
  }
  // Not mapped, or what the map gave is not what was written: reading says why.
  read_file(offset, bytes, id, reinterpret_cast<char*>(out));
  if (xxh3(out, bytes) != checksum) {
    throw Error(Code::record_checksum, cat("samples of record ", id, " are not what was written"))
        .at(path_.string())
        .hint("copy or prepare the store again; scar-prepare verify names every damaged record");
  }
}

void ShardSignal::read_file(std::uint64_t offset, std::size_t bytes, std::string_view id, char* out) const {
  for (std::size_t done = 0; done < bytes;) {
    const auto n = ::pread(descriptor_, out + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error(Code::data_unreadable, cat("cannot read record ", id, ": ", std::strerror(errno))).at(path_.string());
    if (n == 0) {
      throw Error(Code::shard_cut_short, cat("the shard ends inside record ", id))
          .at(path_.string())
          .hint("copy or prepare the store again");
    }
    done += static_cast<std::size_t>(n);
  }
}

void check_all_signals(const std::filesystem::path& path, const ShardContent& content, std::int64_t samples) {
  const ShardSignal signal(path);
  const auto count = static_cast<std::size_t>(kLeads * samples);
  std::vector<std::int16_t> buffer(count);
  for (std::size_t i = 0; i < content.checksum.size(); ++i) {
    signal.read(content.signal_offset + i * count * sizeof(std::int16_t), count, content.checksum[i], content.id[i],
                buffer.data());
  }
}

}  // namespace scar::data
