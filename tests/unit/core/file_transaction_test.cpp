#include "scar/core/file_transaction.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "scar/core/error.h"

namespace scar {
namespace {

namespace fs = std::filesystem;

class FileTransaction : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/scar-test-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  fs::path folder_;
};

TEST_F(FileTransaction, AFileIsReplacedAsAWhole) {
  const auto path = folder_ / "a.txt";
  write_file_atomically(path, "old");
  write_file_atomically(path, "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "no temporary is left";
}

TEST_F(FileTransaction, AFolderAppearsWithItsManifest) {
  const auto target = folder_ / "step-1";
  {
    DirectoryTransaction transaction(target);
    put(transaction.staging() / "a.bin", "hello");
    fs::create_directory(transaction.staging() / "sub");
    put(transaction.staging() / "sub" / "b.bin", "");
    EXPECT_FALSE(fs::exists(target));
    transaction.commit(R"({"step": 1})");
  }
  EXPECT_EQ(verify_directory(target), "");
  EXPECT_NE(read_file(target / "MANIFEST.json").find("\"step\": 1"), std::string::npos);
}

TEST_F(FileTransaction, WithoutCommitNothingIsLeft) {
  {
    DirectoryTransaction transaction(folder_ / "x");
    put(transaction.staging() / "a", "1");
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FileTransaction, AnExistingFolderIsNeverOverwritten) {
  fs::create_directory(folder_ / "x");
  EXPECT_THROW(DirectoryTransaction(folder_ / "x"), Error);
  DirectoryTransaction late(folder_ / "y");
  fs::create_directory(folder_ / "y");  // somebody else was faster
  EXPECT_THROW(late.commit(), Error);
}

TEST_F(FileTransaction, VerifyFindsEveryKindOfDamage) {
  const auto make = [&](const char* name) {
    const auto target = folder_ / name;
    DirectoryTransaction transaction(target);
    put(transaction.staging() / "a.bin", "hello");
    transaction.commit();
    return target;
  };
  auto target = make("cut");
  put(target / "a.bin", "hell");
  EXPECT_NE(verify_directory(target).find("4 bytes, expected 5"), std::string::npos);
  target = make("flip");
  put(target / "a.bin", "hellp");
  EXPECT_NE(verify_directory(target).find("SHA-256"), std::string::npos);
  target = make("gone");
  fs::remove(target / "a.bin");
  EXPECT_NE(verify_directory(target).find("missing"), std::string::npos);
  target = make("no-manifest");
  fs::remove(target / "MANIFEST.json");
  EXPECT_NE(verify_directory(target), "");
  target = make("bad-manifest");
  put(target / "MANIFEST.json", "{");
  EXPECT_NE(verify_directory(target), "");
  target = make("escape");
  put(target / "MANIFEST.json", R"({"files": [{"name": "../gone", "bytes": 0, "sha256": ""}]})");
  EXPECT_NE(verify_directory(target).find("names"), std::string::npos);
}

TEST_F(FileTransaction, AFullDiskIsSaidSo) {
  try {
    OutputFile out("/dev/full");
    out.write("x");
    out.close();
    FAIL() << "/dev/full took a byte";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::disk_full);
    EXPECT_EQ(error.status(), 6);
  }
}

TEST_F(FileTransaction, ReadingRefusesFoldersFifosAndGiants) {
  EXPECT_THROW((void)read_file(folder_), Error);
  EXPECT_THROW((void)read_file(folder_ / "none"), Error);
  put(folder_ / "big", "12345");
  EXPECT_THROW((void)read_file(folder_ / "big", 3001, 4), Error);
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_THROW((void)read_file(folder_ / "fifo"), Error);
}

TEST_F(FileTransaction, ALockIsExclusiveAndDiesWithItsOwner) {
  const auto path = folder_ / "lock";
  {
    FileLock lock(path);
    try {
      FileLock second(path);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::locked);
      EXPECT_NE(error.problems()[0].got.find(std::to_string(getpid())), std::string::npos);
    }
  }
  FileLock again(path);
}

TEST_F(FileTransaction, AKilledWriterLeavesTheOldFile) {
  const auto path = folder_ / "a.txt";
  write_file_atomically(path, "old");
  for (int delay = 0; delay < 20; ++delay) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) write_file_atomically(path, std::string(1 << 16, 'n'));
    }
    usleep(static_cast<useconds_t>(500 + delay * 300));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto text = read_file(path);
    EXPECT_TRUE(text == "old" || text == std::string(1 << 16, 'n')) << text.size();
  }
}

}  // namespace
}  // namespace scar
