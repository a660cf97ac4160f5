#include <gtest/gtest.h>
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/verify.h"
#include "store/shard_file.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::file_bytes;
using test::put_file;
using test::TemporaryFolder;
using test::thrown_code;

class StoreDamage : public ::testing::Test {
 protected:
  void SetUp() override { test::write_small_store(path_, 30, 8); }

  [[nodiscard]] Code open_code(std::string* message = nullptr) const {
    return thrown_code([&] { (void)Store::open(path_); }, message);
  }
  [[nodiscard]] Code verify_code(std::string* message = nullptr) const {
    return thrown_code([&] { (void)verify_store(path_); }, message);
  }
  void change_manifest(const std::function<void(Json&)>& change) const {
    auto json = parse_json(file_bytes(path_ / kManifestName), "test", 1000);
    change(json);
    put_file(path_ / kManifestName, json.dump(2));
  }
  void replace_in_manifest(const std::string& from, const std::string& to) const {
    auto text = file_bytes(path_ / kManifestName);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    put_file(path_ / kManifestName, text.replace(at, from.size(), to));
  }
  void flip(const std::string& file, std::size_t place) const {
    auto bytes = file_bytes(path_ / file);
    ASSERT_LT(place, bytes.size());
    bytes[place] = static_cast<char>(bytes[place] ^ 0x10);
    put_file(path_ / file, bytes);
  }
  [[nodiscard]] std::size_t place_of(const std::string& file, const std::string& text) const {
    const auto at = file_bytes(path_ / file).find(text);
    EXPECT_NE(at, std::string::npos) << text;
    return at;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "s";
};

TEST_F(StoreDamage, ReasonsThatAddUpToMoreThanAnyNumberAreRefused) {
  change_manifest([](Json& json) {
    for (int i = 0; i < 20; ++i) json["excluded"]["r" + std::to_string(i)] = std::int64_t{1} << 60;
  });
  EXPECT_EQ(open_code(), Code::manifest_invalid);
}

TEST_F(StoreDamage, AShardThatLinksToAnotherFileIsRefused) {
  // HDF5 follows such links by itself, to whatever file they name.
  const auto info = Store::open(path_).info();
  const auto shard = path_ / "shard-00000.h5";
  std::filesystem::copy_file(shard, folder_ / "other.h5");
  const auto refuses = [&](const std::function<herr_t(hid_t)>& link) {
    std::filesystem::copy_file(folder_ / "other.h5", shard, std::filesystem::copy_options::overwrite_existing);
    const auto file = H5Fopen(shard.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    ASSERT_GE(H5Ldelete(file, "/fold", H5P_DEFAULT), 0);
    ASSERT_GE(link(file), 0);
    H5Fclose(file);
    std::string message;
    EXPECT_EQ(thrown_code([&] { (void)read_shard(shard, info); }, &message), Code::shard_invalid);
    EXPECT_NE(message.find("/fold"), std::string::npos) << message;
  };
  const auto other = (folder_ / "other.h5").string();
  refuses(
      [&](hid_t file) { return H5Lcreate_external(other.c_str(), "/fold", file, "/fold", H5P_DEFAULT, H5P_DEFAULT); });
  refuses([](hid_t file) { return H5Lcreate_soft("/candidate", file, "/fold", H5P_DEFAULT, H5P_DEFAULT); });
}

}  // namespace

TEST_F(StoreDamage, AnUndamagedStoreOpens) {
  EXPECT_EQ(open_code(), Code{});
  EXPECT_EQ(verify_code(), Code{});
}

TEST_F(StoreDamage, AStoreThatIsNotThere) {
  EXPECT_EQ(thrown_code([&] { (void)Store::open(folder_ / "nowhere"); }), Code::store_missing);
  EXPECT_EQ(thrown_code([&] { (void)Store::open(path_ / kManifestName); }), Code::store_missing);
  EXPECT_EQ(thrown_code([&] { (void)verify_store(folder_ / "nowhere"); }), Code::store_missing);
}

TEST_F(StoreDamage, AStoreWithoutAManifest) {
  std::filesystem::remove(path_ / kManifestName);
  std::string message;
  EXPECT_EQ(open_code(&message), Code::store_incomplete);
  EXPECT_NE(message.find("goes on where it stopped"), std::string::npos) << message;
}

TEST_F(StoreDamage, AManifestOfAnotherVersion) {
  change_manifest([](Json& m) { m["version"] = 1; });
  std::string message;
  EXPECT_EQ(open_code(&message), Code::store_version);
  EXPECT_NE(message.find("version 2"), std::string::npos) << message;
  EXPECT_NE(message.find("version 1"), std::string::npos) << message;
}

TEST_F(StoreDamage, AManifestOfSomethingElse) {
  change_manifest([](Json& m) { m["format"] = "scar-checkpoint"; });
  EXPECT_EQ(open_code(), Code::manifest_invalid);
}

TEST_F(StoreDamage, AManifestThatIsNotJson) {
  for (const auto* text : {"", "{", "[]", "null", "{\"format\": NaN}", "{} {}", "\xFF\xFE"}) {
    put_file(path_ / kManifestName, text);
    EXPECT_EQ(open_code(), Code::manifest_invalid) << text;
  }
}

TEST_F(StoreDamage, AManifestCutShort) {
  const auto text = file_bytes(path_ / kManifestName);
  put_file(path_ / kManifestName, text.substr(0, text.size() / 2));
  EXPECT_EQ(open_code(), Code::manifest_invalid);
}

TEST_F(StoreDamage, AManifestWithADuplicateKey) {
  replace_in_manifest("\"n_records\": 26,", "\"n_records\": 26, \"n_records\": 26,");
  std::string message;
  EXPECT_EQ(open_code(&message), Code::manifest_invalid);
  EXPECT_NE(message.find("duplicate key 'n_records'"), std::string::npos) << message;
}

TEST_F(StoreDamage, AManifestWithAnUnknownOrMissingKey) {
  change_manifest([](Json& m) { m["colour"] = 1; });
  EXPECT_EQ(open_code(), Code::manifest_invalid);
  change_manifest([](Json& m) { m.erase("colour"); });
  EXPECT_EQ(open_code(), Code{});
  for (const auto* key :
       {"format", "kind", "rate_hz", "samples", "leads", "tasks", "folds", "shards", "n_excluded", "provenance"}) {
    const auto whole = file_bytes(path_ / kManifestName);
    change_manifest([&](Json& m) { m.erase(key); });
    EXPECT_EQ(open_code(), Code::manifest_invalid) << key;
    put_file(path_ / kManifestName, whole);
  }
}

TEST_F(StoreDamage, AManifestWithAWrongTypeOrAValueOutOfRange) {
  const std::vector<std::function<void(Json&)>> changes = {[](Json& m) { m["samples"] = "200"; },
                                                           [](Json& m) { m["samples"] = -200; },
                                                           [](Json& m) { m["samples"] = 1e300; },
                                                           [](Json& m) { m["rate_hz"] = nullptr; },
                                                           [](Json& m) { m["tasks"] = 3; },
                                                           [](Json& m) {
                                                             m["tasks"][0]["classes"] = {1, 2};
                                                           },
                                                           [](Json& m) { m["shards"] = Json::object(); },
                                                           [](Json& m) { m["shards"][0] = 1; },
                                                           [](Json& m) { m["shards"][0]["bytes"] = "many"; },
                                                           [](Json& m) { m["folds"]["train"] = {1.5}; },
                                                           [](Json& m) { m["leads"][0] = "V1"; },
                                                           [](Json& m) { m["shard_candidates"] = 0; },
                                                           [](Json& m) { m["evidence_blocks"] = 100000; },
                                                           [](Json& m) { m["excluded"]["no_leads"] = -1; },
                                                           [](Json& m) { m["provenance"] = 1; },
                                                           [](Json& m) { m["n_candidates"] = std::uint64_t{1} << 63; }};
  const auto whole = file_bytes(path_ / kManifestName);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    change_manifest(changes[i]);
    EXPECT_EQ(open_code(), Code::manifest_invalid) << "change " << i;
    put_file(path_ / kManifestName, whole);
  }
}

