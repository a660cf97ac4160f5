#include <gtest/gtest.h>

#include <array>
#include <set>

#include "fixtures.h"
#include "scar/text/report_cleaning.h"
#include "scar/text/tokenizer.h"
#include "scar/text/tokenizer_training.h"

namespace scar::text {
namespace {

/// One column of a CSV file with quoted fields.
std::vector<std::string> column(const std::string& csv, const std::string& name) {
  std::vector<std::string> out;
  std::vector<std::string> row(1);
  std::size_t wanted = 0;
  bool quoted = false, header = true;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const char c = csv[i];
    if (quoted) {
      if (c == '"' && i + 1 < csv.size() && csv[i + 1] == '"')
        row.back() += csv[++i];
      else if (c == '"')
        quoted = false;
      else
        row.back() += c;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      if (header) {
        while (wanted < row.size() && row[wanted] != name) ++wanted;
      } else {
        out.push_back(row.at(wanted));
      }
      header = false;
      row.assign(1, "");
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  return out;
}

/// Reports of PTB-XL 1.0.3, folds 1-9, read once; empty where the data are not there.
const std::vector<std::string>& real_reports() {
  static const std::vector<std::string> reports = [] {
    const auto path = fixtures::data_folder() + "/ptb-xl/ptbxl_database.csv";
    if (fixtures::data_folder().empty() || !std::filesystem::exists(path)) return std::vector<std::string>();
    return column(fixtures::read(path), "report");
  }();
  return reports;
}

#define SKIP_WITHOUT_REAL_DATA() \
  if (real_reports().empty()) GTEST_SKIP() << "SCAR_DATA_DIR names no folder with ptb-xl/ptbxl_database.csv"

// T33: each rule fires as often as it was counted.
TEST(RealReports, EachRuleHasItsCount) {
  SKIP_WITHOUT_REAL_DATA();
  ASSERT_EQ(real_reports().size(), 19601u);
  std::array<int, kCleaningRules> fired{};
  int without_content = 0, written_out = 0;
  std::set<std::string> distinct;
  for (const auto& raw : real_reports()) {
    const auto cleaned = clean(raw);
    for (std::size_t r = 0; r < kCleaningRules; ++r) fired[r] += cleaned.fired_rule(static_cast<CleaningRule>(r));
    without_content += !has_content(cleaned.text);
    distinct.insert(cleaned.text);
    const auto words = normalise(raw, true);
    const auto version = words.find("4.46 unbest");
    written_out += version != std::string::npos;
    EXPECT_EQ(cleaned.text.find("edit:"), std::string::npos);
    EXPECT_EQ(cleaned.text.find("4.46"), std::string::npos);
    EXPECT_EQ(cleaned.text.find("unbestätigter"), std::string::npos);
  }
  const auto count = [&fired](CleaningRule rule) { return fired[static_cast<std::size_t>(rule)]; };
  EXPECT_EQ(count(CleaningRule::edit_note), 487);
  EXPECT_EQ(count(CleaningRule::unconfirmed_ending), 6822);  // 6816 with "4.46", 6 where the field ends within it
  EXPECT_EQ(written_out, 6710);                              // of them: the status line is there, if only in part
  EXPECT_EQ(count(CleaningRule::no_content), 324);
  EXPECT_EQ(without_content, 325);  // and one report that is empty in the table
  EXPECT_EQ(count(CleaningRule::unicode_nfc), 0);
  EXPECT_EQ(distinct.size(), 8413u + 1u);  // and the empty text
}

// T33: and changes nothing else.
TEST(RealReports, NothingElseChanges) {
  SKIP_WITHOUT_REAL_DATA();
  // What is left is the beginning of the report in lower case with single blanks, letter by letter.
  std::size_t umlauts = 0;
  for (const auto& raw : real_reports()) {
    const auto cleaned = clean(raw);
    const auto words = normalise(raw, true);
    if (!cleaned.fired_rule(CleaningRule::no_content)) {
      ASSERT_EQ(words.compare(0, cleaned.text.size(), cleaned.text), 0) << raw;
    }
    if (!cleaned.fired_rule(CleaningRule::edit_note) && !cleaned.fired_rule(CleaningRule::unconfirmed_ending) &&
        !cleaned.fired_rule(CleaningRule::no_content)) {
      ASSERT_EQ(cleaned.text, words);
    }
    umlauts += cleaned.text.find("ä") != std::string::npos;
  }
  EXPECT_GT(umlauts, 3000u);
}

TEST(RealReports, VocabularyOfAllReportsEncodesThemWithoutUnknowns) {
  SKIP_WITHOUT_REAL_DATA();
  std::vector<std::string> texts;
  for (const auto& raw : real_reports()) {
    auto text = clean_report(raw);
    if (has_content(text)) texts.push_back(std::move(text));
  }
  TokenizerOptions options;
  options.vocabulary_size = 8000;  // more than these texts support: the size that comes out is what counts
  const auto trained = train_tokenizer(texts, options);
  EXPECT_GT(trained.vocabulary_size, 1000);
  EXPECT_LT(trained.vocabulary_size, 8000);
  const auto tokenizer = Tokenizer::from_bytes(trained.bytes, "trained here");
  std::size_t ids = 0, longest = 0;
  for (const auto& text : texts) {
    const auto encoded = tokenizer.encode(text);
    for (const auto id : encoded) ASSERT_NE(id, tokenizer.unk_id()) << text;
    ids += encoded.size();
    longest = std::max(longest, encoded.size());
  }
  std::cout << "pieces " << trained.vocabulary_size << ", mean ids "
            << static_cast<double>(ids) / static_cast<double>(texts.size()) << ", longest " << longest << "\n";
}

}  // namespace
}  // namespace scar::text
