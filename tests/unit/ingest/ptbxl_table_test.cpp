#include "scar/ingest/recipes/ptbxl_table.h"

#include <algorithm>
#include <set>

#include "ptbxl_fixture.h"

namespace scar::ingest {
namespace {

using testing::FixtureRow;
using testing::TemporaryFolder;
using testing::write;

class PtbxlTables : public ::testing::Test {
 protected:
  PtbxlTable read(const std::vector<FixtureRow>& rows) { return read_text(testing::database_csv(rows)); }
  PtbxlTable read_text(const std::string& database, const std::string& statements = testing::statements_csv()) {
    write(folder_.path() / "ptbxl_database.csv", database);
    write(folder_.path() / "scp_statements.csv", statements);
    return read_ptbxl_table(folder_.path());
  }
  static std::set<std::string> positives(const PtbxlRow& row, const std::string& task) {
    std::set<std::string> names;
    const auto tasks = ptbxl_tasks();
    const auto info = std::find_if(tasks.begin(), tasks.end(), [&](const auto& t) { return t.name == task; });
    const auto& labels = row.labels.at(task);
    EXPECT_EQ(labels.size(), info->classes.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == 1) names.insert(info->classes[i]);
    }
    return names;
  }
  TemporaryFolder folder_;
};
using PtbxlLabels = PtbxlTables;
using PtbxlTableErrors = PtbxlTables;
using PtbxlCounts = PtbxlTables;

TEST(PtbxlTasks, HoldTheClassesOfThePublicLabelFilesInTheirOrder) {
  const auto tasks = ptbxl_tasks();
  ASSERT_EQ(tasks.size(), 4U);
  EXPECT_EQ(tasks[0].classes, (std::vector<std::string>{"HYP", "NORM", "MI", "CD", "STTC"}));
  EXPECT_EQ(tasks[1].classes.size(), 23U);
  EXPECT_EQ(tasks[1].classes[10], "ISC");  // the order of validation and test, not that of the published train file
  EXPECT_EQ(tasks[2].classes.size(), 19U);
  EXPECT_EQ(tasks[3].classes.size(), 12U);
}

TEST(PtbxlTasks, TheirCountsAddUpToThePublishedTotals) {
  int records = 0;
  for (int fold = 1; fold <= 8; ++fold) records += ptbxl_fold_size(fold);
  EXPECT_EQ(records, 17418);
  EXPECT_EQ(records + ptbxl_fold_size(9) + ptbxl_fold_size(10), kPtbxlRecords);
  const auto& super = ptbxl_task_counts()[0];
  EXPECT_EQ(kPtbxlRecords - super.records[0] - super.records[1] - super.records[2], 411);  // without a diagnosis
  const auto& norm = super.classes[1];
  EXPECT_EQ(norm.positives[0] + norm.positives[1] + norm.positives[2], 9514);
}

// T07: likelihood 0 is "not specified", not "absent".
TEST_F(PtbxlLabels, FollowAllCodesWhateverTheirLikelihood) {
  const auto table = read({{1, "7.0", 1, "x", "{'ASMI': 0.0, '1AVB': 35.0, 'ISC_': 15.0, 'NST_': 50.0, 'SR': 0.0}"}});
  const auto& row = table.rows.at(0);
  EXPECT_EQ(positives(row, "ptbxl-super"), (std::set<std::string>{"MI", "CD", "STTC"}));
  EXPECT_EQ(positives(row, "ptbxl-sub"), (std::set<std::string>{"AMI", "AVB", "ISC", "NST"}));
  EXPECT_EQ(positives(row, "ptbxl-form"), (std::set<std::string>{"NST"}));
  EXPECT_EQ(positives(row, "ptbxl-rhythm"), (std::set<std::string>{"SR"}));
}

TEST_F(PtbxlLabels, ARecordWithoutACodeOfTheKindIsNotInTheTask) {
  const auto table =
      read({{1, "7.0", 1, "x", "{'SR': 0.0}"}, {2, "8.0", 1, "x", "{'NORM': 100.0}"}, {3, "9.0", 1, "x", "{}"}});
  EXPECT_EQ(table.rows[0].labels.size(), 1U);
  EXPECT_FALSE(table.rows[0].labels.contains("ptbxl-super"));
  EXPECT_TRUE(table.rows[1].labels.contains("ptbxl-sub"));
  EXPECT_FALSE(table.rows[1].labels.contains("ptbxl-rhythm"));
  EXPECT_TRUE(table.rows[2].labels.empty());
  EXPECT_EQ(take_census(table).without_diagnosis, 2);
}

TEST_F(PtbxlTables, RowsAreInOrderOfTheirNumberAndReportsAreKeptByteForByte) {
  const std::string report = "SINUSRHYTHMUS  \n 4.46 unbest\xC3\xA4tigter bericht ";
  const auto table = read({{12, "7.0", 3, report}, {2, "8", 1}});
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].id, "2");
  EXPECT_EQ(table.rows[1].id, "12");
  EXPECT_EQ(table.rows[1].report, report);
  EXPECT_EQ(table.rows[1].patient, "7");
  EXPECT_EQ(table.rows[0].patient, "8");
  EXPECT_EQ(table.rows[1].line, 2);
  EXPECT_EQ(table.database_sha256.size(), 64U);
}

