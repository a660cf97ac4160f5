#include "scar/text/report_cleaning.h"

#include <gtest/gtest.h>

#include "fixtures.h"
#include "scar/core/random.h"

namespace scar::text {
namespace {

using fixtures::error_of;

TEST(ReportCleaning, EveryRuleHasANameAndASentence) {
  const auto& rules = cleaning_rules();
  ASSERT_EQ(rules.size(), kCleaningRules);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(rules[i].rule), i) << "rules are listed in order of application";
    EXPECT_FALSE(rules[i].name.empty());
    EXPECT_GT(rules[i].description.size(), 20u);
  }
}

TEST(ReportCleaning, ComposesLettersAndTheirMarks) {
  const auto cleaned = clean("mo\xCC\x88glich");  // o + U+0308
  EXPECT_EQ(cleaned.text, "möglich");
  EXPECT_TRUE(cleaned.fired_rule(CleaningRule::unicode_nfc));
  EXPECT_FALSE(clean("möglich").fired_rule(CleaningRule::unicode_nfc));
}

// T33: German stays German.
TEST(ReportCleaning, UmlautsBecomeLowerCaseAndSurvive) {
  // The published table was lowered as ASCII, so its umlauts stand in upper case in the middle of words.
  const auto cleaned = clean("mÄssige amplitudenkriterien fÜr linkshypertrophie mÖglich, maß");
  EXPECT_EQ(cleaned.text, "mässige amplitudenkriterien für linkshypertrophie möglich, maß");
  EXPECT_EQ(cleaned.fired, 1U << static_cast<unsigned>(CleaningRule::lower_case));
}

TEST(ReportCleaning, CaseStaysWhereLoweringIsOff) {
  const CleaningOptions options{.lower_case = false};
  EXPECT_EQ(clean_report("Sinusrhythmus, LVH Edit: NORM 100", options), "Sinusrhythmus, LVH");
  EXPECT_EQ(clean_report("Schrittmacher EKG 4.46   UNBESTÄTIGTER Bericht", options), "Schrittmacher EKG");
}

TEST(ReportCleaning, BlanksOfAnyKindCollapse) {
  const auto cleaned = clean(" qrs(t) abnorm\t\r\n   inferiorer\xC2\xA0infarkt\xE2\x80\xA8 ");  // U+00A0, U+2028
  EXPECT_EQ(cleaned.text, "qrs(t) abnorm inferiorer infarkt");
  EXPECT_TRUE(cleaned.fired_rule(CleaningRule::whitespace));
}

TEST(ReportCleaning, RemovesTheLabelCodesThatEditorsAppended) {
  const auto cleaned = clean("sinus rhythm. normal ecg. Edit: NORM 100, qIII(NORM 50)");
  EXPECT_EQ(cleaned.text, "sinus rhythm. normal ecg.");
  EXPECT_TRUE(cleaned.fired_rule(CleaningRule::edit_note));
  EXPECT_EQ(clean("credit: none").text, "credit: none") << "only a word of its own counts";
}

TEST(ReportCleaning, RemovesTheUnconfirmedEnding) {
  const auto cleaned = clean("schrittmacher ekg 4.46                          unbestÄtigter bericht");
  EXPECT_EQ(cleaned.text, "schrittmacher ekg");
  EXPECT_TRUE(cleaned.fired_rule(CleaningRule::unconfirmed_ending));
  EXPECT_EQ(clean("linkstyp 4.46     unbestÄtigter bericht Edit: CLBBB").text, "linkstyp");
}

TEST(ReportCleaning, RemovesTheUnconfirmedEndingWhereItWasCutOff) {
  for (const std::string ending : {"4.46", "4.46    ", "4.46   u", "4.46   unbestÄ", "4.46   unbestÄtigter beri"}) {
    EXPECT_EQ(clean("linkstyp " + ending).text, "linkstyp") << ending;
  }
}

TEST(ReportCleaning, OnlyAFullFieldEndsInAPartOfTheVersion) {
  const std::string start(251, 'x');
  EXPECT_EQ(clean(start + " 4.4").text, start);
  EXPECT_EQ(clean(start.substr(1) + " 4.4").text, start.substr(1) + " 4.4") << "254 characters: nothing was cut";
  EXPECT_EQ(clean("st depression in v3, 4").text, "st depression in v3, 4");
}