TEST_F(StoreDamage, AManifestThatNamesAFileOutside) {
  const auto whole = file_bytes(path_ / kManifestName);
  for (const auto* name : {"../x", "/etc/passwd", "..", "a/b.h5"}) {
    change_manifest([&](Json& m) { m["shards"][1]["name"] = name; });
    EXPECT_EQ(open_code(), Code::path_escapes_root) << name;
    put_file(path_ / kManifestName, whole);
  }
  change_manifest([](Json& m) { m["shards"][1]["name"] = "shard-00000.h5"; });
  EXPECT_EQ(open_code(), Code::manifest_invalid);
}

TEST_F(StoreDamage, CountsThatDoNotAddUp) {
  const std::vector<std::function<void(Json&)>> changes = {[](Json& m) { m["n_records"] = 27; },
                                                           [](Json& m) { m["n_excluded"] = 3; },
                                                           [](Json& m) {
                                                             m["n_records"] = 27;
                                                             m["n_excluded"] = 3;
                                                           },
                                                           [](Json& m) { m["excluded"]["no_leads"] = 3; },
                                                           [](Json& m) { m["excluded"].erase("no_leads"); },
                                                           [](Json& m) { m["shards"][0]["records"] = 8; },
                                                           [](Json& m) { m["shards"][0]["candidates"] = 7; },
                                                           [](Json& m) { m["shards"].erase(3); },
                                                           [](Json& m) { m["shards"].push_back(m["shards"][3]); },
                                                           [](Json& m) {
                                                             m["n_candidates"] = 31;
                                                             m["n_excluded"] = 5;
                                                           }};
  const auto whole = file_bytes(path_ / kManifestName);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    change_manifest(changes[i]);
    EXPECT_EQ(open_code(), Code::manifest_invalid) << "change " << i;
    put_file(path_ / kManifestName, whole);
  }
}

