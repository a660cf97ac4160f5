#include "scar/ingest/signal_path.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "scar/core/json.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/resample.h"
#include "test_files.h"

namespace scar::ingest {
namespace {

EcgSamples sine(double rate_hz, double seconds, double hertz) {
  EcgSamples ecg;
  ecg.rate_hz = rate_hz;
  ecg.samples = std::llround(rate_hz * seconds);
  for (int lead = 0; lead < 12; ++lead) {
    for (std::int64_t t = 0; t < ecg.samples; ++t) {
      const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(t) / rate_hz;
      ecg.values.push_back(static_cast<std::int16_t>(std::lround(1000 * (lead + 1) / 12.0 * std::sin(angle))));
    }
  }
  return ecg;
}

// Fixture of tests/reference/export_resample.py.
TEST(Resampler, GivesTheNumbersOfScipy) {
  const auto fixture = read_json(SCAR_TEST_DATA "/ingest/resample.json", static_cast<int>(Code::data_unreadable));
  for (const auto& one : fixture.at("cases")) {
    const Resampler resampler(one.at("up").get<std::int64_t>(), one.at("down").get<std::int64_t>());
    const auto y = resampler(one.at("x").get<std::vector<double>>());
    const auto expected = one.at("y").get<std::vector<double>>();
    ASSERT_EQ(y.size(), expected.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      EXPECT_NEAR(y[i], expected[i], 1e-9) << one.at("up") << "/" << one.at("down");
  }
}

TEST(Resampler, RatiosAreInLowestTerms) {
  const auto ratio = rate_ratio(500, 100);
  EXPECT_EQ(ratio.up, 1);
  EXPECT_EQ(ratio.down, 5);
  const auto odd = rate_ratio(257, 500);
  EXPECT_EQ(odd.up, 500);
  EXPECT_EQ(odd.down, 257);
}

TEST(SignalPath, ARecordThatFitsStaysAsItIs) {
  auto ecg = sine(100, 10, 1);
  const auto before = ecg.values;
  const auto changes = fit_signal(ecg, 100, 10);
  EXPECT_FALSE(changes.resampled || changes.cropped || changes.padded);
  EXPECT_EQ(ecg.values, before);
}

TEST(SignalPath, ASlowSineSurvivesTheChangeOfRate) {
  auto ecg = sine(500, 10, 3);
  EXPECT_TRUE(fit_signal(ecg, 100, 10).resampled);
  ASSERT_EQ(ecg.samples, 1000);
  const auto expected = sine(100, 10, 3);
  for (std::int64_t t = 50; t < 950; ++t)
    EXPECT_NEAR(ecg.values[static_cast<std::size_t>(11 * 1000 + t)],
                expected.values[static_cast<std::size_t>(11 * 1000 + t)], 2);
}

TEST(SignalPath, WhatIsFasterThanTheNewRateCanHoldIsGone) {
  auto ecg = sine(500, 10, 120);
  fit_signal(ecg, 100, 10);
  for (std::int64_t t = 50; t < 950; ++t) EXPECT_LE(std::abs(ecg.values[static_cast<std::size_t>(11 * 1000 + t)]), 12);
}

// Trap T12: whatever sample of whatever lead is missing stays missing, and nothing else becomes so.
TEST(SignalPath, GapsStayGapsAndDoNotRingIntoWhatWasMeasured) {
  auto whole = sine(500, 10, 2), holed = whole;
  for (std::int64_t t = 2000; t < 2500; ++t) holed.values[static_cast<std::size_t>(5 * 5000 + t)] = data::kMissing;
  fit_signal(whole, 100, 10);
  fit_signal(holed, 100, 10);
  std::int64_t missing = 0;
  for (std::size_t i = 0; i < whole.values.size(); ++i) {
    missing += holed.values[i] == data::kMissing ? 1 : 0;
    const auto lead = i / 1000, t = i % 1000;
    if (lead == 5 && t >= 400 && t < 500) {
      EXPECT_EQ(holed.values[i], data::kMissing) << t;
    } else if (lead != 5) {
      EXPECT_EQ(holed.values[i], whole.values[i]);
    } else if (t < 390 || t >= 510) {
      EXPECT_NEAR(holed.values[i], whole.values[i], 1) << t;
    }
  }
  EXPECT_LE(missing, 102);
}

TEST(SignalPath, ShortRecordsArePaddedWithMissingSamplesNotZeros) {
  auto ecg = sine(100, 6, 1);
  const auto changes = fit_signal(ecg, 0, 10);
  EXPECT_TRUE(changes.padded);
  ASSERT_EQ(ecg.samples, 1000);
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    for (std::int64_t t = 0; t < 1000; ++t)
      EXPECT_EQ(ecg.values[static_cast<std::size_t>(lead * 1000 + t)] == data::kMissing, t >= 600);
  }
}

TEST(SignalPath, LongRecordsKeepTheirBeginning) {
  auto ecg = sine(100, 15, 1);
  const auto first = ecg.values[1500 + 7];
  EXPECT_TRUE(fit_signal(ecg, 0, 10).cropped);
  EXPECT_EQ(ecg.samples, 1000);
  EXPECT_EQ(ecg.values[1000 + 7], first);
}

TEST(SignalPath, OnlyTheWindowOfASlowRecordGrows) {
  auto slow = sine(1, 200'000, 0.1);
  fit_signal(slow, 1000, 10);  // all of it would be 200 million samples per lead
  EXPECT_EQ(slow.samples, 10'000);
  auto strange = sine(1, 10, 0.1);
  strange.rate_hz = 999.999;
  EXPECT_PROBLEM(fit_signal(strange, 500.001, 10, "a.hea"), Code::header_invalid, "a.hea");
}

TEST(SignalPath, TheWindowOfALongRecordIsThatOfTheWholeOne) {
  auto longer = sine(257, 60, 3), shorter = longer;
  longer.values[300] = data::kMissing;
  shorter = longer;
  fit_signal(longer, 500, 10);
  fit_signal(shorter, 500, 59);
  for (std::int64_t lead = 0; lead < 12; ++lead) {
    for (std::int64_t t = 0; t < longer.samples; ++t) {
      ASSERT_EQ(longer.values[static_cast<std::size_t>(lead * longer.samples + t)],
                shorter.values[static_cast<std::size_t>(lead * shorter.samples + t)]);
    }
  }
}

}  // namespace
}  // namespace scar::ingest
