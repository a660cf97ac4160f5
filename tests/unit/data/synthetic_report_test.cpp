#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "scar/data/synthetic/render.h"

namespace scar::data {
namespace {

std::string lower(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 'A' && byte <= 'Z') text[i] = static_cast<char>(byte + 32);
    // capital umlauts: the second byte of two
    if (byte == 0xC3 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0x9F) {
      text[i + 1] = static_cast<char>(static_cast<unsigned char>(text[i + 1]) + 0x20);
      ++i;
    }
  }
  return text;
}

/// Words of which a report with the finding has at least one, and a report without it has none.
const std::map<int, std::vector<std::string>>& marks() {
  static const std::map<int, std::vector<std::string>> words = {
      {kNormal,
       {"normal ecg", "within normal limits.", "no abnormalities", "normal tracing", "unremarkable", "normales ekg",
        "normbereich", "unauff\u00e4llig", "kein pathologischer", "normalbefund", "within normal limits"}},
      {kAnteriorMi, {"anterior", "anteroseptal", "vorderwand"}},
      {kInferiorMi, {"inferior", "hinterwand"}},
      {kLateralMi, {"lateral", "seitenwand"}},
      {kLbbb, {"left bundle", "lbbb", "linksschenkel", "lsb"}},
      {kRbbb, {"right bundle", "rbbb", "rsr'", "rechtsschenkel", "rsb"}},
      {kLvh, {"hypertrophy", "lvh", "hypertrophie"}},
      {kFirstDegreeAvBlock, {"av block", "atrioventricular", "pr interval", "av-block", "pq-zeit"}},
      {kAtrialFibrillation, {"fibrillation", "vorhofflimmern"}},
      {kVentricularEctopy,
       {"ventricular premature", "extrasystol", "ectopic", "premature ventricular", "pvcs", " ves"}},
      {kSinusBradycardia, {"bradycard", "slow sinus", "bradykard", "langsamer"}},
      {kSinusTachycardia, {"tachycard", "fast sinus", "tachykard", "schneller"}},
  };
  return words;
}

bool mentions(const std::string& report, int finding) {
  // The axis may be within normal limits, which says nothing about the rest.
  std::string text = " " + lower(report);
  const std::string axis = "axis within normal limits";
  if (const auto at = text.find(axis); at != std::string::npos) text.erase(at, axis.size());
  for (const auto& word : marks().at(finding)) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

TEST(SyntheticReport, NamesItsFindingsAndNoOthers) {
  const SyntheticOptions options;
  for (std::int64_t i = 0; i < 800; ++i) {
    const auto record = render(options, i);
    for (int f = 0; f < kFindings; ++f) {
      ASSERT_EQ(mentions(record.report, f), record.labels.at("synth")[static_cast<std::size_t>(f)] == 1)
          << findings()[static_cast<std::size_t>(f)].name << ": " << record.report;
    }
  }
}

TEST(SyntheticReport, TwinsReportDoesNotNameTheFinding) {
  const SyntheticOptions options;
  for (std::int64_t i = 0; i < 200; ++i) {
    for (int f = 1; f < kFindings; ++f) {
      if (has(finding_set(options, i), f)) {
        EXPECT_FALSE(mentions(render(options, i, f).report, f));
      }
    }
  }
}

TEST(SyntheticReport, LanguageFollowsTheRecorderButNotFully) {
  const SyntheticOptions options;
  std::map<std::string, std::map<std::string, int>> count;
  for (std::int64_t i = 0; i < 1200; ++i) {
    const auto record = render(options, i);
    ++count[record.recorder][record.language];
  }
  ASSERT_EQ(count.size(), 3U);
  for (auto& [recorder, languages] : count) {
    EXPECT_GT(languages["de"], 20) << recorder;
    EXPECT_GT(languages["en"], 20) << recorder;
  }
  EXPECT_GT(count["cart-a"]["de"], 3 * count["cart-a"]["en"]);
  EXPECT_GT(count["cart-b"]["en"], 2 * count["cart-b"]["de"]);
}

TEST(SyntheticReport, WordingsOrderAndCaseVary) {
  const SyntheticOptions options;
  std::set<std::string> reports;
  int upper = 0, small = 0, records = 0;
  for (std::int64_t i = 0; i < 600; ++i) {
    const auto report = render(options, i).report;
    reports.insert(report);
    ++records;
    bool has_small = false, has_capital = false;
    for (const char c : report) {
      has_small = has_small || (c >= 'a' && c <= 'z');
      has_capital = has_capital || (c >= 'A' && c <= 'Z');
    }
    upper += has_small ? 0 : 1;
    small += has_capital ? 0 : 1;
  }
  EXPECT_GT(reports.size(), 450U);
  EXPECT_GT(upper, records / 20);
  EXPECT_GT(small, records / 4);
}

}  // namespace
}  // namespace scar::data
