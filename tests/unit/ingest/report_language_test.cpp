#include "scar/ingest/recipes/report_language.h"

#include <gtest/gtest.h>

namespace scar::ingest {
namespace {

TEST(ReportLanguage, KnowsTheThreeLanguagesOfPtbXl) {
  EXPECT_EQ(detect_language("sinusrhythmus lagetyp normal normales ekg"), "de");
  EXPECT_EQ(detect_language("sinus rhythm. normal ecg."), "en");
  EXPECT_EQ(detect_language("sinusrytm vänster el-axel normalt ekg"), "sv");
  EXPECT_EQ(detect_language("trace only requested."), "en");
}

TEST(ReportLanguage, CapitalUmlautsAndPunctuationDoNotHideAWord) {
  EXPECT_EQ(detect_language("MÖGLICH, VOLLSTÄNDIGER"), "de");
  EXPECT_EQ(detect_language("VÄNSTER; HÖGER."), "sv");
}

TEST(ReportLanguage, SharedWordsDecideNothingAndTiesAreOther) {
  EXPECT_EQ(detect_language("sinus infarkt block normal"), "other");
  EXPECT_EQ(detect_language("nicht rhythm"), "other");
}

TEST(ReportLanguage, ATextWithoutLettersHasNone) {
  EXPECT_EQ(detect_language(""), "");
  EXPECT_EQ(detect_language(" 4.46 "), "");
}

TEST(RecorderFamily, SeparatesAt60FromAt6) {
  for (const auto* device : {"CS100    3", "CS-12", "CS-12   E", "AT-60    3"})
    EXPECT_EQ(recorder_family(device), "CS/AT-60") << device;
  for (const auto* device : {"AT-6     6", "AT-6 C", "AT-6 C 5.5"})
    EXPECT_EQ(recorder_family(device), "AT-6") << device;
  for (const auto* device : {"", "AT-61", "CS-120", "MAC 5500"}) EXPECT_EQ(recorder_family(device), "") << device;
}

}  // namespace
}  // namespace scar::ingest
