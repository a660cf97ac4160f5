#include "scar/data/store/store_parts.h"

#include <gtest/gtest.h>

#include "scar/data/store/store_reader.h"
#include "scar/data/store/verify.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

namespace fs = std::filesystem;
using test::file_bytes;
using test::TemporaryFolder;
using test::thrown_code;
using test::write_small_store;

// 30 candidates in shards of 8: four shards, of which the last has six candidates.
struct SplitFolder : TemporaryFolder {
  StoreSummary summary = write_small_store(*this / "whole", 30, 8);
  std::vector<fs::path> parts = split_store(*this / "whole", *this / "parts", 3);
};

TEST(StoreParts, APartIsAStoreWithSomeOfTheRecords) {
  SplitFolder folder;
  ASSERT_EQ(folder.parts.size(), 3u);
  const auto whole = Store::open(folder / "whole");
  EXPECT_FALSE(whole.part());
  std::int64_t next = 0, shards = 0, excluded = 0;
  std::vector<std::int16_t> a(12 * 200), b(12 * 200);
  for (const auto& path : folder.parts) {
    EXPECT_NO_THROW((void)verify_store(path)) << path;
    const auto part = Store::open(path);
    ASSERT_TRUE(part.part());
    EXPECT_EQ(part.part()->first_shard, shards);
    EXPECT_EQ(part.part()->whole_candidates, 30);
    for (std::int64_t i = 0; i < part.size(); ++i, ++next) {
      EXPECT_EQ(part.id(i), whole.id(next));
      EXPECT_EQ(part.candidate(i), whole.candidate(next));
      part.read(i, a.data());
      whole.read(next, b.data());
      EXPECT_EQ(a, b);
    }
    shards += part.summary().shards;
    excluded += part.summary().excluded;
    EXPECT_EQ(part.summary().candidates, part.summary().records + part.summary().excluded);
  }
  EXPECT_EQ(next, whole.size());
  EXPECT_EQ(shards, 4);
  EXPECT_EQ(excluded, folder.summary.excluded);
}

TEST(StoreParts, MergedPartsAreTheStoreByteForByte) {
  SplitFolder folder;
  const auto& p = folder.parts;
  const auto merged = merge_store({p[2], p[0], p[1]}, folder / "merged");
  EXPECT_EQ(merged.manifest_hash, folder.summary.manifest_hash);
  for (const auto& entry : fs::directory_iterator(folder / "whole")) {
    EXPECT_EQ(file_bytes(entry.path()), file_bytes(folder / "merged" / entry.path().filename()));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "merged"), fs::directory_iterator{}), 5);
}

TEST(StoreParts, AnInterruptedSplitOrMergeGoesOn) {
  SplitFolder folder;
  const auto first = folder.parts[0] / shard_name(0);
  const auto before = fs::last_write_time(first);
  fs::remove(folder.parts[2] / kManifestName);  // as if the power had gone before it was written
  test::put_file(folder.parts[2] / shard_name(3), "half a shard");
  EXPECT_EQ(split_store(folder / "whole", folder / "parts", 3), folder.parts);
  EXPECT_EQ(fs::last_write_time(first), before) << "what is there is not copied again";
  fs::create_directories(folder / "merged");
  fs::copy_file(first, folder / "merged" / shard_name(0));
  EXPECT_EQ(merge_store(folder.parts, folder / "merged").manifest_hash, folder.summary.manifest_hash);
}

TEST(StoreParts, SizesDecideTheNumberOfParts) {
  SplitFolder folder;
  std::uint64_t all = 0, largest = 0;
  for (int s = 0; s < 4; ++s) {
    const auto size = fs::file_size(folder / "whole" / shard_name(s));
    all += size;
    largest = std::max<std::uint64_t>(largest, size);
  }
  EXPECT_EQ(parts_of_size(folder / "whole", all), 1);
  EXPECT_EQ(parts_of_size(folder / "whole", all - 1), 2);
  EXPECT_EQ(parts_of_size(folder / "whole", largest), 4);
  EXPECT_EQ(thrown_code([&] { (void)parts_of_size(folder / "whole", largest - 1); }), Code::out_of_range);
}

