#include "scar/data/store/verify.h"

#include <vector>

#include "manifest.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_reader.h"
#include "shard_file.h"
#include "shard_signal.h"
#include "store_files.h"

namespace scar::data {

namespace fs = std::filesystem;

namespace {

void take(Problems& problems, const Error& error) {
  for (const auto& problem : error.problems()) problems.add(problem);
}

/// Each damaged record by its name, not the first one alone.
void check_records(const fs::path& path, const StoreInfo& info, Problems& problems) {
  const auto shard = read_shard(path, info);
  const ShardSignal signal(path);
  const auto count = static_cast<std::size_t>(kLeads * info.samples);
  std::vector<std::int16_t> buffer(count);
  for (std::size_t i = 0; i < shard.checksum.size(); ++i) {
    try {
      signal.read(shard.signal_offset + i * count * sizeof(std::int16_t), count, shard.checksum[i], shard.id[i],
                  buffer.data());
    } catch (const Error& error) {
      take(problems, error);
    }
  }
}

}  // namespace

VerifyReport verify_store(const fs::path& folder, const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const auto manifest = read_manifest(folder);
  Problems problems;
  VerifyReport report;
  std::int64_t done = 0;
  for (const auto& shard : manifest.shards) {
    const auto path = folder / shard.name;
    try {
      // Sizes of this shard only: the others are still worth a look when one is cut short.
      Manifest one = manifest;
      one.shards = {shard};
      check_shard_sizes(folder, one);
      if (const auto sha256 = sha256_file(path); sha256 != shard.sha256) {
        Problem problem;
        problem.code = Code::shard_checksum;
        problem.what = "a shard is not what was written: its SHA-256 differs";
        problem.where = path.string();
        problem.got = sha256;
        problem.wanted = shard.sha256;
        problem.hint = "copy it again, or remove MANIFEST.json and this shard and prepare the store again";
        problems.add(std::move(problem));
      }
      check_records(path, manifest.info, problems);
    } catch (const Error& error) {
      take(problems, error);
    }
    report.bytes += shard.bytes;
    if (progress) progress(++done, manifest.summary.shards);
  }
  problems.throw_if_any();
  report.summary = Store::open(folder).summary();  // what lies between shards: counts, ids that occur twice
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    bool listed = name == kManifestName;
    for (const auto& shard : manifest.shards) listed = listed || shard.name == name;
    if (!listed) ++report.unlisted_files;
  }
  return report;
}

}  // namespace scar::data
