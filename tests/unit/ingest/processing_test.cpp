#include "scar/ingest/processing.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "datasets_fixture.h"
#include "scar/core/json.h"
#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/store/card.h"
#include "scar/ingest/filter.h"
#include "scar/ingest/recipes/challenge.h"

namespace scar::ingest {
namespace {

using data::kMissing;
using Processing = testing::DatasetFixture;
using ProcessingOfTable = testing::TableFixture;

// A record of 12 leads at 100 Hz that is alive everywhere.
EcgSamples lively(std::int64_t samples = 500) {
  EcgSamples ecg;
  ecg.rate_hz = 100;
  ecg.samples = samples;
  CounterRandom random(1, "processing");
  for (std::int64_t i = 0; i < 12 * samples; ++i)
    ecg.values.push_back(static_cast<std::int16_t>(std::lround(2001 * random.uniform()) - 1000));
  return ecg;
}
std::int16_t& at(EcgSamples& ecg, std::int64_t lead, std::int64_t t) {
  return ecg.values[static_cast<std::size_t>(lead * ecg.samples + t)];
}
void fill(EcgSamples& ecg, std::int64_t lead, std::int64_t begin, std::int64_t end, std::int16_t value) {
  for (auto t = begin; t < end; ++t) at(ecg, lead, t) = value;
}
std::int64_t missing(const EcgSamples& ecg) { return std::count(ecg.values.begin(), ecg.values.end(), kMissing); }

// Fixture of tests/reference/export_filters.py.
TEST(ZeroPhaseFilter, GivesTheNumbersOfScipy) {
  const auto fixture = read_json(SCAR_TEST_DATA "/ingest/filters.json", static_cast<int>(Code::data_unreadable));
  for (const auto& one : fixture.at("cases")) {
    const double hz = one.at("hz").get<double>(), rate = one.at("rate").get<double>();
    const auto filter =
        one.at("kind") == "notch" ? ZeroPhaseFilter::notch(hz, rate) : ZeroPhaseFilter::high_pass(hz, rate);
    const auto y = filter(one.at("x").get<std::vector<double>>());
    const auto expected = one.at("y").get<std::vector<double>>();
    ASSERT_EQ(y.size(), expected.size());
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-9) << one.at("kind") << " " << hz;
  }
}

TEST(ZeroPhaseFilter, FrequenciesThatTheRateCannotHoldAreRefused) {
  for (const double hz : {0.0, 50.0, 60.0}) {
    EXPECT_PROBLEM(ZeroPhaseFilter::notch(hz, 100), Code::out_of_range, "");
    EXPECT_PROBLEM(ZeroPhaseFilter::high_pass(hz, 100), Code::out_of_range, "");
  }
}

TEST(FilterSignal, RemovesDriftAndPowerLineAndMovesNothing) {
  EcgSamples ecg;
  ecg.rate_hz = 500;
  ecg.samples = 5000;
  std::vector<double> wave(5000);
  for (int lead = 0; lead < 12; ++lead) {
    for (std::int64_t t = 0; t < 5000; ++t) {
      const double s = static_cast<double>(t) / 500;
      wave[static_cast<std::size_t>(t)] = 800 * std::sin(2 * std::numbers::pi * 8 * s);
      const double drift = 3000 + 2000 * std::sin(2 * std::numbers::pi * 0.05 * s);
      const double line = 300 * std::sin(2 * std::numbers::pi * 50 * s);
      ecg.values.push_back(static_cast<std::int16_t>(std::lround(wave[static_cast<std::size_t>(t)] + drift + line)));
    }
  }
  EXPECT_FALSE(filter_signal(ecg, {.high_pass_hz = 0.5, .notch_hz = 50}));
  for (std::int64_t t = 1500; t < 3500; ++t) EXPECT_NEAR(at(ecg, 7, t), wave[static_cast<std::size_t>(t)], 12) << t;
}

TEST(FilterSignal, WithoutAFilterNothingChanges) {
  auto ecg = lively();
  const auto before = ecg.values;
  EXPECT_FALSE(filter_signal(ecg, {}));
  EXPECT_EQ(ecg.values, before);
  EXPECT_TRUE(ecg.lossless);
}

// T12: a missing sample stays one wherever it is, and what it parts is filtered part by part.
TEST(FilterSignal, EachRunBetweenGapsIsFilteredByItself) {
  auto ecg = lively();
  fill(ecg, 4, 200, 230, kMissing);
  const std::vector<double> first(ecg.values.begin() + 4 * 500, ecg.values.begin() + 4 * 500 + 200);
  const auto expected = ZeroPhaseFilter::high_pass(0.5, 100)(first);
  EXPECT_FALSE(filter_signal(ecg, {.high_pass_hz = 0.5}));
  EXPECT_EQ(missing(ecg), 30);
  for (std::int64_t t = 0; t < 500; ++t) EXPECT_EQ(at(ecg, 4, t) == kMissing, t >= 200 && t < 230) << t;
  for (std::int64_t t = 0; t < 200; ++t)
    EXPECT_NEAR(at(ecg, 4, t) * ecg.scale_mv, expected[static_cast<std::size_t>(t)] * 0.001, 0.00051) << t;
}

TEST(FilterSignal, ARunShorterThanASecondBecomesMissing) {
  auto ecg = lively();
  fill(ecg, 2, 100, 101, kMissing);
  fill(ecg, 2, 200, 201, kMissing);  // 101 to 199: 99 samples
  EXPECT_TRUE(filter_signal(ecg, {.notch_hz = 40}));
  for (std::int64_t t = 0; t < 500; ++t) EXPECT_EQ(at(ecg, 2, t) == kMissing, t >= 100 && t <= 200) << t;
  EXPECT_EQ(missing(ecg), 101);
}

TEST(MarkFlat, TakesSecondsOfEqualValuesAndConstantLeadsAndNothingElse) {
  auto ecg = lively();
  const auto before = ecg.values;
  EXPECT_FALSE(mark_flat(ecg));
  EXPECT_EQ(ecg.values, before);
  fill(ecg, 1, 50, 149, 7);    // 99 samples: an isoelectric line
  fill(ecg, 2, 50, 150, 7);    // a second: electrode off
  fill(ecg, 3, 300, 500, 0);   // zero-filled end
  fill(ecg, 5, 0, 500, -123);  // constant
  EXPECT_TRUE(mark_flat(ecg));
  EXPECT_EQ(missing(ecg), 100 + 200 + 500);
  EXPECT_EQ(at(ecg, 1, 60), 7);
  EXPECT_EQ(at(ecg, 2, 50), kMissing);
  EXPECT_NE(at(ecg, 2, 49), kMissing);
  EXPECT_EQ(at(ecg, 3, 499), kMissing);
  EXPECT_FALSE(mark_flat(ecg)) << "once is enough";
}

// T28: the limb leads follow from I and II.
TEST(DeriveLeads, AreExactUpToTheRoundingOfAHalf) {
  auto ecg = lively();
  for (const std::int64_t lead : {2, 3, 4, 5}) fill(ecg, lead, 0, 500, kMissing);
  EXPECT_EQ(derive_leads(ecg), (std::array<std::uint8_t, 4>{1, 1, 1, 1}));
  EXPECT_EQ(missing(ecg), 0);
  int halves = 0;
  for (std::int64_t t = 0; t < 500; ++t) {
    const int one = at(ecg, 0, t), two = at(ecg, 1, t);
    EXPECT_EQ(at(ecg, 2, t), two - one);
    const std::array<int, 3> doubled = {-(one + two), 2 * one - two, 2 * two - one};
    for (std::int64_t i = 0; i < 3; ++i) {
      const int got = 2 * at(ecg, 3 + i, t), wanted = doubled[static_cast<std::size_t>(i)];
      EXPECT_EQ(got - wanted, wanted % 2 == 0 ? 0 : wanted > 0 ? 1 : -1) << "lead " << 3 + i << ", sample " << t;
      halves += wanted % 2 != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(halves, 100);
}

TEST(DeriveLeads, NeedBothLeadsReplaceNothingAndLeaveThePrecordialOnesAlone) {
  auto ecg = lively();
  fill(ecg, 3, 0, 500, kMissing);
  fill(ecg, 8, 0, 500, kMissing);  // V3
  fill(ecg, 4, 10, 20, kMissing);  // aVL has a gap, but is there
  fill(ecg, 0, 100, 110, kMissing);
  fill(ecg, 1, 105, 120, kMissing);
  EXPECT_EQ(derive_leads(ecg), (std::array<std::uint8_t, 4>{0, 1, 0, 0}));
  for (std::int64_t t = 0; t < 500; ++t) {
    EXPECT_EQ(at(ecg, 3, t) == kMissing, t >= 100 && t < 120) << t;
    EXPECT_EQ(at(ecg, 4, t) == kMissing, t >= 10 && t < 20) << t;
    EXPECT_EQ(at(ecg, 8, t), kMissing);
  }
  fill(ecg, 1, 0, 500, kMissing);
  fill(ecg, 2, 0, 500, kMissing);
  EXPECT_EQ(derive_leads(ecg), (std::array<std::uint8_t, 4>{})) << "without II nothing follows";
}

TEST(DeriveLeads, WhatDoesNotFitTheNumbersOfAStoreStaysMissing) {
  auto ecg = lively();
  fill(ecg, 2, 0, 500, kMissing);
  at(ecg, 0, 7) = -20000;
  at(ecg, 1, 7) = 20000;
  EXPECT_EQ(derive_leads(ecg)[0], 1);
  EXPECT_EQ(at(ecg, 2, 7), kMissing);
  EXPECT_EQ(missing(ecg), 1);
}

TEST_F(ProcessingOfTable, StoresSayWhichLeadsOfWhichRecordWereComputed) {
  const auto signals = testing::twelve_signals(2500, 3);
  testing::write_record(root() / "a/r2", {"I", "II", "V2"}, {signals[0], signals[1], signals[7]}, 250);
  const auto made = source("path\na/r1\na/r2\n");
  const auto summary =
      ingest::prepare(made, folder_.path() / "store", {.processing = {.derive_leads = true}}, {}, {}, 2);
  EXPECT_EQ(summary.notes.at("leads derived"), 1);
  const auto s = store();
  EXPECT_EQ(testing::row(s, kDerivedTask, 0), (std::vector<int>{0, 0, 0, 0}));
  EXPECT_EQ(testing::row(s, kDerivedTask, 1), (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(s.task(kDerivedTask).classes, (std::vector<std::string>{"III", "aVR", "aVL", "aVF"}));
  EXPECT_NE(s.info().provenance_json.find("derive_leads"), std::string::npos);
  EXPECT_EQ(data::make_card(s).splits[0].tasks[0].positives[0], 1);
  std::vector<std::int16_t> samples(12 * 2500);
  s.read(1, samples.data());
  EXPECT_EQ(samples[2 * 2500 + 9], signals[1][9] - signals[0][9]);
  EXPECT_EQ(samples[6 * 2500 + 9], kMissing) << "V1 follows from nothing";
}

TEST_F(Processing, FiltersAreInTheProvenanceOnlyIfUsed) {
  challenge_record("E00001", "426783006");
  prepare(challenge_source(root(), {}));
  EXPECT_EQ(store().info().provenance_json.find("_hz"), std::string::npos);
  std::filesystem::remove_all(folder_.path() / "store");
  const SignalOptions options{.processing = {.high_pass_hz = 0.5, .notch_hz = 50}};
  ingest::prepare(challenge_source(root(), {}), folder_.path() / "store", options, {}, {}, 1);
  const auto provenance = parse_json(store().info().provenance_json, "provenance", 1);
  EXPECT_EQ(provenance.at("high_pass_hz"), 0.5);
  EXPECT_EQ(provenance.at("notch_hz"), 50);
}

TEST_F(Processing, FlatStretchesAreFoundBeforeTheRateChanges) {
  // A zero-filled end, as challenge files have it.
  auto signals = testing::twelve_signals(5000, 1);
  for (auto& signal : signals) std::fill(signal.begin() + 3000, signal.end(), std::int16_t{0});
  testing::write_record(root() / "r", testing::upper_case_leads(), signals, 500);
  testing::write(folder_.path() / "table.csv", "path\nr\n");
  WfdbTableOptions table;
  table.rate_hz = 100;
  const auto summary = ingest::prepare(wfdb_table_source(root(), folder_.path() / "table.csv", table),
                                       folder_.path() / "store", {.rate_hz = 100}, {}, {}, 1);
  EXPECT_EQ(summary.notes.at("flat stretches made missing"), 1);
  std::vector<std::int16_t> samples(12 * 1000);
  store().read(0, samples.data());
  for (std::size_t t = 0; t < 1000; ++t) EXPECT_EQ(samples[t] == kMissing, t > 599) << t;
}

TEST_F(Processing, APublishedVariantIsStoredAsItIs) {
  challenge_record("A0001", "Normal");
  Cpsc2018Options options;
  options.partial = true;
  options.window = "published";
  const auto made = cpsc2018_source(root(), testing::kSplits / "cpsc2018.txt", options);
  EXPECT_PROBLEM(ingest::prepare(made, folder_.path() / "store", {.processing = {.high_pass_hz = 0.5}}, {}, {}, 1),
                 Code::contradiction, "root");
}

// T16: beside the mark of its format, a converter's limits are no voltages either.
TEST(Saturation, SamplesAtTheEndsOfTheConverterAreMissing) {
  const testing::TemporaryFolder folder;
  auto signals = testing::twelve_signals(100, 1);
  signals[3][50] = 32767;
  signals[3][51] = -32767;
  testing::write_record(folder / "r", testing::upper_case_leads(), signals, 100);
  const auto ecg = read_wfdb_ecg(folder.path(), folder / "r.hea");
  EXPECT_EQ(ecg.saturated, 2);
  EXPECT_LT(ecg.largest_mv, 2);
  EXPECT_EQ(std::count(ecg.values.begin(), ecg.values.end(), kMissing), 2);
  EXPECT_EQ(ecg.values[3 * 100 + 50], kMissing);
  EXPECT_TRUE(ecg.lossless);
}

TEST(Saturation, TheHeadersResolutionCountsWhereNoValueContradictsIt) {
  const testing::TemporaryFolder folder;
  const auto read = [&](const std::vector<std::int16_t>& values) {
    testing::write(folder / "r.dat", testing::frames({values}));
    testing::write(folder / "r.hea", "r 1 100 4\nr.dat 16 200(1024)/mV 11 1024 0 0 0 II\n");
    std::string header = "r 1 100 4\nr.dat 16 200(1024)/mV 11 1024 " + std::to_string(values[0]) + " " +
                         std::to_string(testing::checksum(values)) + " 0 II\n";
    testing::write(folder / "r.hea", header);
    return read_wfdb_ecg(folder.path(), folder / "r.hea").saturated;
  };
  EXPECT_EQ(read({1000, 2047, 0, 1100}), 2);
  EXPECT_EQ(read({1000, 2046, 1, 1100}), 0);
  EXPECT_EQ(read({1000, 2047, 0, 2048}), 0) << "a value beyond: the header is wrong";
}

}  // namespace
}  // namespace scar::ingest
