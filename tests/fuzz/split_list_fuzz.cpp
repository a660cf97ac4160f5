// parse_split_list: every record of a list that is accepted is in one of the three parts, and the sizes count them.
#include <array>

#include "fuzz/fuzz_support.h"
#include "scar/ingest/split_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto list = scar::ingest::parse_split_list(scar::fuzz::as_text(data, size), "splits.txt");
    std::array<std::int64_t, 3> sizes{};
    for (const auto& [name, fold] : list.fold) {
      FUZZ_CHECK(!name.empty() && fold >= 1 && fold <= 3);
      ++sizes[static_cast<std::size_t>(fold - 1)];
    }
    FUZZ_CHECK(sizes == list.sizes && list.sha256.size() == 64);
  });
  return 0;
}
