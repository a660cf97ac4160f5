#include "scar/core/file_map.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace scar {
namespace {

constexpr std::size_t kBytes = 300'000;  // many pages of any size in use

class FileMapTest : public ::testing::Test {
 protected:
  FileMapTest() {
    for (std::size_t i = 0; i < kBytes; ++i) content_ += static_cast<char>('a' + i % 23);
    std::ofstream(path_, std::ios::binary) << content_;
    file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  }
  ~FileMapTest() override { ::close(file_); }

  [[nodiscard]] static std::string copied(const FileMap& map, std::size_t offset, std::size_t count) {
    std::string out(count, '?');
    map.copy(offset, count, out.data());
    return out;
  }

  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "file";
  std::string content_;
  int file_ = -1;
};

}  // namespace

TEST_F(FileMapTest, GivesTheBytesOfTheFile) {
  const FileMap map(file_);
  ASSERT_TRUE(map.mapped());
  EXPECT_EQ(map.bytes(), kBytes);
  EXPECT_EQ(copied(map, 0, kBytes), content_);
  EXPECT_EQ(copied(map, 12'345, 678), content_.substr(12'345, 678));
  EXPECT_EQ(copied(map, kBytes, 0), "");
}

TEST_F(FileMapTest, AnEmptyFileIsNotMapped) {
  std::filesystem::resize_file(path_, 0);
  EXPECT_FALSE(FileMap(file_).mapped());
  EXPECT_FALSE(FileMap().mapped());
}

// Without the handler the first of these copies is the end of the test program.
TEST_F(FileMapTest, WhatWasCutOffReadsAsZeros) {
  const FileMap map(file_);
  EXPECT_EQ(copied(map, 200'000, 1000), content_.substr(200'000, 1000));
  std::filesystem::resize_file(path_, 150'000);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(copied(map, 200'000, 1000), std::string(1000, '\0'));
    EXPECT_EQ(copied(map, 0, 150'000), content_.substr(0, 150'000));
    const auto across = copied(map, 100'000, 200'000);
    EXPECT_EQ(across.substr(0, 50'000), content_.substr(100'000, 50'000));
    EXPECT_EQ(across.substr(50'000), std::string(150'000, '\0'));
  }
  map.expect(200'000, 1000);  // asks for nothing that is not there
  map.expect(kBytes, 1000);
}

TEST_F(FileMapTest, AFileMayBeCutShortWhileItIsCopied) {
  const FileMap map(file_);
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto seen = copied(map, 0, kBytes);
        for (std::size_t at = 0; at < kBytes; at += 997) ASSERT_TRUE(seen[at] == content_[at] || seen[at] == '\0');
      }
    });
  }
  for (std::size_t left = kBytes; left > 10'000; left -= 10'000) std::filesystem::resize_file(path_, left);
  for (auto& reader : readers) reader.join();
}

TEST_F(FileMapTest, OtherBusErrorsAreNotItsBusiness) {
  const FileMap map(file_);
  EXPECT_DEATH((void)::raise(SIGBUS), "");
}

}  // namespace scar
