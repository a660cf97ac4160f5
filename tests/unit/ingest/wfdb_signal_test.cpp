#include "scar/ingest/wfdb_signal.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include <sys/stat.h>

#include "scar/core/json.h"
#include "scar/data/ecg_record.h"
#include "test_files.h"

namespace scar::ingest {
namespace {

using testing::frames;
using testing::TemporaryFolder;
using testing::twelve_signals;
using testing::upper_case_leads;
using testing::write;
using testing::write_record;

EcgSamples read_ecg(const std::filesystem::path& header) { return read_wfdb_ecg(header.parent_path(), header); }

WfdbSamples read(const std::filesystem::path& header) {
  return read_wfdb_samples(header.parent_path(), read_wfdb_header(header.parent_path(), header), header.parent_path());
}

class WfdbRecord : public ::testing::Test {
 protected:
  // A record of two signals whose header lines are given.
  std::filesystem::path record(const std::string& header, const std::string& bytes) {
    write(folder_.path() / "r.hea", header);
    write(folder_.path() / "r.dat", bytes);
    return folder_.path() / "r.hea";
  }
  TemporaryFolder folder_;
};
using WfdbSignal16 = WfdbRecord;
using WfdbSignalErrors = WfdbRecord;
using WfdbEcg = WfdbRecord;

TEST_F(WfdbSignal16, SeparatesTheSignalsOfOneFile) {
  const auto path = record("r 2 100 3\nr.dat 16 1000/mV 16 0 1 6 0 I\nr.dat 16 1000/mV 16 0 -4 -15 0 II\n",
                           frames({{1, 2, 3}, {-4, -5, -6}}));
  const auto samples = read(path);
  EXPECT_EQ(samples.samples, 3);
  EXPECT_EQ(samples.values, (std::vector<std::int32_t>{1, 2, 3, -4, -5, -6}));
}

TEST_F(WfdbSignal16, ReadsEveryInt16Value) {
  std::vector<std::int16_t> all(65536);
  std::iota(all.begin(), all.end(), std::int16_t{-32768});
  const auto samples = read(record("r 1 100 65536\nr.dat 16 1000/mV 16 0 -32768 -32768 0 I\n", frames({all})));
  ASSERT_EQ(samples.values.size(), all.size());
  EXPECT_EQ(samples.values[0], kNotMeasured);
  EXPECT_TRUE(std::equal(all.begin() + 1, all.end(), samples.values.begin() + 1));
}

// T17: byte offsets.
TEST_F(WfdbSignal16, SkipsTheByteOffset) {
  const auto samples =
      read(record("r 1 100 2\nr.dat 16+24 1000/mV 16 0 7 15 0 I\n", std::string(24, 'h') + frames({{7, 8}})));
  EXPECT_EQ(samples.values, (std::vector<std::int32_t>{7, 8}));
}

TEST_F(WfdbSignal16, ReadsSeveralFilesBelowTheFolder) {
  write(folder_.path() / "sub" / "b.dat", frames({{3, 4}}));
  const auto samples = read(record("r 2 100 2\nr.dat 16 1000/mV\nsub/b.dat 16 1000/mV\n", frames({{1, 2}})));
  EXPECT_EQ(samples.values, (std::vector<std::int32_t>{1, 2, 3, 4}));
}

TEST_F(WfdbSignal16, TakesTheLengthFromTheFileIfTheHeaderHasNone) {
  EXPECT_EQ(read(record("r 2 100\nr.dat 16\nr.dat 16\n", frames({{1, 2, 3}, {4, 5, 6}}))).samples, 3);
}

TEST_F(WfdbSignal16, VerifiesSignedAndUnsignedChecksums) {
  const std::vector<std::int16_t> values = {-100, -200, -300};  // sum -600 = 64936 modulo 2^16
  for (const auto* sum : {"-600", "64936"}) {
    EXPECT_NO_THROW(
        read(record(std::string("r 1 100 3\nr.dat 16 1000/mV 16 0 -100 ") + sum + " 0 I\n", frames({values}))));
  }
}

TEST_F(WfdbSignalErrors, ShortFile) {
  EXPECT_PROBLEM(read(record("r 1 100 3\nr.dat 16\n", frames({{1, 2}}))), Code::signal_cut_short, "r.dat");
  EXPECT_PROBLEM(read(record("r 1 100 3\nr.dat 16\n", "")), Code::signal_cut_short, "r.dat");
  EXPECT_PROBLEM(read(record("r 1 100 3\nr.dat 16\n", frames({{1, 2, 3}}).substr(0, 5))), Code::signal_cut_short,
                 "r.dat");
  EXPECT_PROBLEM(read(record("r 2 100\nr.dat 16\nr.dat 16\n", frames({{1, 2, 3}}))), Code::signal_cut_short, "r.dat");
}

TEST_F(WfdbSignalErrors, LongFile) {
  EXPECT_PROBLEM(read(record("r 1 100 3\nr.dat 16\n", frames({{1, 2, 3, 4}}))), Code::signal_too_long, "r.dat");
}

TEST_F(WfdbSignalErrors, AByteOffsetBeyondTheFileIsNotRead) {
  EXPECT_PROBLEM(read(record("r 1 100 3\nr.dat 16+8000000000\n", frames({{1, 2, 3}}))), Code::signal_cut_short,
                 "r.dat");
}

// T31: checksums and initial values are verified on every read.
TEST_F(WfdbSignalErrors, EveryFlippedBitIsFound) {
  const auto header = "r 1 100 3\nr.dat 16 1000/mV 16 0 1 6 0 I\n";
  const auto good = frames({{1, 2, 3}});
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_PROBLEM(read(record(header, bad)), bit < 16 ? Code::signal_initial_value : Code::signal_checksum, "r.hea:2");
  }
}

TEST_F(WfdbSignalErrors, MissingSignalFile) {
  write(folder_.path() / "r.hea", "r 1 100 3\nr.dat 16\n");
  EXPECT_PROBLEM(read(folder_.path() / "r.hea"), Code::data_missing, "r.dat");
}

TEST_F(WfdbSignalErrors, PathsThatLeaveTheFolderAreRefused) {
  for (const auto* name : {"../r.dat", "/etc/passwd", "a/../../r.dat", "..", "a\\b", "sub/"}) {
    EXPECT_PROBLEM(read(record(std::string("r 1 100 3\n") + name + " 16\n", frames({{1, 2, 3}}))),
                   Code::path_escapes_root, "r.hea:2");
  }
}

TEST_F(WfdbSignalErrors, FifoAndFolderDoNotBlock) {
  write(folder_.path() / "r.hea", "r 1 100 3\nr.dat 16\n");
  ASSERT_EQ(mkfifo((folder_.path() / "r.dat").c_str(), 0600), 0);
  EXPECT_PROBLEM(read(folder_.path() / "r.hea"), Code::data_unreadable, "r.dat");
  write(folder_.path() / "q.hea", "q 1 100 3\nq.dat 16\n");
  std::filesystem::create_directory(folder_.path() / "q.dat");
  EXPECT_PROBLEM(read(folder_.path() / "q.hea"), Code::data_unreadable, "q.dat");
}

// T17: null segments and several samples per frame are typed errors. T16: so are the FLAC formats.
TEST_F(WfdbSignalErrors, WhatIsNotSupportedIsSaid) {
  for (const auto* line : {"r.dat 508", "r.dat 516", "r.dat 7", "r.dat 16x2", "~ 0", "- 16"}) {
    EXPECT_PROBLEM(read(record(std::string("r 1 100 3\n") + line + "\n", frames({{1, 2, 3}}))),
                   Code::format_unsupported, "r.hea:2");
  }
}

TEST_F(WfdbSignalErrors, ContradictoryFilesAndOffsets) {
  write(folder_.path() / "s.dat", frames({{1, 2, 3}}));
  EXPECT_PROBLEM(read(record("r 3 100 3\nr.dat 16\ns.dat 16\nr.dat 16\n", frames({{1, 2, 3}}))), Code::header_invalid,
                 "r.hea:4");
  EXPECT_PROBLEM(read(record("r 2 100 3\nr.dat 16+2\nr.dat 16+4\n", frames({{1, 2, 3}}))), Code::header_invalid,
                 "r.hea:3");
}

// T01: leads are mapped by name, whatever their order and case.
TEST_F(WfdbEcg, LeadsGoByNameInAnyOrderAndCase) {
  auto names = upper_case_leads();
  auto signals = twelve_signals(50, 1);
  write_record(folder_.path() / "a", names, signals, 100);
  const auto expected = read_ecg(folder_.path() / "a.hea");
  ASSERT_EQ(expected.values.size(), 600U);
  EXPECT_EQ(expected.values[50 * 3], signals[3][0]);
  // MIMIC-IV-ECG has aVF before aVL; then a full reversal, in small letters.
  std::swap(names[4], names[5]);
  std::swap(signals[4], signals[5]);
  write_record(folder_.path() / "a", names, signals, 100);
  EXPECT_EQ(read_ecg(folder_.path() / "a.hea").values, expected.values);
  std::reverse(names.begin(), names.end());
  std::reverse(signals.begin(), signals.end());
  for (auto& name : names)
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  write_record(folder_.path() / "a", names, signals, 100);
  EXPECT_EQ(read_ecg(folder_.path() / "a.hea").values, expected.values);
}

// T01: a lead that is not there is missing, not zeros.
TEST_F(WfdbEcg, AnAbsentLeadIsMissingNotZero) {
  write_record(folder_.path() / "a", {"II", "V5"}, {{0, 1, 2}, {0, -1, -2}}, 100);
  const auto ecg = read_ecg(folder_.path() / "a.hea");
  EXPECT_EQ(ecg.absent_leads.size(), 10U);
  EXPECT_EQ(std::count(ecg.values.begin(), ecg.values.end(), data::kMissing), 30);
  EXPECT_EQ(ecg.values[1 * 3 + 2], 2);
  EXPECT_EQ(ecg.values[10 * 3 + 2], -2);
}

TEST_F(WfdbEcg, Gain1000IsKeptAsItIs) {
  const auto signals = twelve_signals(20, 2);
  write_record(folder_.path() / "a", upper_case_leads(), signals, 100);
  const auto ecg = read_ecg(folder_.path() / "a.hea");
  EXPECT_TRUE(ecg.lossless);
  EXPECT_EQ(ecg.scale_mv, 0.001F);
  for (std::size_t lead = 0; lead < 12; ++lead) {
    EXPECT_TRUE(std::equal(signals[lead].begin(), signals[lead].end(),
                           ecg.values.begin() + static_cast<std::ptrdiff_t>(lead) * 20));
  }
}

TEST_F(WfdbEcg, OneGainWithBaselinesIsLossless) {
  const auto path = record("r 2 100 2\nr.dat 16 200(100)/mV 16 0 300 700 0 I\nr.dat 16 200(-50)/mV 16 0 0 1 0 II\n",
                           frames({{300, 400}, {0, 1}}));
  const auto ecg = read_ecg(path);
  EXPECT_TRUE(ecg.lossless);
  EXPECT_EQ(ecg.scale_mv, 0.005F);
  EXPECT_EQ(ecg.values[0], 200);
  EXPECT_EQ(ecg.values[1], 300);
  EXPECT_EQ(ecg.values[2], 50);
}

TEST_F(WfdbEcg, DifferentGainsAndUnitsAreRoundedToOneMicrovolt) {
  const std::vector<std::int16_t> a = {0, 777, -1234}, b = {0, 777, -1234}, c = {1, 20, -300};
  const auto ecg =
      read_ecg(record("r 3 100 3\nr.dat 16 204.8/mV 16 0 0 -457 0 I\nr.dat 16 3.1(10)/uV 16 0 0 -457 0 II\n"
                      "r.dat 16 100000/V 16 0 1 -279 0 III\n",
                      frames({a, b, c})));
  EXPECT_FALSE(ecg.lossless);
  EXPECT_EQ(ecg.scale_mv, 0.001F);
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_NEAR(ecg.values[t] * 0.001, a[t] / 204.8, 0.0005001);
    EXPECT_NEAR(ecg.values[3 + t] * 0.001, (b[t] - 10) / 3.1 / 1000, 0.0005001);
    EXPECT_NEAR(ecg.values[6 + t] * 0.001, c[t] / 100.0, 0.0005001);
  }
}

