#include "charsmap_check.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "scar/core/random.h"
#include "scar/text/tokenizer.h"

namespace scar::text {
namespace {

/// A model's field 3 (normaliser) that holds field 2 (character table), sizes as two-byte varints.
std::string message_with(const std::string& table) {
  const auto field = [](char key, const std::string& bytes) {
    return std::string(1, key) + static_cast<char>((bytes.size() & 0x7F) | 0x80) +
           static_cast<char>(bytes.size() >> 7) + bytes;
  };
  return field(0x1A, field(0x12, table));
}

std::string table(std::uint32_t first_unit) {
  std::string bytes("\x00\x04\x00\x00", 4);  // 1024
  bytes += std::string(1024, '\0');
  for (int k = 0; k < 4; ++k) bytes[static_cast<std::size_t>(4 + k)] = static_cast<char>(first_unit >> (8 * k));
  return bytes + std::string("a\0", 2);
}

TEST(CharsmapCheck, ASoundTableAndNoTablePass) {
  EXPECT_EQ(charsmap_problem(message_with(table(0))), "");
  EXPECT_EQ(charsmap_problem(message_with("")), "");
  EXPECT_EQ(charsmap_problem(""), "");
  EXPECT_EQ(charsmap_problem(fixtures::read("tests/data/text/reports.model")), "");
}

TEST(CharsmapCheck, UnitsThatPointOutsideAreFound) {
  EXPECT_EQ(charsmap_problem(message_with(table(1024U << 10))), "unit 0 points at 1279 of 256");
  EXPECT_EQ(charsmap_problem(message_with(table((1U << 10) | (1U << 9)))), "unit 0 points at 511 of 256")
      << "offset times 256";
  EXPECT_EQ(charsmap_problem(message_with(table((1U << 31) | (1024U << 10)))), "") << "a value is no pointer";
}

TEST(CharsmapCheck, SizesThatDoNotFitAreFound) {
  EXPECT_NE(charsmap_problem(message_with("abc")), "");
  auto short_array = table(0);
  short_array[1] = 1;  // 256 bytes: not whole blocks
  EXPECT_NE(charsmap_problem(message_with(short_array)), "");
  auto long_array = table(0);
  long_array[1] = 8;  // 2048 bytes: more than there are
  EXPECT_NE(charsmap_problem(message_with(long_array)), "");
  auto open_end = table(0);
  open_end.back() = 'x';
  EXPECT_NE(charsmap_problem(message_with(open_end)), "");
}

TEST(CharsmapCheck, RealTablesPassAndTheirDamageIsRefusedOrHarmless) {
  const auto path = fixtures::data_folder() + "/tokenizers/spiece.model";
  if (fixtures::data_folder().empty() || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "SCAR_DATA_DIR names no folder with tokenizers/";
  }
  const auto model = fixtures::read(path);
  ASSERT_EQ(charsmap_problem(model), "");
  const auto start = model.find("nmt_nfkc");
  ASSERT_NE(start, std::string::npos);
  CounterRandom random(2, "test");
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    auto bytes = model;
    for (int k = 0; k < 40; ++k) bytes[start + 20 + random.below(200000)] ^= static_cast<char>(1 << random.below(8));
    refused += !charsmap_problem(bytes).empty();
    if (round >= 8) continue;  // a model of 30,000 pieces takes long to load
    try {
      (void)Tokenizer::from_bytes(bytes, "damaged").encode("Großbuchstaben ÄÖÜ ① ﬁ ｆｕｌｌ");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::vocabulary_invalid);
    }
  }
  EXPECT_GT(refused, 40);
}

}  // namespace
}  // namespace scar::text