TEST(ReportCleaning, KeepsTheVersionInTheMiddleOfAReport) {
  EXPECT_EQ(clean("voltage 4.46 mv in v5").text, "voltage 4.46 mv in v5");
  EXPECT_EQ(clean("sokolow 14.46").text, "sokolow 14.46");
  EXPECT_EQ(clean("4.46 unbestätigter bericht folgt spaeter").text, "4.46 unbestätigter bericht folgt spaeter");
}

TEST(ReportCleaning, TraceOnlyIsNoContent) {
  for (const std::string raw : {"trace only requested.", "Trace only requested", "trace only.",
                                "trace only requested. Edit: NORM 100, TOR, (NORM 100)"}) {
    const auto cleaned = clean(raw);
    EXPECT_EQ(cleaned.text, "") << raw;
    EXPECT_TRUE(cleaned.fired_rule(CleaningRule::no_content));
    EXPECT_FALSE(has_content(cleaned.text));
  }
  EXPECT_EQ(clean("trace only requested. sinus rhythm.").text, "trace only requested. sinus rhythm.");
}

TEST(ReportCleaning, ContentIsALetter) {
  EXPECT_TRUE(has_content("sr"));
  EXPECT_TRUE(has_content("ö"));
  EXPECT_FALSE(has_content(""));
  EXPECT_FALSE(has_content("... 4.46 - / !"));
}

TEST(ReportCleaning, TheSwitchKeepsEveryWord) {
  const CleaningOptions off{.boilerplate = false};
  EXPECT_EQ(clean("LINKSTYP  4.46   unbestÄtigter bericht Edit: x", off).text,
            "linkstyp 4.46 unbestätigter bericht edit: x");
  EXPECT_EQ(clean("trace only requested.", off).text, "trace only requested.");
}

TEST(ReportCleaning, CleaningTwiceChangesNothingMore) {
  // Random texts out of what the rules look for, with marks, capitals and blanks of other scripts.
  const std::vector<std::string> parts = {"4.46",
                                          " ",
                                          "unbestÄtigter",
                                          "bericht",
                                          "Edit:",
                                          "\t",
                                          "trace only",
                                          ".",
                                          "ö",
                                          "O\xCC\x88",
                                          "\xC4\xB0" /* U+0130 */,
                                          "\xE1\xBA\x9E" /* U+1E9E */,
                                          "\xEF\xBB\xBF",
                                          "requested",
                                          "\xCC\x88",
                                          "\xE2\x80\x89",
                                          "infarkt",
                                          "\xCE\xA3"};
  CounterRandom random(7, "test");
  for (int round = 0; round < 3000; ++round) {
    std::string raw;
    const auto count = random.below(9);
    for (std::uint64_t k = 0; k < count; ++k) raw += parts[random.below(parts.size())];
    const auto once = clean(raw).text;
    ASSERT_EQ(clean(once).text, once) << raw;
    ASSERT_EQ(find_invalid_utf8(once), std::string_view::npos);
  }
}

TEST(ReportCleaning, NormaliseRemovesNoWord) {
  EXPECT_EQ(normalise("  Normal\nECG  4.46 ", true), "normal ecg 4.46");
  EXPECT_EQ(normalise("Normal  ECG", false), "Normal ECG");
}

TEST(Utf8, RefusesEveryFormThatIsNotStrict) {
  const std::vector<std::pair<std::string, std::size_t>> bad = {
      {"ab\xFF", 2},                // no such byte
      {"m\xE4ssig", 1},             // Latin-1
      {"a\xC0\xAF", 1},             // overlong
      {"\xE0\x80\xAF", 0},          // overlong, three bytes
      {"x\xED\xA0\x80", 1},         // a surrogate
      {"\xF4\x90\x80\x80", 0},      // above U+10FFFF
      {"abc\xE2\x82", 3},           // cut short
      {std::string("a\0b", 3), 1},  // NUL
      {"\x80", 0},                  // a tail without a head
  };
  for (const auto& [bytes, offset] : bad) {
    EXPECT_EQ(find_invalid_utf8(bytes), offset);
    const auto error = error_of([&bytes = bytes] { (void)clean(bytes, {}, "table.csv, record 17"); });
    EXPECT_EQ(error.code(), Code::text_not_utf8);
    EXPECT_EQ(error.status(), 3);
    EXPECT_EQ(error.problems().front().where, "table.csv, record 17");
    EXPECT_NE(error.problems().front().got.find("offset " + std::to_string(offset)), std::string::npos);
  }
  EXPECT_EQ(find_invalid_utf8("ä€\xF0\x9F\x98\x80"), std::string_view::npos);
}

}  // namespace
}  // namespace scar::text
