#include "scar/ingest/csv.h"

#include <sys/stat.h>

#include "test_files.h"

namespace scar::ingest {
namespace {

using testing::TemporaryFolder;
using testing::write;

CsvTable parse(std::string_view text) { return CsvTable::parse(text, "t.csv"); }

TEST(Csv, ReadsColumnsByNameInAnyOrder) {
  const auto a = parse("id,name\n1,x\n2,y\n");
  const auto b = parse("name,id\nx,1\ny,2\n");
  ASSERT_EQ(a.rows(), 2U);
  for (const auto* table : {&a, &b}) {
    EXPECT_EQ(table->at(0, table->column("id")), "1");
    EXPECT_EQ(table->at(1, table->column("name")), "y");
  }
}

// T19: comma lists in quotes.
TEST(Csv, KeepsCommasQuotesAndLineEndsInsideQuotes) {
  const auto table = parse("id,text\n1,\"a, \"\"b\"\"\nc\"\n2,\"\"\n3,\n");
  ASSERT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.at(0, 1), "a, \"b\"\nc");
  EXPECT_EQ(table.at(1, 1), "");
  EXPECT_EQ(table.at(2, 1), "");
}

TEST(Csv, CountsTheLinesOfQuotedLineEnds) {
  const auto table = parse("id,text\n1,\"a\nb\nc\"\n2,x\n");
  EXPECT_EQ(table.line(0), 2);
  EXPECT_EQ(table.line(1), 5);
  EXPECT_EQ(table.where(1), "t.csv:5");
}

// T19: byte order mark, blank first line, CRLF.
TEST(Csv, AcceptsByteOrderMarkLeadingBlankLineCrlfAndMissingLastLineEnd) {
  const auto table = parse("\xEF\xBB\xBF\r\nid,text\r\n1,\"a\r\nb\"\r\n2,x");
  ASSERT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.columns().front(), "id");
  EXPECT_EQ(table.at(0, 1), "a\r\nb");
  EXPECT_EQ(table.at(1, 1), "x");
  EXPECT_EQ(table.line(0), 3);
}

TEST(Csv, AcceptsBlankLinesAtTheEndOnly) {
  EXPECT_EQ(parse("a,b\n1,2\n\n\n").rows(), 1U);
  EXPECT_PROBLEM(parse("a,b\n1,2\n\n3,4\n"), Code::csv_invalid, "t.csv:3");
}

TEST(Csv, AHeaderWithoutRowsIsATableWithoutRows) { EXPECT_EQ(parse("a,b\n").rows(), 0U); }

TEST(CsvErrors, RaggedRowNamesItsLineAndCounts) {
  EXPECT_PROBLEM(parse("a,b\n1,2\n3\n"), Code::csv_invalid, "t.csv:3");
  EXPECT_PROBLEM(parse("a,b\n1,2,3\n"), Code::csv_invalid, "t.csv:2");
}

TEST(CsvErrors, MissingColumnSuggestsTheNearestName) {
  const auto table = parse("ecg_id,report\n1,x\n");
  const auto problem = testing::problem_of([&] { static_cast<void>(table.column("ecgid")); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::csv_invalid);
  EXPECT_NE(problem->hint.find("'ecg_id'"), std::string::npos) << problem->hint;
}

TEST(CsvErrors, RepeatedColumnIsRefused) { EXPECT_PROBLEM(parse("a,b,a\n1,2,3\n"), Code::csv_invalid, "t.csv:1"); }

TEST(CsvErrors, OpenQuoteNamesTheLineWhereItBegan) {
  EXPECT_PROBLEM(parse("a,b\n1,x\n2,\"never closed\n3,y\n"), Code::csv_invalid, "t.csv:3");
}

TEST(CsvErrors, QuoteInsideOrAfterAFieldIsRefused) {
  EXPECT_PROBLEM(parse("a,b\n1,x\"y\n"), Code::csv_invalid, "t.csv:2");
  EXPECT_PROBLEM(parse("a,b\n1,\"x\"y\n"), Code::csv_invalid, "t.csv:2");
}

TEST(CsvErrors, LoneCarriageReturnAndNulAreRefused) {
  EXPECT_PROBLEM(parse("a,b\r1,2\r"), Code::csv_invalid, "t.csv:1");
  EXPECT_PROBLEM(parse(std::string_view("a,b\n1,\0\n", 8)), Code::csv_invalid, "t.csv:2");
}

TEST(CsvErrors, InvalidUtf8NamesItsLine) {
  for (const auto* bad : {"\xFF", "\xC3(", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_PROBLEM(parse(std::string("a,b\n1,x\n2,") + bad + "\n"), Code::text_not_utf8, "t.csv:3");
  }
  EXPECT_EQ(parse("a\nunbest\xC3\xA4tigt \xE2\x82\xAC \xF0\x9F\x92\x93\n").rows(), 1U);
}

TEST(CsvErrors, EmptyTextHasNoHeader) {
  EXPECT_PROBLEM(parse(""), Code::csv_invalid, "t.csv:1");
  EXPECT_PROBLEM(parse("\n\n"), Code::csv_invalid, "t.csv:3");
}

TEST(CsvErrors, LimitsHoldBeforeMemoryIsTaken) {
  CsvLimits limits;
  limits.rows = 2;
  EXPECT_PROBLEM(CsvTable::parse("a\n1\n2\n3\n", "t.csv", limits), Code::csv_invalid, "t.csv:4");
  limits = {};
  limits.field_bytes = 3;
  EXPECT_PROBLEM(CsvTable::parse("a\n1234\n", "t.csv", limits), Code::csv_invalid, "t.csv:2");
  limits = {};
  limits.columns = 2;
  EXPECT_PROBLEM(CsvTable::parse("a,b,c\n", "t.csv", limits), Code::csv_invalid, "t.csv:1");
  limits = {};
  limits.bytes = 4;
  EXPECT_PROBLEM(CsvTable::parse("a\n1\n2\n", "t.csv", limits), Code::csv_invalid, "t.csv");
}

TEST(CsvErrors, ContentOfFieldsStaysOutOfMessages) {
  const auto problem = testing::problem_of([] { static_cast<void>(parse("a,b\nMiller,\"x\" y\n")); });
  ASSERT_TRUE(problem);
  EXPECT_EQ((problem->what + problem->got + problem->hint).find("Miller"), std::string::npos);
}

TEST(CsvErrors, MissingFileFolderAndFifoEndInOneMessage) {
  const TemporaryFolder folder;
  EXPECT_PROBLEM(CsvTable::read(folder.path() / "none.csv"), Code::data_missing, "none.csv");
  EXPECT_PROBLEM(CsvTable::read(folder.path()), Code::data_unreadable, "");
  ASSERT_EQ(mkfifo((folder.path() / "pipe.csv").c_str(), 0600), 0);
  EXPECT_PROBLEM(CsvTable::read(folder.path() / "pipe.csv"), Code::data_unreadable, "pipe.csv");
  write(folder.path() / "good.csv", "a\n1\n");
  EXPECT_EQ(CsvTable::read(folder.path() / "good.csv").rows(), 1U);
}

TEST(Csv, AMillionBlankLinesCostNoMoreThanTheirBytes) {
  // Looking for the end of the table at each of them took minutes.
  const auto text = "a\n" + std::string(1'000'000, '\n') + "x\n\n";
  EXPECT_EQ(CsvTable::parse(text, "t.csv").rows(), 1'000'001U);
}

}  // namespace
}  // namespace scar::ingest
