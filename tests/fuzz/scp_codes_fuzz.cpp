// parse_scp_codes: codes and likelihoods that are accepted read the same when they are written again.
#include <string>

#include "fuzz/fuzz_support.h"
#include "scar/core/cat.h"
#include "scar/ingest/recipes/scp_codes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto codes = scar::ingest::parse_scp_codes(scar::fuzz::as_text(data, size), "table.csv:2");
    FUZZ_CHECK(codes.size() <= 128);
    std::string text = "{";
    for (const auto& one : codes) {
      FUZZ_CHECK(!one.code.empty() && one.code.size() <= 32 && one.likelihood >= 0 && one.likelihood <= 100);
      // Values far below 1 would be written with an exponent, which the column never has.
      const auto value = one.likelihood < 1e-3 ? 0.0 : one.likelihood;
      text += scar::cat(text.size() > 1 ? ", '" : "'", one.code, "': ", value);
    }
    const auto again = scar::ingest::parse_scp_codes(text + "}", "again");
    FUZZ_CHECK(again.size() == codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      FUZZ_CHECK(again[i].code == codes[i].code);
      FUZZ_CHECK(again[i].likelihood == codes[i].likelihood || codes[i].likelihood < 1e-3);
    }
  });
  return 0;
}
