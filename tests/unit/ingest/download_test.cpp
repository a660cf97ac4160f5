// Downloads from a server on this machine that misbehaves as it is told (tests/tools/file_server.py).
#include "scar/ingest/download.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "download/checked_files.h"
#include "download/curl.h"
#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/stop_flag.h"
#include "support/file_server.h"
#include "test_files.h"

namespace scar::ingest {
namespace {

namespace fs = std::filesystem;

std::string bytes(std::size_t size, unsigned salt) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    salt = salt * 1664525u + 1013904223u;
    out[i] = static_cast<char>(salt >> 24);
  }
  return out;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

class Downloads : public ::testing::Test {
 protected:
  void SetUp() override {
    put("LICENSE.txt", "a licence\n");
    put("ptbxl_database.csv", bytes(5000, 1));
    put("scp_statements.csv", bytes(300, 2));
    for (int i = 1; i <= 4; ++i) {
      put(cat("records100/00000/0000", i, "_lr.hea"), bytes(100, 10u + static_cast<unsigned>(i)));
      put(cat("records100/00000/0000", i, "_lr.dat"), bytes(24000, 20u + static_cast<unsigned>(i)));
      put(cat("records500/00000/0000", i, "_hr.dat"), bytes(120000, 30u + static_cast<unsigned>(i)));
    }
    publish();
    options_.source = server_.url();
    options_.attempts = 2;
  }
  void TearDown() override { clear_stop(); }

  void put(const std::string& name, const std::string& content) {
    testing::write(server_.root() / name, content);
    files_[name] = content;
  }
  void publish() {
    std::string list;
    for (const auto& [name, content] : files_) list += cat(sha256_hex(content), " ", name, "\n");
    testing::write(server_.root() / "SHA256SUMS.txt", list);
  }
  [[nodiscard]] fs::path out() const { return folder_ / "out"; }
  DownloadSummary download_it(const std::string& name = "ptbxl") {
    return download(remote_dataset(name), out(), options_, [this](const DownloadProgress& now) {
      if (on_progress_) on_progress_(now);
    });
  }
  /// Files of the output folder, without those of the download itself.
  [[nodiscard]] std::map<std::string, std::string> there() const {
    std::map<std::string, std::string> found;
    if (!fs::exists(out())) return found;
    for (const auto& entry : fs::recursive_directory_iterator(out())) {
      const auto name = entry.path().lexically_relative(out()).generic_string();
      if (entry.is_regular_file() && !name.starts_with(".scar-download/") && name != "SHA256SUMS.txt")
        found[name] = read_file(entry.path());
    }
    return found;
  }