TEST_F(StoreDamage, ReasonsThatTheShardsDoNotList) {
  change_manifest([](Json& m) { m["excluded"] = {{"no_leads", 3}, {"signal_checksum", 1}}; });
  EXPECT_EQ(open_code(), Code::manifest_invalid);
}

TEST_F(StoreDamage, ADescriptionChangedByHand) {
  change_manifest([](Json& m) { m["folds"]["train"] = {1, 2, 9}; });
  std::string message;
  EXPECT_EQ(open_code(&message), Code::manifest_invalid);
  EXPECT_NE(message.find("configuration hash"), std::string::npos) << message;
}

TEST_F(StoreDamage, AMissingShard) {
  std::filesystem::remove(path_ / "shard-00002.h5");
  EXPECT_EQ(open_code(), Code::data_missing);
  EXPECT_EQ(verify_code(), Code::data_missing);
}

TEST_F(StoreDamage, AFolderInPlaceOfAShard) {
  std::filesystem::remove(path_ / "shard-00002.h5");
  std::filesystem::create_directory(path_ / "shard-00002.h5");
  EXPECT_EQ(open_code(), Code::data_missing);
}

TEST_F(StoreDamage, ShardsCutShortAreAllNamedBeforeAnyIsOpened) {
  for (const auto* name : {"shard-00000.h5", "shard-00003.h5"}) {
    std::filesystem::resize_file(path_ / name, std::filesystem::file_size(path_ / name) - 1);
  }
  std::string message;
  EXPECT_EQ(open_code(&message), Code::shard_cut_short);
  EXPECT_NE(message.find("shard-00000.h5"), std::string::npos) << message;
  EXPECT_NE(message.find("shard-00003.h5"), std::string::npos) << message;
  EXPECT_EQ(verify_code(), Code::shard_cut_short);
}

TEST_F(StoreDamage, AnEmptyShard) {
  std::filesystem::resize_file(path_ / "shard-00001.h5", 0);
  EXPECT_EQ(open_code(), Code::shard_cut_short);
}

TEST_F(StoreDamage, AShardThatIsTooLong) {
  std::filesystem::resize_file(path_ / "shard-00001.h5", std::filesystem::file_size(path_ / "shard-00001.h5") + 8);
  EXPECT_EQ(open_code(), Code::shard_invalid);
}

TEST_F(StoreDamage, AShardOfZeros) {
  put_file(path_ / "shard-00001.h5", std::string(std::filesystem::file_size(path_ / "shard-00001.h5"), '\0'));
  EXPECT_EQ(open_code(), Code::shard_invalid);
  EXPECT_EQ(verify_code(), Code::shard_checksum);
}

TEST_F(StoreDamage, ABitFlippedInTheHeaderOfAShard) {
  for (const std::size_t place : {std::size_t{1}, std::size_t{9}, std::size_t{20}, std::size_t{60}, std::size_t{300}}) {
    const auto whole = file_bytes(path_ / "shard-00000.h5");
    flip("shard-00000.h5", place);
    EXPECT_EQ(open_code(), Code::shard_invalid) << place;
    EXPECT_EQ(verify_code(), Code::shard_checksum) << place;
    put_file(path_ / "shard-00000.h5", whole);
  }
}

TEST_F(StoreDamage, ABitFlippedInTheSamples) {
  const auto location = Store::open(path_).location(3);
  flip("shard-00000.h5", location.offset + 777);
  const auto store = Store::open(path_);  // samples are checked when they are read
  std::vector<std::int16_t> samples(12 * 200);
  store.read(2, samples.data());
  std::string message;
  EXPECT_EQ(thrown_code([&] { store.read(3, samples.data()); }, &message), Code::record_checksum);
  EXPECT_NE(message.find("record-3"), std::string::npos) << message;
  store.read(4, samples.data());
  EXPECT_EQ(verify_code(&message), Code::shard_checksum);
  EXPECT_NE(message.find("record-3"), std::string::npos) << message;
}

