#include <dlfcn.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "fixtures.h"
#include "scar/core/log.h"
#include "scar/text/tokenizer.h"
#include "scar/text/tokenizer_training.h"

namespace scar::text {
namespace {

/// libc10's own flag, asked of the library by name: naming it in the source would let the linker choose whose it is.
int* flag_of_c10(const char* name) {
  void* library = dlopen("libc10.so", RTLD_NOW | RTLD_NOLOAD);
  return library == nullptr ? nullptr : static_cast<int*>(dlsym(library, name));
}

/// The flag that libc10's code reads: the first of that name in search order, the program before its libraries.
int* flag_that_c10_reads(const char* name) { return static_cast<int*>(dlsym(dlopen(nullptr, RTLD_NOW), name)); }

TEST(SentencepieceBesideTorch, FlagsOfTheSameNameDoNotMeet) {
  int* const level = flag_that_c10_reads("FLAGS_minloglevel");
  int* const verbosity = flag_that_c10_reads("FLAGS_v");
  ASSERT_NE(level, nullptr)
      << "libc10 has no such flag any more: this test, and the link option, have lost their reason";
  const int level_before = *level;
  const int verbosity_before = verbosity == nullptr ? 0 : *verbosity;
  EXPECT_GE(level_before, 0);
  EXPECT_LE(level_before, 4);

  log::debug("a line of the log");
  const auto tokenizer = Tokenizer::load("tests/data/text/reports.model");
  const auto batch = pad_batch(tokenizer, {"sinusrhythmus linkstyp", "sinus rhythm. normal ecg."}, 32);
  const auto ids = torch::tensor(batch.ids).view({2, batch.length});
  EXPECT_EQ(ids[0][0].item<std::int64_t>(), tokenizer.bos_id());
  EXPECT_GT(ids.to(torch::kFloat).mean().item<float>(), 0);
  TokenizerOptions options;
  options.vocabulary_size = 120;
  EXPECT_GT(train_tokenizer(fixtures::lines("tests/data/text/reports.txt"), options).vocabulary_size, 50);

  EXPECT_EQ(*level, level_before);
  EXPECT_EQ(verbosity == nullptr ? 0 : *verbosity, verbosity_before);
}

TEST(SentencepieceBesideTorch, TheProgramExportsNoFlagOfSentencepiece) {
  ASSERT_NE(flag_of_c10("FLAGS_minloglevel"), nullptr);
  EXPECT_EQ(flag_that_c10_reads("FLAGS_minloglevel"), flag_of_c10("FLAGS_minloglevel"));
}

}  // namespace
}  // namespace scar::text