TEST_F(WfdbEcg, ValuesBeyond32MillivoltsWidenTheStepAndStayWithinHalfOfIt) {
  const auto ecg = read_ecg(record("r 2 100 2\nr.dat 16 100/mV 16 0 30000 29999 0 I\nr.dat 16 1000/mV 16 0 5 12 0 II\n",
                                   frames({{30000, -1}, {5, 7}})));
  EXPECT_FALSE(ecg.lossless);
  EXPECT_NEAR(ecg.values[0] * double{ecg.scale_mv}, 300.0, ecg.scale_mv / 2 + 1e-4);
  EXPECT_NEAR(ecg.values[2] * double{ecg.scale_mv}, 0.005, ecg.scale_mv / 2);
}

// T16: the mark is found before gain and baseline move it.
TEST_F(WfdbEcg, TheSentinelIsMissingBeforeGainAndBaseline) {
  const auto ecg =
      read_ecg(record("r 2 100 3\nr.dat 16 200(5)/mV 16 0 -32768 -32757 0 I\nr.dat 16 100/mV 16 0 1 -32765 0 II\n",
                      frames({{-32768, 5, 6}, {1, 2, -32768}})));
  EXPECT_EQ(ecg.values[0], data::kMissing);
  EXPECT_EQ(ecg.values[1], 0);
  EXPECT_EQ(ecg.values[3 + 2], data::kMissing);
}

