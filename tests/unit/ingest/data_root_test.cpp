// What a dataset's own files may make a preparation read: nothing outside of the folder that the user named.
#include "scar/ingest/data_root.h"

#include <sys/stat.h>

#include <algorithm>

#include "find_headers.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/preparation.h"
#include "scar/ingest/recipes/challenge.h"
#include "scar/ingest/recipes/wfdb_table.h"
#include "test_files.h"

namespace scar::ingest {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;
using testing::write;

class DataRoots : public ::testing::Test {
 protected:
  DataRoots() {
    testing::write_record(root() / "a" / "r1", testing::upper_case_leads(), testing::twelve_signals(500, 1), 100);
    testing::write_record(outside() / "r2", testing::upper_case_leads(), testing::twelve_signals(500, 2), 100);
  }
  [[nodiscard]] fs::path root() const { return folder_.path() / "root"; }
  [[nodiscard]] fs::path outside() const { return folder_.path() / "outside"; }

  [[nodiscard]] Source table(const std::string& rows, bool follow_links = false) const {
    write(folder_.path() / "table.csv", "path\n" + rows);
    return wfdb_table_source({root(), follow_links}, folder_.path() / "table.csv", {});
  }
  PreparationSummary prepare(const Source& source, const ToleranceOptions& tolerance = {}) const {
    return ingest::prepare(source, folder_.path() / "store", {0, 5}, tolerance, {}, 1);
  }

  TemporaryFolder folder_;
};

TEST_F(DataRoots, NamesThatClimbOrAreAbsoluteAreRefusedWhereTheyStand) {
  for (const char* name : {"../outside/r2", "a/../../outside/r2", "/etc/passwd", "", "a/", "a\\r1", "a/\x01r1"}) {
    EXPECT_PROBLEM(inside_root(root(), name, "table.csv:2"), Code::path_escapes_root, "table.csv:2");
  }
  EXPECT_EQ(inside_root(root(), "a/r1", "t"), root() / "a/r1");
}

TEST_F(DataRoots, ALinkThatLeadsOutIsRefusedAndFollowedWhenTheUserSaysSo) {
  fs::create_symlink(outside() / "r2.hea", root() / "r2.hea");
  fs::create_symlink(outside() / "r2.dat", root() / "r2.dat");
  EXPECT_PROBLEM(prepare(table("r2\n")), Code::link_leaves_root, "r2.hea");
  const auto problem = testing::problem_of([&] { prepare(table("r2\n")); });
  EXPECT_NE(problem->hint.find("--follow-links"), std::string::npos) << problem->hint;
  EXPECT_EQ(prepare(table("a/r1\nr2\n", true)).store.records, 2);
}

TEST_F(DataRoots, TheSignalFileOfAHeaderIsHeldToTheSameRule) {
  fs::copy_file(outside() / "r2.hea", root() / "r2.hea");
  fs::create_symlink(outside() / "r2.dat", root() / "r2.dat");
  EXPECT_PROBLEM(prepare(table("r2\n")), Code::link_leaves_root, "r2.dat");
}

TEST_F(DataRoots, LinksInsideTheRootAreAnyonesOwnBusiness) {
  fs::create_symlink(root() / "a", root() / "b");
  EXPECT_EQ(prepare(table("b/r1\n")).store.records, 1);
}

TEST_F(DataRoots, ARootThatIsALinkIsTheUsersOwnChoice) {
  fs::create_directory_symlink(root(), folder_.path() / "link");
  const auto header = folder_.path() / "link" / "a" / "r1.hea";
  EXPECT_EQ(read_wfdb_ecg(folder_.path() / "link", header).samples, 500);
}

TEST_F(DataRoots, RecordsBehindLinksCanBeLeftOutAndAreListed) {
  fs::create_symlink(outside() / "r2.hea", root() / "r2.hea");
  ToleranceOptions tolerance;
  tolerance.quarantine = true;
  const auto summary = prepare(table("a/r1\nr2\n"), tolerance);
  EXPECT_EQ(summary.store.reasons.at("link_leaves_root"), 1);
  EXPECT_EQ(summary.store.records, 1);
}

TEST_F(DataRoots, TablesOfTheDatasetAreHeldToTheSameRule) {
  write(outside() / "t.csv", "a\n1\n");
  fs::create_symlink(outside() / "t.csv", root() / "t.csv");
  EXPECT_PROBLEM(CsvTable::read(root(), root() / "t.csv"), Code::link_leaves_root, "t.csv");
  EXPECT_EQ(CsvTable::read({root(), true}, root() / "t.csv").rows(), 1U);
}

TEST_F(DataRoots, DevicesPipesAndFoldersAreNoFiles) {
  ASSERT_EQ(mkfifo((root() / "pipe.hea").c_str(), 0600), 0);
  EXPECT_PROBLEM(read_wfdb_ecg(root(), root() / "pipe.hea"), Code::data_unreadable, "pipe.hea");
  EXPECT_PROBLEM(read_wfdb_ecg(root(), root() / "a"), Code::data_unreadable, "a");
  EXPECT_PROBLEM(read_wfdb_ecg({"/dev", false}, "/dev/zero"), Code::data_unreadable, "/dev/zero");
  fs::create_symlink("/dev/zero", root() / "zero.hea");
  EXPECT_PROBLEM(read_wfdb_ecg(root(), root() / "zero.hea"), Code::link_leaves_root, "zero.hea");
  EXPECT_PROBLEM(read_wfdb_ecg({root(), true}, root() / "zero.hea"), Code::data_unreadable, "zero.hea");
}

TEST_F(DataRoots, SumsOfAFolderDoNotWaitForAPipe) {
  const auto source = challenge_source(root(), {});
  ASSERT_EQ(mkfifo((root() / "a" / "r1.mat").c_str(), 0600), 0);  // the header names r1.dat
  write(root() / "SHA256SUMS.txt", std::string(64, '0') + "  a/r1.mat\n");
  const auto found = verify_source(source, {}, 1);
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_EQ(found.problems[0].reason, "sha256");
}

TEST_F(DataRoots, HeadersBehindLinksAreFoundOnceOrRefused) {
  const auto headers = [&](bool follow) { return find_headers({root(), follow}); };
  fs::create_directory_symlink(root() / "a", root() / "again");
  fs::create_directory_symlink(root(), root() / "a" / "circle");
  EXPECT_EQ(headers(false), (std::vector<std::string>{"a/r1.hea"}));
  fs::create_directory_symlink(outside(), root() / "more");
  EXPECT_PROBLEM(headers(false), Code::link_leaves_root, "more");
  EXPECT_EQ(headers(true), (std::vector<std::string>{"a/r1.hea", "more/r2.hea"}));
  fs::create_directory_symlink(outside(), root() / "z");
  EXPECT_EQ(headers(true).size(), 2U) << "two links to one folder";
}

}  // namespace
}  // namespace scar::ingest
