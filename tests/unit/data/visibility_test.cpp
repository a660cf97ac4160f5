#include "scar/data/visibility.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"

namespace scar::data {
namespace {

constexpr std::int64_t kT = 1000, kPatch = 25, kTokens = kT / kPatch;
constexpr double kRate = 100;

/// No two neighbours are equal, so nothing in it is flat.
std::vector<std::int16_t> lively() {
  std::vector<std::int16_t> samples(kLeads * kT);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(static_cast<int>(i * 37 % 1000) - 500);
  return samples;
}

std::vector<std::uint8_t> tokens(const std::vector<std::int16_t>& samples, std::int64_t patch = kPatch) {
  std::vector<std::uint8_t> visible(static_cast<std::size_t>(kLeads * kT / patch), 7);
  token_visibility(samples.data(), kT, kRate, patch, visible.data());
  return visible;
}

void flatten(std::vector<std::int16_t>& samples, std::int64_t lead, std::int64_t begin, std::int64_t end,
             std::int16_t value = 3000) {
  std::fill(samples.begin() + lead * kT + begin, samples.begin() + lead * kT + end, value);
}

int hidden(const std::vector<std::uint8_t>& visible) {
  return static_cast<int>(std::count(visible.begin(), visible.end(), 0));
}

/// The definition, written down without a shortcut.
std::vector<std::uint8_t> by_definition(const std::vector<std::int16_t>& samples) {
  std::vector<std::uint8_t> visible(kLeads * kTokens, 1);
  for (std::int64_t lead = 0; lead < kLeads; ++lead) {
    const auto* x = samples.data() + lead * kT;
    std::vector<std::int16_t> present;
    std::copy_if(x, x + kT, std::back_inserter(present), [](auto s) { return s != kMissing; });
    const bool constant = std::all_of(present.begin(), present.end(), [&](auto s) { return s == present.front(); });
    for (std::int64_t t = 0; t < kT; ++t) {
      std::int64_t begin = t, end = t;
      while (begin > 0 && x[begin - 1] == x[t]) --begin;
      while (end + 1 < kT && x[end + 1] == x[t]) ++end;
      if (constant || x[t] == kMissing || end - begin + 1 >= 100)
        visible[static_cast<std::size_t>(lead * kTokens + t / kPatch)] = 0;
    }
  }
  return visible;
}

}  // namespace

TEST(Visibility, AWholeRecordIsVisible) { EXPECT_EQ(hidden(tokens(lively())), 0); }

// T12: one missing sample, wherever it is.
TEST(Visibility, OneMissingSampleHidesItsTokenAlone) {
  auto samples = lively();
  samples[3 * kT + 49] = kMissing;
  const auto visible = tokens(samples);
  EXPECT_EQ(hidden(visible), 1);
  EXPECT_EQ(visible[3 * kTokens + 1], 0);
}

TEST(Visibility, AFlatSecondHidesEveryTokenThatItTouches) {
  auto samples = lively();
  flatten(samples, 2, 210, 310);  // 100 samples: tokens 8 to 12
  const auto visible = tokens(samples);
  EXPECT_EQ(hidden(visible), 5);
  for (std::size_t j = 8; j <= 12; ++j) EXPECT_EQ(visible[2 * kTokens + j], 0);
}

TEST(Visibility, AShorterFlatStretchIsAnIsoelectricLine) {
  auto samples = lively();
  flatten(samples, 2, 210, 309);
  EXPECT_EQ(hidden(tokens(samples)), 0);
}

TEST(Visibility, AMissingSampleEndsAFlatRun) {
  auto samples = lively();
  flatten(samples, 0, 100, 250);
  samples[175] = kMissing;  // 75 equal samples on either side
  EXPECT_EQ(hidden(tokens(samples)), 1);
}

TEST(Visibility, AConstantLeadIsAbsentHoweverShort) {
  auto samples = lively();
  flatten(samples, 5, 0, kT, 0);
  flatten(samples, 7, 0, kT, kMissing);
  flatten(samples, 7, 500, 520, 12);  // all that is there of the lead has one value
  flatten(samples, 9, 0, kT, kMissing);
  const auto visible = tokens(samples);
  EXPECT_EQ(hidden(visible), 3 * kTokens);
  for (const std::size_t lead : {5u, 7u, 9u}) EXPECT_EQ(visible[lead * kTokens + 20], 0);
}

// T09: padding is absence.
TEST(Visibility, APaddedTailIsAbsence) {
  auto samples = lively();
  for (std::int64_t lead = 0; lead < kLeads; ++lead) flatten(samples, lead, 600, kT, kMissing);
  const auto visible = tokens(samples);
  for (std::size_t lead = 0; lead < kLeads; ++lead) {
    for (std::size_t j = 0; j < kTokens; ++j) EXPECT_EQ(visible[lead * kTokens + j], j < 24 ? 1 : 0);
  }
}

TEST(Visibility, RandomRecordsFollowTheDefinition) {
  CounterRandom random(1, "visibility-test");
  for (int round = 0; round < 60; ++round) {
    auto samples = lively();
    for (int k = 0; k < 20; ++k) {
      const auto lead = static_cast<std::int64_t>(random.below(kLeads));
      const auto begin = static_cast<std::int64_t>(random.below(kT));
      const auto end = std::min<std::int64_t>(kT, begin + 60 + static_cast<std::int64_t>(random.below(90)));
      flatten(samples, lead, begin, end, random.chance(0.2) ? kMissing : static_cast<std::int16_t>(random.below(3)));
    }
    ASSERT_EQ(tokens(samples), by_definition(samples)) << "round " << round;
  }
}

TEST(Visibility, ThroughoutMeansWhereverTheRecordBegins) {
  EXPECT_TRUE(visible_throughout(lively().data(), kT, kRate));
  int throughout = 0;
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    CounterRandom random(11, "throughout", trial);
    auto samples = lively();
    for (int runs = static_cast<int>(random.below(4)); runs > 0;
         --runs) {  // flat or missing stretches, some at the ends
      const auto lead = static_cast<std::int64_t>(random.below(kLeads));
      const auto length = static_cast<std::int64_t>(1 + random.below(120));
      const auto last = static_cast<std::uint64_t>(kT - length);
      const auto begin = random.chance(0.3)   ? 0
                         : random.chance(0.4) ? kT - length
                                              : static_cast<std::int64_t>(random.below(last + 1));
      const auto value = random.chance(0.1) ? kMissing : std::int16_t{123};
      std::fill_n(samples.begin() + lead * kT + begin, length, value);
    }
    if (!visible_throughout(samples.data(), kT, kRate)) continue;
    ++throughout;
    for (const std::int64_t begin : {std::int64_t{0}, std::int64_t{1}, kT / 2, kT - 40, kT - 1}) {
      auto turned = samples;
      for (std::int64_t lead = 0; lead < kLeads; ++lead)
        std::rotate(turned.begin() + lead * kT, turned.begin() + lead * kT + begin, turned.begin() + (lead + 1) * kT);
      EXPECT_EQ(hidden(tokens(turned)), 0) << trial << " from " << begin;
    }
  }
  EXPECT_GT(throughout, 80);
  EXPECT_LT(throughout, 280);
}

TEST(Decoding, SamplesBecomeMillivoltsAndMissingOnesZero) {
  auto samples = lively();
  samples[17] = kMissing;
  samples[18] = 32767;
  samples[19] = -32767;
  std::vector<float> mv(samples.size(), -1.0F);
  decode_mv(samples.data(), kT, 0.005F, mv.data());
  EXPECT_EQ(mv[17], 0.0F);
  EXPECT_FLOAT_EQ(mv[18], 163.835F);
  EXPECT_FLOAT_EQ(mv[19], -163.835F);
  EXPECT_FLOAT_EQ(mv[0], -2.5F);
}

}  // namespace scar::data