  test::FileServer server_;
  testing::TemporaryFolder folder_;
  std::map<std::string, std::string> files_;
  DownloadOptions options_;
  std::function<void(const DownloadProgress&)> on_progress_;
};

TEST_F(Downloads, BringsEveryFileAndASecondCallAsksForNothing) {
  put("odd names/\xc3\xa4 #1 [x]{y}%20+&.txt", "odd");
  put("empty", "");
  publish();
  auto summary = download_it();
  EXPECT_EQ(there(), files_);
  EXPECT_EQ(summary.files, static_cast<std::int64_t>(files_.size()));
  EXPECT_EQ(summary.fetched, summary.files);
  EXPECT_EQ(summary.there, 0);
  EXPECT_EQ(summary.root, out());
  EXPECT_EQ(read_file(out() / "SHA256SUMS.txt"), read_file(server_.root() / "SHA256SUMS.txt"));
  const auto log = server_.log();
  summary = download_it();
  EXPECT_EQ(server_.log(), log) << "nothing was asked for";
  EXPECT_EQ(summary.there, summary.files);
  EXPECT_EQ(summary.fetched, 0);
}

TEST_F(Downloads, AFileThatWasCutIsContinued) {
  server_.rules(R"({"cut": {"records500/00000/00002_hr.dat": 1}})");
  EXPECT_EQ(download_it().fetched, static_cast<std::int64_t>(files_.size()));
  EXPECT_EQ(there(), files_);
  EXPECT_EQ(count(server_.log(), "/records500/00000/00002_hr.dat bytes=60000- 206"), 1U) << server_.log();
}

TEST_F(Downloads, AServerThatDoesNotKnowRangesGivesTheWholeFileAgain) {
  server_.rules(R"({"no_ranges": true, "cut": {"records500/00000/00002_hr.dat": 1}})");
  (void)download_it();
  EXPECT_EQ(there(), files_);
}

TEST_F(Downloads, PartsOfAnEarlierCallAreContinuedOrReplacedOrTaken) {
  const std::string longer = "records100/00000/00001_lr.dat", other = "records100/00000/00002_lr.dat",
                    half = "records100/00000/00003_lr.dat", whole = "records100/00000/00004_lr.dat";
  testing::write(out() / (longer + ".part"), files_[longer] + "more");
  testing::write(out() / (other + ".part"), "something else");
  testing::write(out() / (half + ".part"), files_[half].substr(0, 777));
  testing::write(out() / (whole + ".part"), files_[whole]);
  (void)download_it();
  EXPECT_EQ(there(), files_);
  EXPECT_EQ(count(server_.log(), cat(half, " bytes=777- 206")), 1U);
  EXPECT_EQ(count(server_.log(), cat(longer, " bytes=24004- 416")), 1U);
  EXPECT_EQ(count(server_.log(), whole), 0U);
}

TEST_F(Downloads, AFileWithWrongBytesIsFetchedAgain) {
  server_.rules(R"({"wrong": {"records100/00000/00001_lr.dat": 1}})");
  (void)download_it();
  EXPECT_EQ(there(), files_);
  EXPECT_EQ(count(server_.log(), "00001_lr.dat"), 2U);
}

TEST_F(Downloads, AFileThatStaysWrongIsNotKeptAndKeepsNoOtherBack) {
  server_.rules(R"({"wrong": {"records100/00000/00001_lr.dat": 99}, "status": {"LICENSE.txt": [404, 99]}})");
  const auto wrong = testing::problem_of([&] { (void)download_it(); });
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->code, Code::file_checksum);
  EXPECT_NE(wrong->got.find("00001_lr.dat"), std::string::npos) << wrong->got;
  auto expected = files_;
  expected.erase("records100/00000/00001_lr.dat");
  expected.erase("LICENSE.txt");
  EXPECT_EQ(there(), expected);
  server_.rules(R"({"status": {"LICENSE.txt": [404, 99]}})");
  EXPECT_PROBLEM(download_it(), Code::data_missing, "out");
  server_.rules("{}");
  EXPECT_EQ(download_it().fetched, 1);
  EXPECT_EQ(there(), files_);
}

TEST_F(Downloads, AServerThatIsBusyIsAskedAgain) {
  server_.rules(R"({"status": {"SHA256SUMS.txt": [503, 1], "LICENSE.txt": [429, 1]}})");
  (void)download_it();
  EXPECT_EQ(there(), files_);
}

TEST_F(Downloads, AServerThatIsDownIsAnErrorThatNamesIt) {
  options_.source = "http://127.0.0.1:9/";
  options_.attempts = 1;
  EXPECT_PROBLEM(download_it(), Code::transfer_failed, "127.0.0.1:9/SHA256SUMS.txt");
  for (int i = 0; i < 200; ++i) files_[cat("more/", i)] = "";
  publish();
  std::string rules = R"({"status": {"none": [503, 1])";
  for (const auto& [name, content] : files_) rules += cat(", \"", name, "\": [503, 99]");
  server_.rules(rules + "}}");
  options_.source = server_.url();
  const auto down = testing::problem_of([&] { (void)download_it(); });
  ASSERT_TRUE(down);
  EXPECT_EQ(down->code, Code::transfer_failed);
  EXPECT_NE(down->got.find("HTTP 503"), std::string::npos) << down->got;
  EXPECT_LT(count(server_.log(), " 503"), 150U) << "it is not asked for every file";
}

TEST_F(Downloads, WithoutAnAccountTheErrorSaysHowToGetOneAndNetrcIsUsed) {
  server_.rules(R"({"password": "somebody:secret"})");
  const auto refused = testing::problem_of([&] { (void)download_it(); });
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Code::access_refused);
  for (const char* part : {"physionet.org/content/ptb-xl/1.0.3", "machine 127.0.0.1 login", ".netrc", "--netrc"})
    EXPECT_NE(refused->hint.find(part), std::string::npos) << refused->hint;
  const std::string home = ::getenv("HOME") == nullptr ? "" : ::getenv("HOME");
  testing::write(folder_ / "home" / ".netrc", "machine 127.0.0.1 login somebody password secret\n");
  ::setenv("HOME", (folder_ / "home").c_str(), 1);
  options_.netrc = true;
  (void)download_it();
  ::setenv("HOME", home.c_str(), 1);
  EXPECT_EQ(there(), files_);
}

