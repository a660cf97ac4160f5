// scar-prepare download as a user and a scheduler treat it: killed, stopped, without curl, into a folder that is none.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "support/file_server.h"
#include "support/program.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::run_program;

class DownloadProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string list;
    const auto put = [&](const std::string& name, const std::string& content) {
      fs::create_directories((server_.root() / name).parent_path());
      std::ofstream(server_.root() / name, std::ios::binary) << content;
      list += sha256_hex(content) + " " + name + "\n";
      names_.push_back(name);
    };
    put("ConditionNames_SNOMED-CT.csv", "Acronym Name,Full Name,Snomed_CT\n");
    for (int i = 0; i < 6; ++i)
      put("WFDBRecords/01/010/JS0000" + std::to_string(i) + ".mat", std::string(200'000, static_cast<char>('a' + i)));
    std::ofstream(server_.root() / "SHA256SUMS.txt") << list;
  }
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"download", "csn", "--out", out().string(), "--source", server_.url(), "--jobs=2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] fs::path out() const { return folder_ / "out"; }
  [[nodiscard]] bool whole(const std::string& name) const {
    std::error_code ignored;
    return fs::exists(out() / name, ignored) && read_file(out() / name) == read_file(server_.root() / name);
  }
  /// Bytes of the unfinished files.
  [[nodiscard]] std::uintmax_t parts() const {
    std::uintmax_t bytes = 0;
    std::error_code ignored;
    for (const auto& name : names_) {
      const auto size = fs::file_size(out() / (name + ".part"), ignored);
      if (!ignored) bytes += size;
    }
    return bytes;
  }
  void wait_for_a_part() const {
    constexpr std::uintmax_t kEnough = 50'000;  // more than the table, which comes first
    for (int i = 0; i < 1000 && parts() < kEnough; ++i) std::this_thread::sleep_for(10ms);
    ASSERT_GE(parts(), kEnough);
  }
  void expect_all_there() const {
    for (const auto& name : names_) EXPECT_TRUE(whole(name)) << name;
    EXPECT_EQ(parts(), 0U);
  }
  void slow() const { server_.rules(R"({"delay_s": 0.05, "chunk": 10000})"); }

  test::FileServer server_;
  test::TemporaryFolder folder_;
  std::vector<std::string> names_;
};

TEST_F(DownloadProgram, FetchesAndNamesTheNextCommand) {
  auto outcome = run_program("scar-prepare", words());
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("scar-prepare csn --root " + out().string()), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("7 with the listed SHA-256 = 0 there + 7 new"), std::string::npos) << outcome.out;
  expect_all_there();
  outcome = run_program("scar-prepare", words({"--json"}));
  EXPECT_NE(outcome.out.find("\"there\": 7"), std::string::npos) << outcome.out;
}

TEST_F(DownloadProgram, StopsCleanlyOnSigterm) {
  slow();
  test::Program program("scar-prepare", words());
  wait_for_a_part();
  program.signal(SIGTERM);
  const auto outcome = program.wait();
  EXPECT_EQ(outcome.status, 75) << outcome.err;
  EXPECT_NE(outcome.err.find("the same command goes on"), std::string::npos) << outcome.err;
  server_.rules("{}");
  EXPECT_EQ(run_program("scar-prepare", words()).status, 0);
  expect_all_there();
  EXPECT_NE(server_.log().find(" 206"), std::string::npos) << "continued";
}

TEST_F(DownloadProgram, KilledItLeavesNobodyWritingAndIsGoneOnWith) {
  slow();
  {
    test::Program program("scar-prepare", words());
    wait_for_a_part();
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().status, 128 + SIGKILL);
  }
  std::this_thread::sleep_for(100ms);
  const auto left = parts();
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(parts(), left) << "curl still runs";
  for (const auto& name : names_) EXPECT_TRUE(whole(name) || !fs::exists(out() / name)) << name;
  server_.rules("{}");
  EXPECT_EQ(run_program("scar-prepare", words()).status, 0);
  expect_all_there();
}

TEST_F(DownloadProgram, TwoAtOnceInOneFolderAreRefused) {
  slow();
  test::Program program("scar-prepare", words());
  wait_for_a_part();
  const auto outcome = run_program("scar-prepare", words());
  EXPECT_EQ(outcome.status, 6) << outcome.err;
  EXPECT_NE(outcome.err.find("E6105"), std::string::npos) << outcome.err;
}

TEST_F(DownloadProgram, WithoutCurlItSaysWhatToInstall) {
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", "", 1);
  const auto outcome = run_program("scar-prepare", words());
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(outcome.status, 6);
  EXPECT_NE(outcome.err.find("E6301"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("apt-get install curl"), std::string::npos) << outcome.err;
  // An old one, too.
  fs::create_directories(folder_ / "bin");
  std::ofstream(folder_ / "bin" / "curl") << "#!/bin/sh\necho curl 7.74.0\n";
  fs::permissions(folder_ / "bin" / "curl", fs::perms::owner_all);
  ::setenv("PATH", ((folder_ / "bin").string() + ":" + path).c_str(), 1);
  const auto old = run_program("scar-prepare", words());
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_NE(old.err.find("7.74.0"), std::string::npos) << old.err;
}

TEST_F(DownloadProgram, BadInputEndsInTheRightStatus) {
  EXPECT_EQ(run_program("scar-prepare", {"download", "csm", "--out", out().string()}).status, 2);
  EXPECT_EQ(run_program("scar-prepare", {"download", "csn", "--out", "/proc/out", "--source", server_.url()}).status,
            6);
  EXPECT_EQ(run_program("scar-prepare", words({"--jobs=0"})).status, 2);
  EXPECT_EQ(run_program("scar-prepare", words({"--only=nothing"})).status, 2);
  std::ofstream(server_.root() / "SHA256SUMS.txt") << "<html>a login page</html>\n";
  const auto outcome = run_program("scar-prepare", words({"--check"}));
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err.find("SHA256SUMS.txt:1"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace scar