TEST(StorePartsErrors, WhatDoesNotFitIsRefused) {
  SplitFolder folder;
  const auto& p = folder.parts;
  const auto whole = folder / "whole";
  std::string text;
  EXPECT_EQ(thrown_code([&] { split_store(whole, folder / "x", 5); }), Code::out_of_range);
  EXPECT_EQ(thrown_code([&] { split_store(whole, folder / "x", 1); }), Code::out_of_range);
  EXPECT_EQ(thrown_code([&] { split_store(p[2], folder / "x", 2); }), Code::contradiction);
  EXPECT_EQ(thrown_code([&] { merge_store({p[0], p[2]}, folder / "x"); }, &text), Code::store_incomplete);
  EXPECT_NE(text.find(shard_name(1)), std::string::npos) << text;
  EXPECT_EQ(thrown_code([&] { merge_store({p[0], p[1], p[1], p[2]}, folder / "x"); }), Code::duplicate_record);
  EXPECT_EQ(thrown_code([&] { merge_store({p[0], whole}, folder / "x"); }), Code::store_mismatch);
  auto info = test::small_info();
  info.provenance_json = R"({"seed": 8})";
  write_small_store(folder / "other", 30, 8, info);
  const auto other = split_store(folder / "other", folder / "other-parts", 2);
  EXPECT_EQ(thrown_code([&] { merge_store({p[0], other[1]}, folder / "x"); }), Code::store_mismatch);
  EXPECT_FALSE(fs::exists(folder / "x" / kManifestName));
}

TEST(StorePartsErrors, ADamagedShardIsNotCopied) {
  SplitFolder folder;
  const auto shard = folder.parts[1] / shard_name(1);
  auto bytes = file_bytes(shard);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::put_file(shard, bytes);
  EXPECT_EQ(thrown_code([&] { merge_store(folder.parts, folder / "merged"); }), Code::shard_checksum);
  EXPECT_FALSE(fs::exists(folder / "merged" / kManifestName));
}

TEST(StorePartsErrors, OtherFilesAndOtherStoresAreLeftAlone) {
  SplitFolder folder;
  fs::create_directories(folder / "full");
  test::put_file(folder / "full" / "thesis.tex", "years of work");
  EXPECT_EQ(thrown_code([&] { merge_store(folder.parts, folder / "full"); }), Code::output_exists);
  EXPECT_TRUE(fs::exists(folder / "full" / "thesis.tex"));
  auto info = test::small_info();
  info.provenance_json = R"({"seed": 8})";
  write_small_store(folder / "other", 30, 8, info);
  EXPECT_EQ(thrown_code([&] { merge_store(folder.parts, folder / "other"); }), Code::output_exists);
  EXPECT_EQ(thrown_code([&] { write_small_store(folder.parts[0], 30, 8); }), Code::output_exists)
      << "a part is not taken for the finished store";
}

TEST(StorePartsErrors, AManifestThatIsNoPartIsRefused) {
  SplitFolder folder;
  const auto path = folder.parts[1] / kManifestName;
  const auto text = file_bytes(path);
  const std::string key = "\"first_shard\": 1";
  ASSERT_NE(text.find(key), std::string::npos);
  for (const auto* other : {"\"first_shard\": 4", "\"first_shard\": 3", "\"first_shard\": -1", "\"first_shard\": 2"}) {
    auto changed = text;
    changed.replace(changed.find(key), key.size(), other);
    test::put_file(path, changed);
    EXPECT_EQ(thrown_code([&] { (void)Store::open(folder.parts[1]); }), Code::manifest_invalid) << other;
  }
}

}  // namespace
}  // namespace scar::data
