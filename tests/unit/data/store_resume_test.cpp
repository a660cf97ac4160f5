#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scar/core/log.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"
#include "scar/data/store/verify.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::file_bytes;
using test::small_info;
using test::TemporaryFolder;
using test::thrown_code;
using test::write_small_store;

class StoreResume : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::error); }
  void TearDown() override { log::set_level(log::Level::info); }

  void stop_after(std::int64_t shards) {
    StoreWriter writer(folder_ / "s", small_info(), 30, 8);
    test::fill(writer, small_info(), shards);
  }
  void expect_same_as_straight() {
    write_small_store(folder_ / "straight", 30, 8);
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "straight")) {
      EXPECT_EQ(file_bytes(entry.path()), file_bytes(folder_ / "s" / entry.path().filename().string())) << entry.path();
    }
    EXPECT_EQ(verify_store(folder_ / "s").unlisted_files, 0);
  }

  TemporaryFolder folder_;
};

}  // namespace

TEST_F(StoreResume, AStoppedRunGoesOnToTheSameBytes) {
  for (std::int64_t k = 0; k <= 4; ++k) {
    std::filesystem::remove_all(folder_ / "s");
    std::filesystem::remove_all(folder_ / "straight");
    stop_after(k);
    EXPECT_EQ(thrown_code([&] { (void)Store::open(folder_ / "s"); }), Code::store_incomplete);
    EXPECT_EQ(thrown_code([&] { (void)verify_store(folder_ / "s"); }), Code::store_incomplete);
    StoreWriter writer(folder_ / "s", small_info(), 30, 8);
    for (std::int64_t s = 0; s < writer.shards(); ++s) EXPECT_EQ(writer.shard_done(s), s < k);
    EXPECT_EQ(writer.next_candidate(), std::min<std::int64_t>(30, k * 8));
    test::fill(writer, small_info());
    EXPECT_EQ(writer.finish().reused_shards, k);
    expect_same_as_straight();
  }
}

TEST_F(StoreResume, AProcessKilledInTheMiddleOfAShardGoesOn) {
  const auto path = folder_ / "s";
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    StoreWriter writer(path, small_info(), 30, 8);
    test::fill(writer, small_info(), 2);
    writer.add(test::small_record(16));
    test::put_file(path / ".writing-shard-00002.h5-1", "half a shard");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  StoreWriter writer(path, small_info(), 30, 8);
  EXPECT_EQ(writer.next_candidate(), 16);
  test::fill(writer, small_info());
  EXPECT_EQ(writer.finish().reused_shards, 2);
  expect_same_as_straight();
}

TEST_F(StoreResume, ADamagedShardIsWrittenAgain) {
  stop_after(3);
  auto shard = file_bytes(folder_ / "s" / "shard-00001.h5");
  for (const auto place : {std::size_t{0}, std::size_t{700}, shard.size() / 2, shard.size() - 1}) {
    auto damaged = shard;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    test::put_file(folder_ / "s" / "shard-00001.h5", damaged);
    StoreWriter writer(folder_ / "s", small_info(), 30, 8);
    EXPECT_TRUE(writer.shard_done(0));
    // A flip in the padding between two arrays changes nothing that is read.
    EXPECT_EQ(writer.next_candidate(), writer.shard_done(1) ? 24 : 8);
    EXPECT_TRUE(writer.shard_done(2));
  }
  test::put_file(folder_ / "s" / "shard-00001.h5", shard.substr(0, shard.size() - 100));
  StoreWriter writer(folder_ / "s", small_info(), 30, 8);
  EXPECT_FALSE(writer.shard_done(1));
  test::fill(writer, small_info());
  EXPECT_EQ(writer.finish().reused_shards, 2);
  expect_same_as_straight();
}

TEST_F(StoreResume, AnotherConfigurationDoesNotGoOn) {
  stop_after(2);
  const auto other = [&](auto change) {
    auto info = small_info();
    change(info);
    return thrown_code([&] { StoreWriter(folder_ / "s", info, 30, 8); });
  };
  EXPECT_EQ(other([](StoreInfo& i) { i.provenance_json = R"({"seed": 8})"; }), Code::store_mismatch);
  EXPECT_EQ(other([](StoreInfo& i) { i.rate_hz = 101; }), Code::store_mismatch);
  EXPECT_EQ(other([](StoreInfo& i) { i.tasks[0].classes[0] = "blue"; }), Code::store_mismatch);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 31, 8); }), Code::store_mismatch);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 30, 9); }), Code::store_mismatch);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 5, 8); }), Code::store_mismatch);
  EXPECT_EQ(other([](StoreInfo&) {}), Code{});
}

TEST_F(StoreResume, AFinishedStoreOfTheSameConfigurationIsComplete) {
  const auto first = write_small_store(folder_ / "s", 30, 8);
  const auto before = std::filesystem::last_write_time(folder_ / "s" / "shard-00000.h5");
  StoreWriter writer(folder_ / "s", small_info(), 30, 8);
  EXPECT_TRUE(writer.already_complete());
  for (std::int64_t s = 0; s < writer.shards(); ++s) EXPECT_TRUE(writer.shard_done(s));
  test::fill(writer, small_info());
  const auto again = writer.finish();
  EXPECT_TRUE(again.already_complete);
  EXPECT_EQ(again.manifest_hash, first.manifest_hash);
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "s" / "shard-00000.h5"), before);
}

TEST_F(StoreResume, AFinishedStoreOfAnotherConfigurationStays) {
  const auto first = write_small_store(folder_ / "s", 30, 8);
  auto info = small_info();
  info.provenance_json = "{}";
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", info, 30, 8); }), Code::output_exists);
  EXPECT_EQ(verify_store(folder_ / "s").summary.manifest_hash, first.manifest_hash);
  test::put_file(folder_ / "s" / kManifestName, "{");
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 30, 8); }), Code::output_exists);
}

TEST_F(StoreResume, AFolderWithOtherFilesIsNotTouched) {
  std::filesystem::create_directories(folder_ / "s");
  test::put_file(folder_ / "s" / "thesis.tex", "years of work");
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 30, 8); }), Code::output_exists);
  EXPECT_EQ(file_bytes(folder_ / "s" / "thesis.tex"), "years of work");
}

TEST_F(StoreResume, TwoWritersDoNotMeet) {
  StoreWriter writer(folder_ / "s", small_info(), 30, 8);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder_ / "s", small_info(), 30, 8); }), Code::locked);
}

TEST_F(StoreResume, AnIdOfAnEarlierShardIsADuplicate) {
  stop_after(1);
  StoreWriter writer(folder_ / "s", small_info(), 30, 8);
  EXPECT_EQ(thrown_code([&] { writer.add(test::small_record(0)); }), Code::duplicate_record);
}

TEST_F(StoreResume, AFullDiskLeavesTheFinishedShards) {
  // A limit on file sizes fails a write as a full disk does, without one.
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Code code{};
    {
      StoreWriter writer(folder_ / "s", small_info(), 30, 8);
      test::fill(writer, small_info(), 1);
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{4096, 4096};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      code = thrown_code([&] { test::fill(writer, small_info()); });
    }
    ::_exit(code == Code::write_failed || code == Code::disk_full ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  StoreWriter writer(folder_ / "s", small_info(), 30, 8);
  EXPECT_EQ(writer.next_candidate(), 8);
  test::fill(writer, small_info());
  writer.finish();
  expect_same_as_straight();
}

}  // namespace scar::data