// T02: columns are selected by name.
TEST_F(PtbxlTables, ShuffledColumnsChangeNothing) {
  const auto a = read({{1, "7.0", 1}});
  const auto b = read_text(
      "scp_codes,filename_hr,strat_fold,report,filename_lr,device,ecg_id,patient_id\n"
      "\"{'NORM': 100.0, 'SR': 0.0}\",records500/00000/00001_hr,1,sinusrhythmus normales "
      "ekg,records100/00000/00001_lr,CS-12   E,1,7.0\n");
  EXPECT_EQ(a.rows[0].labels, b.rows[0].labels);
  EXPECT_EQ(a.rows[0].file_100hz, b.rows[0].file_100hz);
}

TEST_F(PtbxlTableErrors, AFolderWithoutTheTables) {
  const TemporaryFolder empty;
  EXPECT_PROBLEM(read_ptbxl_table(empty.path()), Code::data_missing, "ptbxl_database.csv");
  write(empty.path() / "ptbxl_database.csv", testing::database_csv({{1, "7", 1}}));
  EXPECT_PROBLEM(read_ptbxl_table(empty.path()), Code::data_missing, "scp_statements.csv");
}

TEST_F(PtbxlTableErrors, AMissingColumn) {
  EXPECT_PROBLEM(read_text("ecg_id,patient_id\n1,2\n"), Code::csv_invalid, "ptbxl_database.csv:1");
}

TEST_F(PtbxlTableErrors, ATableWithoutRows) { EXPECT_PROBLEM(read({}), Code::csv_invalid, "ptbxl_database.csv"); }

TEST_F(PtbxlTableErrors, ATableCutInsideAQuotedField) {
  auto text = testing::database_csv({{1, "7", 1}, {2, "8", 1}});
  text.resize(text.find("'SR': 0.0}", text.find("\n2,")));
  EXPECT_PROBLEM(read_text(text), Code::csv_invalid, "ptbxl_database.csv:3");
}

TEST_F(PtbxlTableErrors, NumbersThatAreNone) {
  EXPECT_PROBLEM(read({{1, "7.5", 1}}), Code::csv_invalid, "ptbxl_database.csv:2");
  EXPECT_PROBLEM(read({{1, "", 1}}), Code::csv_invalid, "ptbxl_database.csv:2");
  EXPECT_PROBLEM(read({{1, "nan", 1}}), Code::csv_invalid, "ptbxl_database.csv:2");
  EXPECT_PROBLEM(read({{1, "7", 11}}), Code::csv_invalid, "ptbxl_database.csv:2");
  EXPECT_PROBLEM(read({{1, "7", 0}}), Code::csv_invalid, "ptbxl_database.csv:2");
}

// T07: text is never evaluated.
TEST_F(PtbxlTableErrors, AnUnknownOrHostileCode) {
  EXPECT_PROBLEM(read({{1, "7", 1}, {2, "8", 1, "x", "{'NOSUCH': 1.0}"}}), Code::scp_codes_invalid,
                 "ptbxl_database.csv:3");
  EXPECT_PROBLEM(read({{1, "7", 1, "x", "__import__('os')"}}), Code::scp_codes_invalid, "ptbxl_database.csv:2");
}