TEST_F(StoreDamage, ABitFlippedInATextOrALabel) {
  const auto whole = file_bytes(path_ / "shard-00001.h5");
  flip("shard-00001.h5", place_of("shard-00001.h5", "überleitung 9"));
  EXPECT_EQ(open_code(), Code::shard_checksum);
  put_file(path_ / "shard-00001.h5", whole);
  flip("shard-00001.h5", place_of("shard-00001.h5", "patient-4"));
  EXPECT_EQ(open_code(), Code::shard_checksum);
  EXPECT_EQ(verify_code(), Code::shard_checksum);
}

TEST_F(StoreDamage, EveryByteOfAShardIsUnderVerify) {
  const auto whole = file_bytes(path_ / "shard-00003.h5");
  for (std::size_t place = 0; place < whole.size(); place += 997) {
    flip("shard-00003.h5", place);
    EXPECT_EQ(verify_code(), Code::shard_checksum) << place;
    put_file(path_ / "shard-00003.h5", whole);
  }
}

TEST_F(StoreDamage, NoFlippedBitIsReadAsGood) {
  // Whatever is flipped: opening and reading all records either fails with a typed error or gives what was written.
  const auto whole = file_bytes(path_ / "shard-00003.h5");
  std::vector<std::int16_t> samples(12 * 200);
  int refused = 0;
  for (std::size_t place = 0; place < whole.size(); place += 211) {
    flip("shard-00003.h5", place);
    const auto code = thrown_code([&] {
      const auto store = Store::open(path_);
      for (std::int64_t i = 0; i < store.size(); ++i) {
        store.read(i, samples.data());
        const auto expected = test::small_record(store.candidate(i));
        EXPECT_EQ(samples, expected.samples);
        EXPECT_EQ(store.report(i), expected.report);
        EXPECT_EQ(store.fold(i), expected.fold);
      }
    });
    EXPECT_TRUE(code == Code{} || (static_cast<int>(code) / 1000) == 3) << place << " " << static_cast<int>(code);
    refused += code != Code{} ? 1 : 0;
    put_file(path_ / "shard-00003.h5", whole);
  }
  EXPECT_GT(refused, 50);
}

TEST_F(StoreDamage, ShardsThatChangedPlaces) {
  // Same size, each whole in itself, but not where it belongs.
  const auto a = file_bytes(path_ / "shard-00000.h5"), b = file_bytes(path_ / "shard-00001.h5");
  put_file(path_ / "shard-00000.h5", b);
  put_file(path_ / "shard-00001.h5", a);
  const auto code = open_code();
  EXPECT_TRUE(code == Code::shard_invalid || code == Code::shard_cut_short) << static_cast<int>(code);
}

TEST_F(StoreDamage, AShardOfAnotherStore) {
  auto info = test::small_info();
  info.provenance_json = R"({"seed": 8, "source": "made by a test"})";
  test::write_small_store(folder_ / "other", 30, 8, info);
  ASSERT_EQ(std::filesystem::file_size(folder_ / "other" / "shard-00000.h5"),
            std::filesystem::file_size(path_ / "shard-00000.h5"));
  std::filesystem::copy_file(folder_ / "other" / "shard-00000.h5", path_ / "shard-00000.h5",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(open_code(), Code::shard_invalid);
}

TEST_F(StoreDamage, AShardCutShortAfterOpening) {
  const auto store = Store::open(path_);
  const auto location = store.location(store.size() - 1);
  std::filesystem::resize_file(location.file, location.offset + 10);
  std::vector<std::int16_t> samples(12 * 200);
  EXPECT_EQ(thrown_code([&] { store.read(store.size() - 1, samples.data()); }), Code::shard_cut_short);
}

TEST_F(StoreDamage, VerifyNamesEveryDamage) {
  const auto store = Store::open(path_);
  flip("shard-00000.h5", store.location(1).offset);
  flip("shard-00000.h5", store.location(4).offset);
  std::filesystem::remove(path_ / "shard-00003.h5");
  std::vector<Code> codes;
  try {
    (void)verify_store(path_);
  } catch (const Error& error) {
    for (const auto& problem : error.problems()) codes.push_back(problem.code);
  }
  EXPECT_EQ(codes, (std::vector<Code>{Code::shard_checksum, Code::record_checksum, Code::record_checksum,
                                      Code::data_missing}));
}

}  // namespace scar::data
