#include "scar/core/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace scar {

TEST(Utf8, TextOfAnyLanguageIsAccepted) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("sinus rhythm"));
  EXPECT_TRUE(is_utf8("Überleitungsstörung – ≥ 2 mV, 心电图, \U0001F493"));
  EXPECT_TRUE(is_utf8(std::string("a\0b", 3)));
}

TEST(Utf8, OtherEncodingsAndBrokenSequencesAreRefused) {
  EXPECT_FALSE(
      is_utf8("\xDC"
              "berleitung"));     // Latin-1
  EXPECT_FALSE(is_utf8("\xC3"));  // cut short
  EXPECT_FALSE(is_utf8("\xE2\x82"));
  EXPECT_FALSE(is_utf8("\xC0\x80"));  // overlong
  EXPECT_FALSE(is_utf8("\xE0\x80\x80"));
  EXPECT_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xFF"));
  EXPECT_FALSE(
      is_utf8("a"
              "\x80"));
}

}  // namespace scar