TEST_F(WfdbEcg, NoMeasuredValueBecomesTheMarkOfAMissingOne) {
  // -32760 less a baseline of 8 would be -32768.
  const auto ecg = read_ecg(record("r 1 100 2\nr.dat 16 1000(8)/mV 16 0 -32760 -32752 0 I\n", frames({{-32760, 8}})));
  EXPECT_FALSE(ecg.lossless);
  EXPECT_NE(ecg.values[0], data::kMissing);
  EXPECT_NEAR(ecg.values[0] * double{ecg.scale_mv}, -32.768, 0.001);
}

// T01: a name that is no lead, or stands there twice, is a typed error.
TEST_F(WfdbEcg, UnknownAndRepeatedLeadsUnknownUnitsAreTyped) {
  const auto bytes = frames({{1, 2}, {3, 4}});
  const auto two = [](const std::string& a, const std::string& b) { return "r 2 100 2\n" + a + "\n" + b + "\n"; };
  EXPECT_PROBLEM(read_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mV 16 0 3 7 0 MLII"), bytes)),
                 Code::lead_unknown, "r.hea:3");
  EXPECT_PROBLEM(read_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mV 16 0 3 7 0"), bytes)),
                 Code::lead_unknown, "r.hea:3");
  EXPECT_PROBLEM(read_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 aVR", "r.dat 16 1/mV 16 0 3 7 0 AVR"), bytes)),
                 Code::lead_duplicate, "r.hea:3");
  EXPECT_PROBLEM(read_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mmHg 16 0 3 7 0 II"), bytes)),
                 Code::unit_unknown, "r.hea:3");
}