TEST_F(PtbxlTableErrors, ARecordThatStandsThereTwice) {
  EXPECT_PROBLEM(read({{1, "7", 1}, {2, "8", 1}, {1, "7", 1}}), Code::duplicate_record, "ptbxl_database.csv:4");
}

// T05, T06: folds are disjoint by patient.
TEST_F(PtbxlTableErrors, APatientInTwoFolds) {
  EXPECT_PROBLEM(read({{1, "7", 1}, {2, "7.0", 9}}), Code::patient_in_two_splits, "ptbxl_database.csv:3");
  EXPECT_NO_THROW(static_cast<void>(read({{1, "7", 9}, {2, "7.0", 9}})));
}

TEST_F(PtbxlTableErrors, AFileNameThatLeavesTheFolder) {
  auto text = testing::database_csv({{1, "7", 1}});
  text.replace(text.find("records100/"), 11, "../../etc/");
  EXPECT_PROBLEM(read_text(text), Code::path_escapes_root, "ptbxl_database.csv:2");
}

TEST_F(PtbxlTableErrors, StatementsOfAnotherRelease) {
  const auto good = testing::statements_csv(), rows = testing::database_csv({{1, "7", 1}});
  auto renamed = good;
  renamed.replace(renamed.find(",LVH\n"), 5, ",LVX\n");
  EXPECT_PROBLEM(read_text(rows, renamed), Code::csv_invalid, "");
  auto repeated = good + "NORM,x,1.0,,,NORM,NORM\n";
  EXPECT_PROBLEM(read_text(rows, repeated), Code::csv_invalid, "scp_statements.csv:73");
  auto shorter = good.substr(0, good.find("TRIGU"));
  EXPECT_PROBLEM(read_text(rows, shorter), Code::csv_invalid, "scp_statements.csv");
  auto flag = good;
  flag.replace(flag.find(",1.0,"), 5, ",yes,");
  EXPECT_PROBLEM(read_text(rows, flag), Code::csv_invalid, "scp_statements.csv:2");
}

// T04: what is absent is named, what is present is compared.
TEST_F(PtbxlCounts, ASmallTableIsNotPtbXl) {
  const auto census = take_census(read({{1, "7", 1}, {2, "8", 9}}));
  EXPECT_EQ(census.version, "unknown");
  EXPECT_EQ(fold_list(census.present), "1, 9");
  EXPECT_EQ(fold_list(census.absent), "2-8, 10");
  EXPECT_FALSE(census.split_complete[0]);
  EXPECT_TRUE(census.split_complete[1]);
  const auto problem = testing::problem_of([&] { check_counts(census, "t.csv"); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::counts_differ);
  EXPECT_NE(problem->got.find("fold 9, records: 1 counted, 2183 published"), std::string::npos) << problem->got;
  EXPECT_NE(problem->got.find("ptbxl-super, validation (fold 9), NORM: 1 counted, 955 published"), std::string::npos);
  EXPECT_EQ(problem->got.find("train (folds"), std::string::npos) << "folds 2-8 are absent, so train is not compared";
}

// T04: a wrong count is a difference with both numbers.
TEST_F(PtbxlCounts, OneRecordMoreInOneClassIsSeen) {
  PtbxlCensus census;
  census.tasks = ptbxl_task_counts();
  for (int fold = 1; fold <= kPtbxlFolds; ++fold) {
    census.present.push_back(fold);
    census.fold_records[static_cast<std::size_t>(fold - 1)] = ptbxl_fold_size(fold);
  }
  census.split_complete.fill(true);
  census.records = kPtbxlRecords;
  census.patients = kPtbxlPatients;
  EXPECT_NO_THROW(check_counts(census, "t.csv"));
  auto wrong = census;
  wrong.tasks[3].classes[5].positives[0] += 1;  // TRIGU, train
  const auto problem = testing::problem_of([&] { check_counts(wrong, "t.csv"); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->got, "1 difference\n    ptbxl-rhythm, train (folds 1-8), TRIGU: 17 counted, 16 published");
  wrong = census;
  wrong.patients -= 1;
  EXPECT_PROBLEM(check_counts(wrong, "t.csv"), Code::counts_differ, "t.csv");
}

}  // namespace
}  // namespace scar::ingest