TEST_F(Downloads, APartCanBeChosenAndTheTablesComeAlong) {
  options_.rate = "100";
  EXPECT_EQ(download_it().files, 11);
  for (const auto& [name, content] : there()) EXPECT_FALSE(name.starts_with("records500")) << name;
  options_.rate = "all";
  options_.only = {"records500/00000/00001_hr.dat", "*3_hr.dat"};
  EXPECT_EQ(download_it().fetched, 2);
  options_.only = {"records500/"};
  EXPECT_EQ(download_it().fetched, 2);
  EXPECT_EQ(there(), files_);
  options_.only = {"records50"};
  const auto none = testing::problem_of([&] { (void)download_it(); });
  ASSERT_TRUE(none);
  EXPECT_EQ(none->code, Code::out_of_range);
  EXPECT_NE(none->wanted.find("records100, records500"), std::string::npos) << none->wanted;
  options_.rate = "100";
  EXPECT_PROBLEM(download_it(), Code::contradiction, "--rate");
}

TEST_F(Downloads, DatasetsOfOneProjectShareAFolderAndOtherProjectsDoNot) {
  files_.clear();
  for (const char* name :
       {"training/cpsc_2018/g1/A0001", "training/cpsc_2018/g2/A1000", "training/georgia/g1/E00001"}) {
    put(cat(name, ".hea"), name);
    put(cat(name, ".mat"), name);
  }
  put("LICENSE.txt", "a licence");
  put("other/file", "of no dataset");
  publish();
  EXPECT_PROBLEM(download_it("ptbxl"), Code::checksum_list_invalid, "SHA256SUMS.txt");
  auto summary = download_it("cpsc2018");
  EXPECT_EQ(summary.files, 5);
  EXPECT_EQ(summary.root, out() / "training/cpsc_2018");
  options_.only = {"training/georgia"};
  summary = download_it("challenge");
  EXPECT_EQ(summary.fetched, 2);
  EXPECT_EQ(summary.root, out() / "training/georgia/g1");
  options_.only = {};
  EXPECT_EQ(download_it("challenge").root, out() / "training");
  EXPECT_PROBLEM(download_it("csn"), Code::output_exists, "out");
}

TEST_F(Downloads, WhatIsThereIsHashedAndKeptOrReplaced) {
  testing::write(out() / "LICENSE.txt", files_["LICENSE.txt"]);
  testing::write(out() / "ptbxl_database.csv", files_["ptbxl_database.csv"].substr(0, 100));
  auto summary = download_it();
  EXPECT_EQ(summary.there, 1);
  EXPECT_EQ(summary.replaced, 1);
  EXPECT_EQ(count(server_.log(), "ptbxl_database.csv bytes=100- 206"), 1U) << "a cut copy of another tool";
  // The record trusts size and time; --check does not.
  const auto path = out() / "records100/00000/00001_lr.dat";
  const auto time = fs::last_write_time(path);
  auto changed = files_["records100/00000/00001_lr.dat"];
  changed[500] ^= 1;
  testing::write(path, changed);
  fs::last_write_time(path, time);
  EXPECT_EQ(download_it().fetched, 0);
  options_.check = true;
  summary = download_it();
  EXPECT_EQ(summary.replaced, 1);
  EXPECT_EQ(summary.fetched, 1);
  EXPECT_EQ(there(), files_);
  fs::create_directories(folder_ / "elsewhere");
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_PROBLEM(download_it(), Code::data_unreadable, "00001_lr.dat");
}