// T15: no gain means 200 units per mV, and that is said.
TEST_F(WfdbEcg, AMissingGainIs200PerMillivoltAndSaid) {
  const auto stated = read_ecg(record("r 1 100 2\nr.dat 16 200/mV 16 0 1 3 0 I\n", frames({{1, 2}})));
  EXPECT_FALSE(stated.gain_assumed);
  for (const std::string gain : {"0/mV", "0"}) {
    const auto ecg = read_ecg(record("r 2 100 2\nr.dat 16 200/mV 16 0 1 4 0 II\nr.dat 16 " + gain + " 16 0 2 6 0 I\n",
                                     frames({{1, 3}, {2, 4}})));
    EXPECT_TRUE(ecg.gain_assumed);
    EXPECT_TRUE(ecg.lossless);
    EXPECT_EQ(ecg.scale_mv, 0.005F);
  }
}

TEST_F(WfdbEcg, TheLargestValueIsKnownInMillivolts) {
  const auto ecg =
      read_ecg(record("r 2 100 3\nr.dat 16 200(10)/mV 16 0 10 -28748 0 I\nr.dat 16 1000/mV 16 0 5 5 0 II\n",
                      frames({{10, -32768, 4010}, {5, -1000, 1000}})));
  EXPECT_DOUBLE_EQ(ecg.largest_mv, 20.0) << "the mark of a missing sample is no value";
}

std::string unhex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}

// Trap T16: the mark of a sample that was not measured.
std::int32_t mark_of(int format) {
  const std::map<int, std::int32_t> marks = {{80, -128},      {310, -512},   {311, -512},   {212, -2048},
                                             {16, -32768},    {61, -32768},  {160, -32768}, {24, -8388608},
                                             {32, INT32_MIN}, {8, INT32_MIN}};
  return marks.at(format);
}

