#include "scar/text/pair_identity.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fixtures.h"
#include "scar/core/random.h"
#include "scar/text/span_sampling.h"

namespace scar::text {
namespace {

std::uint8_t at(const std::vector<std::uint8_t>& matrix, const PairIdentity& pairs, int i, int j) {
  return matrix[static_cast<std::size_t>(i * pairs.size + j)];
}

TEST(PairIdentity, DistinctTextsAreOnlyTheirOwn) {
  const std::vector<std::string> texts = {"sinus rhythm", "atrial fibrillation", "paced rhythm"};
  const auto pairs = pair_identity(texts, texts);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      EXPECT_EQ(at(pairs.positive, pairs, i, j), i == j);
      EXPECT_EQ(at(pairs.excluded, pairs, i, j), 0);
    }
  }
}

TEST(PairIdentity, TheSameReportIsPositiveWhateverSpanIsUsed) {
  const std::vector<std::string> reports = {"sinusrhythmus lagetyp normal normales ekg",
                                            "sinusrhythmus lagetyp normal normales ekg"};
  const auto pairs = pair_identity(reports, {"sinusrhythmus lagetyp normal", "lagetyp normal normales ekg"});
  EXPECT_EQ(at(pairs.positive, pairs, 0, 1), 1);
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 1), 0);
}

TEST(PairIdentity, IdenticalSpansOfDifferentReportsArePositive) {
  const auto pairs = pair_identity({"sinusrhythmus linkstyp normales ekg", "sinusrhythmus linkstyp linksschenkelblock"},
                                   {"sinusrhythmus linkstyp", "sinusrhythmus linkstyp"});
  EXPECT_EQ(at(pairs.positive, pairs, 0, 1), 1);
  EXPECT_EQ(at(pairs.positive, pairs, 1, 0), 1);
}

TEST(PairIdentity, ASpanFoundInTheOthersReportIsExcludedBothWays) {
  const auto pairs = pair_identity({"a b c d", "x b c y", "q r s t"}, {"b c", "x b c y", "q r s"});
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 1), 1);
  EXPECT_EQ(at(pairs.excluded, pairs, 1, 0), 1);
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 2), 0);
  EXPECT_EQ(at(pairs.positive, pairs, 0, 1), 0);
}

TEST(PairIdentity, OnlyWholeWordsAreFound) {
  const auto pairs = pair_identity({"rechtsschenkelblock links", "unvollständiger rechtsschenkelblocks"},
                                   {"rechtsschenkelblock", "unvollständiger rechtsschenkelblocks"});
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 1), 0);
}

TEST(PairIdentity, PunctuationAtTheEndsOfWordsDoesNotCount) {
  const auto pairs = pair_identity({"sinus rhythm. normal ecg.", "sinus rhythm normal ecg", "sinus rhythm. paced."},
                                   {"sinus rhythm.", "normal ecg", "rhythm. paced."});
  EXPECT_EQ(at(pairs.positive, pairs, 0, 1), 1);
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 2), 1);
  EXPECT_EQ(at(pairs.excluded, pairs, 1, 2), 0);
}

TEST(PairIdentity, ATextWithoutWordsOccursNowhere) {
  const auto pairs = pair_identity({"a b", "", "... "}, {"", "", "."});
  EXPECT_EQ(at(pairs.excluded, pairs, 0, 1), 0);
  EXPECT_EQ(at(pairs.positive, pairs, 0, 1), 0) << "empty spans say nothing in common";
  EXPECT_EQ(at(pairs.positive, pairs, 1, 2), 1) << "both reports are without words";
}

TEST(PairIdentity, AgreesWithTheDefinitionOnRandomBatches) {
  CounterRandom random(3, "test");
  const std::vector<std::string> words = {"a", "b", "c", "d"};
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> reports, spans;
    for (int i = 0; i < 24; ++i) {
      std::string report = words[random.below(4)];
      const auto more = random.below(6);
      for (std::uint64_t k = 0; k < more; ++k) report += " " + words[random.below(4)];
      spans.push_back(sample_span(report, 0.7, 1, round, i));
      reports.push_back(std::move(report));
    }
    const auto pairs = pair_identity(reports, spans);
    const auto within = [](const std::string& span, const std::string& report) {
      return (" " + report + " ").find(" " + span + " ") != std::string::npos;
    };
    for (int i = 0; i < 24; ++i) {
      for (int j = 0; j < 24; ++j) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
        const bool positive = reports[a] == reports[b] || spans[a] == spans[b];
        const bool excluded = !positive && (within(spans[a], reports[b]) || within(spans[b], reports[a]));
        ASSERT_EQ(at(pairs.positive, pairs, i, j), positive);
        ASSERT_EQ(at(pairs.excluded, pairs, i, j), excluded) << spans[a] << " | " << spans[b];
      }
    }
  }
}

TEST(TextNumbers, AreEqualForTheSameWords) {
  EXPECT_EQ(number_texts({"sinus rhythm.", "normal ecg", "sinus rhythm", "rhythm sinus", ""}),
            (std::vector<std::int64_t>{0, 1, 0, 2, 3}));
}

TEST(PairIdentity, ListsOfDifferentLengthsAreRefused) {
  EXPECT_EQ(fixtures::error_of([] { (void)pair_identity({"a"}, {}); }).code(), Code::internal);
  EXPECT_EQ(pair_identity({}, {}).size, 0);
}

}  // namespace
}  // namespace scar::text
