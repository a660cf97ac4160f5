#include "scar/ingest/wfdb_header.h"

#include "test_files.h"

namespace scar::ingest {
namespace {

using testing::TemporaryFolder;
using testing::write;

WfdbHeader parse(std::string_view text) { return parse_wfdb_header(text, "r.hea"); }
WfdbSignal signal_of(const std::string& line) { return parse("r 1 100 10\n" + line + "\n").signals.at(0); }

TEST(WfdbHeader, ReadsAPtbXlHeader) {
  const auto header = parse(
      "00001_lr 2 100 1000\n"
      "00001_lr.dat 16 1000.0(0)/mV 16 0 -119 1508 0 I\n"
      "00001_lr.dat 16 1000.0(0)/mV 16 0 86 64423 0 AVR\n");
  EXPECT_EQ(header.record, "00001_lr");
  EXPECT_EQ(header.rate_hz, 100);
  EXPECT_EQ(header.samples, 1000);
  ASSERT_EQ(header.signals.size(), 2U);
  const auto& signal = header.signals[0];
  EXPECT_EQ(signal.file, "00001_lr.dat");
  EXPECT_EQ(signal.format, 16);
  EXPECT_EQ(signal.gain, 1000);
  EXPECT_TRUE(signal.calibrated);
  EXPECT_EQ(signal.baseline, 0);
  EXPECT_EQ(signal.unit, "mV");
  EXPECT_EQ(signal.adc_resolution, 16);
  EXPECT_EQ(signal.initial_value, -119);
  EXPECT_EQ(signal.checksum, 1508);
  EXPECT_EQ(signal.description, "I");
  EXPECT_EQ(header.where(header.signals[1]), "r.hea:3");
}

TEST(WfdbHeader, ReadsEveryPartOfTheFormatField) {
  const auto signal = signal_of("x.dat 212x3:7+24 200");
  EXPECT_EQ(signal.format, 212);
  EXPECT_EQ(signal.samples_per_frame, 3);
  EXPECT_EQ(signal.skew, 7);
  EXPECT_EQ(signal.byte_offset, 24);
}

// T15: the grammar gain(baseline)/unit.
TEST(WfdbHeader, ReadsGainBaselineAndUnitInEveryCombination) {
  EXPECT_EQ(signal_of("x 16 100").gain, 100);
  EXPECT_EQ(signal_of("x 16 100").unit, "mV");
  EXPECT_EQ(signal_of("x 16 100(-5)").baseline, -5);
  EXPECT_EQ(signal_of("x 16 4.88/uV").gain, 4.88);
  EXPECT_EQ(signal_of("x 16 1e3/uV").gain, 1000);
  const auto all = signal_of("x 16 204.8(+512)/V 12 7");
  EXPECT_EQ(all.gain, 204.8);
  EXPECT_EQ(all.baseline, 512);
  EXPECT_EQ(all.unit, "V");
  EXPECT_EQ(all.adc_zero, 7);
}

// T15: baseline and ADC zero are two numbers.
TEST(WfdbHeader, BaselineIsTheAdcZeroUnlessStated) {
  EXPECT_EQ(signal_of("x 16 200 12 1024").baseline, 1024);
  EXPECT_EQ(signal_of("x 16 200(3) 12 1024").baseline, 3);
}

TEST(WfdbHeader, MissingOrZeroGainIs200AndNotCalibrated) {
  for (const auto* line : {"x 16", "x 16 0", "x 16 0/mV"}) {
    EXPECT_EQ(signal_of(line).gain, 200) << line;
    EXPECT_FALSE(signal_of(line).calibrated) << line;
  }
}

TEST(WfdbHeader, NegativeChecksumAndDescriptionWithBlanksAreRead) {
  const auto signal = signal_of("x.dat 16 1000/mV 16 0 5 -1113 0 ECG lead V2 \r");
  EXPECT_EQ(signal.checksum, -1113);
  EXPECT_EQ(signal.description, "ECG lead V2");
}

TEST(WfdbHeader, DefaultsOfTheRecordLine) {
  const auto header = parse("r 1\nx 16\n");
  EXPECT_EQ(header.rate_hz, 250);
  EXPECT_FALSE(header.samples);
  EXPECT_FALSE(header.signals[0].checksum);
  EXPECT_FALSE(parse("r 1 360 0\nx 16\n").samples);
}

TEST(WfdbHeader, ReadsCounterBaseTimeAndDate) {
  const auto header = parse("r 1 360/0.5(-3) 650 12:30:05.25 24/12/2001\nx 16\n");
  EXPECT_EQ(header.rate_hz, 360);
  EXPECT_EQ(header.samples, 650);
}

TEST(WfdbHeader, SkipsCommentsBlankLinesTabsAndCrlf) {
  const auto header =
      parse("# before\r\n\r\nr\t1\t100 10\r\n#Age: 88 Name: Miller\r\nx.dat\t16\t1000/mV\r\n# after\r\n");
  ASSERT_EQ(header.signals.size(), 1U);
  EXPECT_EQ(header.signals[0].line, 5);
}

// T15: uV, mV, V and nV.
TEST(WfdbHeader, UnitsAreThoseOfVoltage) {
  EXPECT_EQ(millivolts_per_unit("mV"), 1.0);
  EXPECT_EQ(millivolts_per_unit("V"), 1000.0);
  EXPECT_EQ(millivolts_per_unit("uV"), 0.001);
  EXPECT_EQ(millivolts_per_unit("\xC2\xB5V"), 0.001);
  EXPECT_EQ(millivolts_per_unit("nV"), 1e-6);
  EXPECT_FALSE(millivolts_per_unit("MV"));
  EXPECT_FALSE(millivolts_per_unit("bpm"));
}

struct BadHeader {
  const char* name;
  std::string text;
  Code code;
  const char* where;
};

class WfdbHeaderErrors : public ::testing::TestWithParam<BadHeader> {};

TEST_P(WfdbHeaderErrors, EndInOneTypedMessageWithTheLine) {
  EXPECT_PROBLEM(parse(GetParam().text), GetParam().code, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WfdbHeaderErrors,
    ::testing::Values(
        BadHeader{"Empty", "", Code::header_invalid, "r.hea"},
        BadHeader{"OnlyComments", "# a\n# b\n", Code::header_invalid, "r.hea"},
        BadHeader{"NotUtf8", "r 1 100 10\nx 16 1000/\xFFV\n", Code::text_not_utf8, "r.hea:2"},
        BadHeader{"Binary", std::string("r 1\0 100", 8), Code::header_invalid, "r.hea:1"},
        BadHeader{"MultiSegment", "r/3 12 500 1000\n", Code::format_unsupported, "r.hea:1"},
        BadHeader{"NameWithSlash", "../r 1 100 10\nx 16\n", Code::format_unsupported, "r.hea:1"},
        BadHeader{"NameWithDot", "r.x 1 100 10\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NoSignalCount", "r\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"SignalCountNotANumber", "r twelve 100\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NoSignals", "r 0 100 10\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"TooManySignals", "r 99999999 100 10\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"FewerSignalLines", "r 2 100 10\nx 16\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"MoreSignalLines", "r 1 100 10\nx 16\nx 16\n", Code::header_invalid, "r.hea:3"},
        BadHeader{"ZeroRate", "r 1 0 10\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NegativeRate", "r 1 -100 10\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NanRate", "r 1 nan 10\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NegativeSamples", "r 1 100 -1\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"HugeSamples", "r 1 100 99999999999999999999\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"TextAfterDate", "r 1 100 10 10:00:00 1/1/2000 more\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"TimeIsText", "r 1 100 10 noon\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"OpenCounterBase", "r 1 100/1(3 10\nx 16\n", Code::header_invalid, "r.hea:1"},
        BadHeader{"NoFormat", "r 1 100 10\nx.dat\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"FormatNotANumber", "r 1 100 10\nx.dat sixteen\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"ZeroSamplesPerFrame", "r 1 100 10\nx.dat 16x0\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"NegativeOffset", "r 1 100 10\nx.dat 16+-24\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"NegativeGain", "r 1 100 10\nx 16 -1000/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"NanGain", "r 1 100 10\nx 16 nan/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"InfiniteGain", "r 1 100 10\nx 16 inf/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"TinyGain", "r 1 100 10\nx 16 1e-300/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"HexGain", "r 1 100 10\nx 16 0x10/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"OpenBaseline", "r 1 100 10\nx 16 1000(0/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"BaselineNotANumber", "r 1 100 10\nx 16 1000(a)/mV\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"NoUnitAfterSlash", "r 1 100 10\nx 16 1000/\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"ResolutionOutOfRange", "r 1 100 10\nx 16 1000/mV 99\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"ChecksumOutOfRange", "r 1 100 10\nx 16 1000/mV 16 0 0 65536\n", Code::header_invalid, "r.hea:2"},
        BadHeader{"InitialValueNotANumber", "r 1 100 10\nx 16 1000/mV 16 0 1.5 0\n", Code::header_invalid, "r.hea:2"}),
    [](const auto& one) { return std::string(one.param.name); });

// T17: comments may describe a patient.
TEST(WfdbHeaderFiles, CommentsStayOutOfMessages) {
  const auto problem =
      testing::problem_of([] { static_cast<void>(parse("# Name: Miller\nr 2 100 10\nx 16\n# Age: 88\n")); });
  ASSERT_TRUE(problem);
  EXPECT_EQ((problem->what + problem->got + problem->source_line + problem->hint).find("Miller"), std::string::npos);
}

TEST(WfdbHeaderFiles, TheRecordHasTheNameOfItsFile) {
  const TemporaryFolder folder;
  write(folder.path() / "a.hea", "b 1 100 10\nb.dat 16\n");
  EXPECT_PROBLEM(read_wfdb_header(folder.path(), folder.path() / "a.hea"), Code::header_invalid, "a.hea:1");
  EXPECT_PROBLEM(read_wfdb_header(folder.path(), folder.path() / "none.hea"), Code::data_missing, "none.hea");
}

TEST(WfdbHeaderErrors, RatesThatNoClockHasAndCarriageReturnsInsideALine) {
  EXPECT_PROBLEM(parse_wfdb_header("r 1 1e-300 5\nr.dat 16\n", "a.hea"), Code::header_invalid, "a.hea:1");
  EXPECT_PROBLEM(parse_wfdb_header("r 1 500\nr.dat 16 200 12 0 0 0 0 a\rb\n", "a.hea"), Code::header_invalid,
                 "a.hea:2");
  EXPECT_NO_THROW(parse_wfdb_header("r 1 500\r\nr.dat 16\r", "a.hea"));
}

}  // namespace
}  // namespace scar::ingest