TEST_F(Downloads, ADryRunLeavesNothingBehind) {
  options_.dry_run = true;
  const auto summary = download_it();
  EXPECT_EQ(summary.files, static_cast<std::int64_t>(files_.size()));
  EXPECT_EQ(summary.there, 0);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(Downloads, AFolderOfTheMachineIsASourceToo) {
  options_.source = "file://" + server_.root().string();
  testing::write(out() / "records500/00000/00001_hr.dat.part", files_["records500/00000/00001_hr.dat"].substr(0, 1000));
  testing::write(out() / "records500/00000/00002_hr.dat.part", std::string(200000, 'x'));
  (void)download_it();
  EXPECT_EQ(there(), files_);
  fs::remove(server_.root() / "LICENSE.txt");
  fs::remove(out() / "LICENSE.txt");
  EXPECT_PROBLEM(download_it(), Code::data_missing, "out");
}

TEST_F(Downloads, ACopyThatLacksAlmostAllIsGivenUp) {
  options_.source = "file://" + server_.root().string();
  for (int i = 0; i < 2000; ++i) files_[cat("missing/", i)] = "";
  publish();
  const auto problem = testing::problem_of([&] { (void)download_it(); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::data_missing);
  EXPECT_NE(problem->got.find("1000 files in a row"), std::string::npos) << problem->got;
  EXPECT_LT(there().size(), 20U);
}

TEST_F(Downloads, ASignalStopsItAndTheNextCallGoesOn) {
  server_.rules(R"({"delay_s": 0.05, "chunk": 4000})");
  options_.jobs = 2;
  on_progress_ = [](const DownloadProgress& now) {
    if (now.stage == DownloadProgress::Stage::fetch) request_stop(SIGTERM);
  };
  EXPECT_TRUE(download_it().stopped);
  clear_stop();
  on_progress_ = nullptr;
  for (const auto& [name, content] : there()) {
    if (name.ends_with(".part")) continue;
    EXPECT_EQ(content, files_[name]) << name;
  }
  EXPECT_LT(there().size(), files_.size());
  server_.rules("{}");
  (void)download_it();
  EXPECT_EQ(there(), files_);
}

TEST_F(Downloads, AListThatNamesHostileFilesWritesNothing) {
  const auto list = read_file(server_.root() / "SHA256SUMS.txt");
  const std::string sum(64, '0');
  for (const auto& line : {sum + " ../outside\n", sum + " /tmp/outside\n", sum + " .scar-download/project\n",
                           sum + " SHA256SUMS.txt\n", sum + " LICENSE.txt.part\n", sum + " LICENSE.txt\n"}) {
    SCOPED_TRACE(line);
    testing::write(server_.root() / "SHA256SUMS.txt", list + line);
    const auto problem = testing::problem_of([&] { (void)download_it(); });
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->code, Code::checksum_list_invalid);
    EXPECT_TRUE(problem->where.ends_with(cat("SHA256SUMS.txt:", count(list, "\n") + 1))) << problem->where;
    EXPECT_TRUE(there().empty());
    EXPECT_FALSE(fs::exists(out() / "SHA256SUMS.txt"));
  }
  server_.rules(R"({"cut": {"SHA256SUMS.txt": 99}})");
  EXPECT_PROBLEM(download_it(), Code::transfer_failed, "SHA256SUMS.txt");
}

TEST_F(Downloads, AFullDiskIsSaidToBeOne) {
  // /dev/full takes no byte, as a full disk.
  fs::create_directories(out() / "records100/00000");
  fs::create_symlink("/dev/full", out() / "records100/00000/00001_lr.dat.part.probe");
  fs::create_directory(out() / "records100/00000/00001_lr.dat.part.x");
  fs::create_symlink(out() / "records100/00000/00001_lr.dat.part.x/no/such",
                     out() / "records100/00000/00001_lr.dat.part");
  EXPECT_PROBLEM(download_it(), Code::disk_full, "00001_lr.dat.part.probe");
}

TEST(DownloadUrls, AreFoldersOfKnownSchemesWithoutAccounts) {
  EXPECT_EQ(folder_url("https://h/a", "w"), "https://h/a/");
  EXPECT_EQ(folder_url("file:///a/", "w"), "file:///a/");
  for (const char* bad : {"", "h/a", "ftp://h/", "file://h/a", "https://", "https:///x", "https://h/a b",
                          "https://h/?x", "https://h/#x", "https://h/\"", "-o/etc/passwd", "https://name:secret@h/a"}) {
    SCOPED_TRACE(bad);
    const auto problem = testing::problem_of([&] { (void)folder_url(bad, "w"); });
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->code, Code::out_of_range);
    EXPECT_EQ(problem->got.find("secret"), std::string::npos);
  }
  EXPECT_EQ(percent_encoded("a b/\xc3\xa4#1?%.txt"), "a%20b/%C3%A4%231%3F%25.txt");
}

TEST(CheckedFiles, ARecordThatWasCutIsGoneOnWith) {
  testing::TemporaryFolder folder;
  const std::string sum(64, 'a');
  const auto list = ChecksumList::parse(sum + " x\n" + sum + " y z\n", "L");
  {
    CheckedFiles record(folder / "checked", list);
    record.add(0, {10, 20});
    record.add(1, {30, 40});
    record.save();
  }
  fs::resize_file(folder / "checked", fs::file_size(folder / "checked") - 2);
  {
    CheckedFiles record(folder / "checked", list);
    EXPECT_TRUE(record.knows(0, {10, 20}));
    EXPECT_FALSE(record.knows(0, {10, 21}));
    EXPECT_FALSE(record.knows(1, {30, 40}));
    record.add(1, {30, 40});
    record.save();
  }
  EXPECT_TRUE(CheckedFiles(folder / "checked", list).knows(1, {30, 40}));
  const auto other = ChecksumList::parse(std::string(64, 'b') + " x\n", "L");
  EXPECT_FALSE(CheckedFiles(folder / "checked", other).knows(0, {10, 20})) << "another version of the file";
}

}  // namespace
}  // namespace scar::ingest
