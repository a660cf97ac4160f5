// parse_manifest, and with it parse_json: a manifest that is accepted adds up and reads the same when it is written again.
// The last check of a manifest is a SHA-256 that no fuzzer finds; so a text that is refused for that alone is a manifest
// that would have been accepted, and the seeds hold sound ones.
#include <string>

#include "fuzz/fuzz_support.h"
#include "manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto manifest = scar::data::parse_manifest(scar::fuzz::as_text(data, size), "MANIFEST.json");
    const auto& sum = manifest.summary;
    FUZZ_CHECK(sum.candidates == sum.records + sum.excluded && sum.records >= 0 && sum.excluded >= 0);
    FUZZ_CHECK(static_cast<std::size_t>(sum.shards) == manifest.shards.size());
    for (std::size_t i = 0; i < manifest.shards.size(); ++i)
      FUZZ_CHECK(manifest.shards[i].name == scar::data::shard_name(static_cast<std::int64_t>(i)));
    scar::data::check_info(manifest.info);
    const auto text = scar::data::manifest_text(manifest);
    const auto again = scar::data::parse_manifest(text, "again");
    FUZZ_CHECK(scar::data::manifest_text(again) == text);
  });
  return 0;
}
