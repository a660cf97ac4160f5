#include "scar/ingest/wfdb_signal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <sys/stat.h>

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

WfdbSamples read(const std::filesystem::path& header) {
  return read_wfdb_samples(read_wfdb_header(header), header.parent_path());
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
  EXPECT_EQ(samples.values, (std::vector<std::int16_t>{1, 2, 3, -4, -5, -6}));
}

TEST_F(WfdbSignal16, ReadsEveryInt16Value) {
  std::vector<std::int16_t> all(65536);
  std::iota(all.begin(), all.end(), std::int16_t{-32768});
  const auto samples = read(record("r 1 100 65536\nr.dat 16 1000/mV 16 0 -32768 -32768 0 I\n", frames({all})));
  EXPECT_EQ(samples.values, all);
}

TEST_F(WfdbSignal16, SkipsTheByteOffset) {
  const auto samples =
      read(record("r 1 100 2\nr.dat 16+24 1000/mV 16 0 7 15 0 I\n", std::string(24, 'h') + frames({{7, 8}})));
  EXPECT_EQ(samples.values, (std::vector<std::int16_t>{7, 8}));
}

TEST_F(WfdbSignal16, ReadsSeveralFilesBelowTheFolder) {
  write(folder_.path() / "sub" / "b.dat", frames({{3, 4}}));
  const auto samples = read(record("r 2 100 2\nr.dat 16 1000/mV\nsub/b.dat 16 1000/mV\n", frames({{1, 2}})));
  EXPECT_EQ(samples.values, (std::vector<std::int16_t>{1, 2, 3, 4}));
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

TEST_F(WfdbSignalErrors, WhatIsNotSupportedIsSaid) {
  for (const auto* line : {"r.dat 212", "r.dat 16x2", "r.dat 16:5", "~ 0", "- 16"}) {
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

TEST_F(WfdbEcg, LeadsGoByNameInAnyOrderAndCase) {
  auto names = upper_case_leads();
  auto signals = twelve_signals(50, 1);
  write_record(folder_.path() / "a", names, signals, 100);
  const auto expected = read_wfdb_ecg(folder_.path() / "a.hea");
  ASSERT_EQ(expected.values.size(), 600U);
  EXPECT_EQ(expected.values[50 * 3], signals[3][0]);
  // MIMIC-IV-ECG has aVF before aVL; then a full reversal, in small letters.
  std::swap(names[4], names[5]);
  std::swap(signals[4], signals[5]);
  write_record(folder_.path() / "a", names, signals, 100);
  EXPECT_EQ(read_wfdb_ecg(folder_.path() / "a.hea").values, expected.values);
  std::reverse(names.begin(), names.end());
  std::reverse(signals.begin(), signals.end());
  for (auto& name : names)
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
  write_record(folder_.path() / "a", names, signals, 100);
  EXPECT_EQ(read_wfdb_ecg(folder_.path() / "a.hea").values, expected.values);
}

TEST_F(WfdbEcg, AnAbsentLeadIsMissingNotZero) {
  write_record(folder_.path() / "a", {"II", "V5"}, {{0, 1, 2}, {0, -1, -2}}, 100);
  const auto ecg = read_wfdb_ecg(folder_.path() / "a.hea");
  EXPECT_EQ(ecg.absent_leads.size(), 10U);
  EXPECT_EQ(std::count(ecg.values.begin(), ecg.values.end(), data::kMissing), 30);
  EXPECT_EQ(ecg.values[1 * 3 + 2], 2);
  EXPECT_EQ(ecg.values[10 * 3 + 2], -2);
}

TEST_F(WfdbEcg, Gain1000IsKeptAsItIs) {
  const auto signals = twelve_signals(20, 2);
  write_record(folder_.path() / "a", upper_case_leads(), signals, 100);
  const auto ecg = read_wfdb_ecg(folder_.path() / "a.hea");
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
  const auto ecg = read_wfdb_ecg(path);
  EXPECT_TRUE(ecg.lossless);
  EXPECT_EQ(ecg.scale_mv, 0.005F);
  EXPECT_EQ(ecg.values[0], 200);
  EXPECT_EQ(ecg.values[1], 300);
  EXPECT_EQ(ecg.values[2], 50);
}

TEST_F(WfdbEcg, DifferentGainsAndUnitsAreRoundedToOneMicrovolt) {
  const std::vector<std::int16_t> a = {0, 777, -1234}, b = {0, 777, -1234}, c = {1, 20, -300};
  const auto ecg =
      read_wfdb_ecg(record("r 3 100 3\nr.dat 16 204.8/mV 16 0 0 -457 0 I\nr.dat 16 3.1(10)/uV 16 0 0 -457 0 II\n"
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
  const auto ecg =
      read_wfdb_ecg(record("r 2 100 2\nr.dat 16 100/mV 16 0 30000 29999 0 I\nr.dat 16 1000/mV 16 0 5 12 0 II\n",
                           frames({{30000, -1}, {5, 7}})));
  EXPECT_FALSE(ecg.lossless);
  EXPECT_NEAR(ecg.values[0] * double{ecg.scale_mv}, 300.0, ecg.scale_mv / 2 + 1e-4);
  EXPECT_NEAR(ecg.values[2] * double{ecg.scale_mv}, 0.005, ecg.scale_mv / 2);
}

TEST_F(WfdbEcg, TheSentinelIsMissingBeforeGainAndBaseline) {
  const auto ecg =
      read_wfdb_ecg(record("r 2 100 3\nr.dat 16 200(5)/mV 16 0 -32768 -32757 0 I\nr.dat 16 100/mV 16 0 1 -32765 0 II\n",
                           frames({{-32768, 5, 6}, {1, 2, -32768}})));
  EXPECT_EQ(ecg.values[0], data::kMissing);
  EXPECT_EQ(ecg.values[1], 0);
  EXPECT_EQ(ecg.values[3 + 2], data::kMissing);
}

TEST_F(WfdbEcg, NoMeasuredValueBecomesTheMarkOfAMissingOne) {
  // -32760 less a baseline of 8 would be -32768.
  const auto ecg =
      read_wfdb_ecg(record("r 1 100 2\nr.dat 16 1000(8)/mV 16 0 -32760 -32752 0 I\n", frames({{-32760, 8}})));
  EXPECT_FALSE(ecg.lossless);
  EXPECT_NE(ecg.values[0], data::kMissing);
  EXPECT_NEAR(ecg.values[0] * double{ecg.scale_mv}, -32.768, 0.001);
}

TEST_F(WfdbEcg, UnknownAndRepeatedLeadsUnknownUnitsAndMissingGainsAreTyped) {
  const auto bytes = frames({{1, 2}, {3, 4}});
  const auto two = [](const std::string& a, const std::string& b) { return "r 2 100 2\n" + a + "\n" + b + "\n"; };
  EXPECT_PROBLEM(read_wfdb_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mV 16 0 3 7 0 MLII"), bytes)),
                 Code::lead_unknown, "r.hea:3");
  EXPECT_PROBLEM(read_wfdb_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mV 16 0 3 7 0"), bytes)),
                 Code::lead_unknown, "r.hea:3");
  EXPECT_PROBLEM(read_wfdb_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 aVR", "r.dat 16 1/mV 16 0 3 7 0 AVR"), bytes)),
                 Code::lead_duplicate, "r.hea:3");
  EXPECT_PROBLEM(read_wfdb_ecg(record(two("r.dat 16 1/mV 16 0 1 3 0 I", "r.dat 16 1/mmHg 16 0 3 7 0 II"), bytes)),
                 Code::unit_unknown, "r.hea:3");
  EXPECT_PROBLEM(read_wfdb_ecg(record(two("r.dat 16 0/mV 16 0 1 3 0 I", "r.dat 16 1/mV 16 0 3 7 0 II"), bytes)),
                 Code::header_invalid, "r.hea:2");
}

}  // namespace
}  // namespace scar::ingest