// Fixture of tests/reference/export_wfdb_formats.py.
TEST_F(WfdbRecord, EveryFormatIsReadAsPythonWfdbReadsIt) {
  const auto fixture = read_json(SCAR_TEST_DATA "/ingest/wfdb_formats.json", static_cast<int>(Code::data_unreadable));
  std::map<int, int> marks;
  for (const auto& one : fixture.at("cases")) {
    const auto header = one.at("header").get<std::string>();
    const int format = one.at("format").get<int>();
    const auto samples = read(record(header, unhex(one.at("bytes").get<std::string>())));
    std::vector<std::int32_t> expected;
    for (const auto& row : one.at("values")) {
      for (const auto& value : row) {
        expected.push_back(value.get<std::int32_t>());
        if (expected.back() == mark_of(format)) expected.back() = kNotMeasured;
      }
    }
    EXPECT_EQ(samples.values, expected) << header;
  }
}

// T16: one mark per format.
TEST_F(WfdbRecord, EveryFormatHasItsMarkForWhatWasNotMeasured) {
  const std::map<int, std::string> smallest = {
      {80, std::string(1, '\0')},        {16, std::string("\x00\x80", 2)},     {61, std::string("\x80\x00", 2)},
      {160, std::string(2, '\0')},       {24, std::string("\x00\x00\x80", 3)}, {32, std::string("\x00\x00\x00\x80", 4)},
      {212, std::string("\x00\x08", 2)}, {310, std::string("\x00\x04", 2)},    {311, std::string("\x00\x02", 2)}};
  for (const auto& [format, bytes] : smallest) {
    const auto samples = read(record("r 1 100 1\nr.dat " + std::to_string(format) + " 200/mV\n", bytes));
    EXPECT_EQ(samples.values, std::vector<std::int32_t>{kNotMeasured}) << format;
  }
}

// T17: skew.
TEST_F(WfdbRecord, ASkewedSignalLacksItsEnd) {
  // Signal II is two frames late: its first two samples come before time 0, and the file has no more frames.
  const auto samples = read(record("r 2 100 4\nr.dat 16 200/mV 16 0 1 10 0 I\nr.dat 16:2 200/mV 16 0 5 26 0 II\n",
                                   frames({{1, 2, 3, 4}, {5, 6, 7, 8}})));
  EXPECT_EQ(samples.values, (std::vector<std::int32_t>{1, 2, 3, 4, 7, 8, kNotMeasured, kNotMeasured}));
}

TEST_F(WfdbRecord, PackedFormatsTakeTheirLengthFromTheFile) {
  for (const int format : {212, 310, 311, 8, 80, 24}) {
    const auto samples = read(record(
        "r 2 100\nr.dat " + std::to_string(format) + "\nr.dat " + std::to_string(format) + "\n", std::string(24, 'x')));
    EXPECT_GT(samples.samples, 3) << format;
    EXPECT_PROBLEM(
        read(record("r 2 100 100\nr.dat " + std::to_string(format) + "\nr.dat " + std::to_string(format) + "\n",
                    std::string(24, 'x'))),
        Code::signal_cut_short, "r.dat");
  }
}

// The samples that come with the test records of the WFDB library, one column per signal.
TEST(WfdbFormats, RealFilesOfEveryFormat) {
  const char* folder = std::getenv("SCAR_DATA_DIR");
  if (folder == nullptr) GTEST_SKIP() << "SCAR_DATA_DIR is not set: no real records";
  const auto path = std::filesystem::path(folder) / "wfdb-formats" / "binformats.hea";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "SCAR_DATA_DIR has no wfdb-formats/";
  const auto header = read_wfdb_header(path.parent_path(), path);
  const auto samples =
      read_wfdb_samples(path.parent_path(), header, path.parent_path());  // initial values and checksums hold
  const auto expected_path = path.parent_path() / "binformats.expected.gz";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("gzip -dc '" + expected_path.string() + "'").c_str(), "r"), pclose);
  ASSERT_NE(pipe, nullptr);
  for (std::int64_t t = 0; t < samples.samples; ++t) {
    for (std::size_t s = 0; s < header.signals.size(); ++s) {
      long expected = 0;
      ASSERT_EQ(std::fscanf(pipe.get(), "%ld", &expected), 1) << "sample " << t;
      const auto got = samples.values[s * static_cast<std::size_t>(samples.samples) + static_cast<std::size_t>(t)];
      ASSERT_EQ(got, expected) << "format " << header.signals[s].format << ", sample " << t;
    }
  }
}

}  // namespace
}  // namespace scar::ingest
