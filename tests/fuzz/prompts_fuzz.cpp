// PromptPack: what is accepted is complete, and the hash does not depend on how it was read.
#include <string>

#include "fuzz/fuzz_support.h"
#include "scar/text/prompts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string yaml(scar::fuzz::as_text(data, size));
  scar::fuzz::accepts([&] {
    const auto pack = scar::text::PromptPack::parse(yaml, "fuzz.yaml");
    FUZZ_CHECK(!pack.tasks().empty());
    for (const auto& task : pack.tasks()) {
      const auto classes = pack.classes(task);
      FUZZ_CHECK(!classes.empty());
      for (const auto& label : classes) {
        FUZZ_CHECK(!pack.prompts(task, label).empty());
        FUZZ_CHECK(pack.texts(task, label).size() == pack.prompts(task, label).size());
        for (const auto& prompt : pack.prompts(task, label))
          FUZZ_CHECK(!prompt.text.empty() && (prompt.language.empty() || prompt.language.size() == 2));
      }
      pack.check_covers(task, classes);
    }
    FUZZ_CHECK(pack.hash() == scar::text::PromptPack::parse(yaml, "again.yaml").hash());
  });
  return 0;
}
