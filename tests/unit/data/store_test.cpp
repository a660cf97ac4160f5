#include <gtest/gtest.h>
#include <hdf5.h>

#include <fstream>
#include <thread>

#include "scar/core/hash.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"
#include "scar/data/store/verify.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::small_info;
using test::small_record;
using test::TemporaryFolder;
using test::thrown_code;
using test::write_small_store;

/// A whole dataset of a shard through HDF5 itself, as any other program would read it.
template <class T>
std::vector<T> raw_read(const std::filesystem::path& file, const char* name, hid_t type) {
  const auto f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto set = H5Dopen2(f, name, H5P_DEFAULT);
  const auto space = H5Dget_space(set);
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << name;
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(f);
  return values;
}

}  // namespace

TEST(Store, WhatIsWrittenIsRead) {
  TemporaryFolder folder;
  const auto summary = write_small_store(folder / "s", 30, 8);
  EXPECT_EQ(summary.candidates, 30);
  EXPECT_EQ(summary.records, 26);
  EXPECT_EQ(summary.excluded, 4);
  EXPECT_EQ(summary.shards, 4);
  EXPECT_EQ(summary.reasons, (std::map<std::string, std::int64_t>{{"no_leads", 2}, {"signal_checksum", 2}}));

  const auto store = Store::open(folder / "s");
  ASSERT_EQ(store.size(), 26);
  EXPECT_EQ(store.manifest_hash(), summary.manifest_hash);
  EXPECT_EQ(store.manifest_hash(), sha256_file(folder / "s" / kManifestName));
  std::vector<std::int16_t> samples(12 * 200);
  std::int64_t candidate = 0;
  for (std::int64_t i = 0; i < store.size(); ++i, ++candidate) {
    if (test::small_excluded(candidate)) ++candidate;
    const auto expected = small_record(candidate);
    EXPECT_EQ(store.candidate(i), candidate);
    EXPECT_EQ(store.id(i), expected.id);
    EXPECT_EQ(store.patient(i), expected.patient);
    EXPECT_EQ(store.report(i), expected.report);
    EXPECT_EQ(store.report_raw(i), expected.report_raw);
    EXPECT_EQ(store.recorder(i), expected.recorder);
    EXPECT_EQ(store.language(i), expected.language);
    EXPECT_EQ(store.fold(i), expected.fold);
    EXPECT_EQ(store.scale_mv(i), expected.scale_mv);
    EXPECT_EQ(store.labels("colour", i)[0], expected.labels.at("colour")[0]);
    EXPECT_EQ(store.labels("colour", i)[1], expected.labels.at("colour")[1]);
    EXPECT_EQ(store.labels("shape", i)[0], candidate % 4 == 3 ? kNotInTask : 1);
    for (int f = 0; f < 2; ++f) {
      for (int b = 0; b < 12; ++b) {
        EXPECT_EQ(store.primary(i, f)[b], expected.primary[static_cast<std::size_t>(f * 12 + b)]);
        EXPECT_EQ(store.secondary(i, f)[b], expected.secondary[static_cast<std::size_t>(f * 12 + b)]);
      }
    }
    store.read(i, samples.data());
    EXPECT_EQ(samples, expected.samples);
  }
  ASSERT_EQ(store.excluded().size(), 4u);
  EXPECT_EQ(store.excluded()[1].id, "record-13");
  EXPECT_EQ(store.excluded()[1].reason, "no_leads");
  EXPECT_EQ(store.excluded()[1].detail, "said by the test");
  EXPECT_EQ(store.excluded()[1].candidate, 13);
  EXPECT_EQ(store.finding_index("spike"), 1);
  EXPECT_EQ(store.info().tasks[0].classes[1], "grün");
  EXPECT_EQ(store.info().test_folds, std::vector<int>{4});
  EXPECT_EQ(store.info().provenance_json, R"({"seed":7,"source":"made by a test"})");
}

TEST(Store, AnyProgramWithHdf5CanReadAShard) {
  TemporaryFolder folder;
  write_small_store(folder / "s", 30, 8);
  const auto shard = folder / "s" / "shard-00001.h5";  // candidates 8 to 15 without 13
  const auto signal = raw_read<std::int16_t>(shard, "/signal", H5T_NATIVE_INT16);
  ASSERT_EQ(signal.size(), 7u * 12 * 200);
  const auto expected = small_record(9).samples;
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), signal.begin() + 12 * 200));
  EXPECT_EQ(raw_read<std::int64_t>(shard, "/candidate", H5T_NATIVE_INT64),
            (std::vector<std::int64_t>{8, 9, 10, 11, 12, 14, 15}));
  EXPECT_EQ(raw_read<float>(shard, "/scale_mv", H5T_NATIVE_FLOAT), std::vector<float>(7, 0.005F));
  EXPECT_EQ(raw_read<std::uint64_t>(shard, "/xxh3", H5T_NATIVE_UINT64)[1], xxh3(expected.data(), expected.size() * 2));
  const auto bytes = raw_read<char>(shard, "/report_raw/bytes", H5T_NATIVE_UINT8);
  const auto offsets = raw_read<std::uint64_t>(shard, "/report_raw/offsets", H5T_NATIVE_UINT64);
  EXPECT_EQ(std::string(bytes.data() + offsets[1], offsets[2] - offsets[1]), "Überleitung  9 ");
  EXPECT_EQ(raw_read<std::uint8_t>(shard, "/labels/colour", H5T_NATIVE_UINT8).size(), 14u);
  EXPECT_EQ(raw_read<std::uint8_t>(shard, "/evidence/primary", H5T_NATIVE_UINT8).size(), 7u * 2 * 12);
}

TEST(Store, EqualInputGivesEqualBytes) {
  TemporaryFolder folder;
  const auto a = write_small_store(folder / "a"), b = write_small_store(folder / "b");
  EXPECT_EQ(a.manifest_hash, b.manifest_hash);
  for (int s = 0; s < 4; ++s)
    EXPECT_EQ(test::file_bytes(folder / "a" / shard_name(s)), test::file_bytes(folder / "b" / shard_name(s)));
  EXPECT_EQ(test::file_bytes(folder / "a" / kManifestName), test::file_bytes(folder / "b" / kManifestName));
}

TEST(Store, NothingButShardsAndManifestIsLeft) {
  TemporaryFolder folder;
  write_small_store(folder / "s");
  const auto report = verify_store(folder / "s");
  EXPECT_EQ(report.unlisted_files, 0);
  EXPECT_EQ(report.summary.records, 26);
  test::put_file(folder / "s" / "notes.txt", "mine");
  EXPECT_EQ(verify_store(folder / "s").unlisted_files, 1);
}

TEST(Store, AStoreWithoutTasksAndEvidenceAndWithAnEmptyShardIsFine) {
  TemporaryFolder folder;
  StoreInfo info = small_info();
  info.tasks.clear();
  info.findings.clear();
  info.evidence_blocks = 0;
  info.provenance_json.clear();
  StoreWriter writer(folder / "s", info, 4, 2);
  auto record = small_record(0, info);
  record.report.clear();
  writer.add(record);
  writer.exclude("x", "no_leads", "");
  writer.end_shard();
  writer.exclude("y", "no_leads", "");
  writer.exclude("z", "text_not_utf8", "\xFF");
  writer.end_shard();
  writer.finish();
  const auto store = Store::open(folder / "s");
  EXPECT_EQ(store.size(), 1);
  EXPECT_EQ(store.report(0), "");
  EXPECT_FALSE(store.has_evidence());
  EXPECT_EQ(store.excluded()[2].detail, "(not UTF-8)");
  std::vector<std::int16_t> samples(12 * 200);
  store.read(0, samples.data());
  EXPECT_EQ(samples, record.samples);
}

TEST(Store, SeveralThreadsReadAtOnce) {
  TemporaryFolder folder;
  write_small_store(folder / "s", 60, 16);
  const auto store = Store::open(folder / "s");
  std::vector<int> equal(3, 0);
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < equal.size(); ++k) {
    threads.emplace_back([&, k] {
      std::vector<std::int16_t> samples(12 * 200);
      for (std::int64_t i = 0; i < store.size(); ++i) {
        store.read(i, samples.data());
        equal[k] += samples == small_record(store.candidate(i)).samples ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto n : equal) EXPECT_EQ(n, store.size());
}

TEST(Store, AMissingTaskOrFindingNamesTheNearest) {
  TemporaryFolder folder;
  write_small_store(folder / "s");
  const auto store = Store::open(folder / "s");
  std::string message;
  EXPECT_EQ(thrown_code([&] { (void)store.task("color"); }, &message), Code::task_missing);
  EXPECT_NE(message.find("did you mean 'colour'"), std::string::npos) << message;
  EXPECT_EQ(thrown_code([&] { (void)store.labels("shapes", 0); }), Code::task_missing);
  EXPECT_EQ(thrown_code([&] { (void)store.finding_index("wav"); }, &message), Code::task_missing);
  EXPECT_NE(message.find("did you mean 'wave'"), std::string::npos) << message;
}

TEST(StoreWriter, RecordsThatDoNotFitAreRefused) {
  TemporaryFolder folder;
  const auto info = small_info();
  StoreWriter writer(folder / "s", info, 3, 3);
  const auto refused = [&](auto change) {
    auto record = small_record(1);
    change(record);
    return thrown_code([&] { writer.add(record); });
  };
  EXPECT_EQ(refused([](EcgRecord& r) { r.samples.pop_back(); }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.id.clear(); }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.scale_mv = 0; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.scale_mv = NAN; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.report = "\xDC"; }), Code::text_not_utf8);
  EXPECT_EQ(refused([](EcgRecord& r) { r.labels["colour"] = {1}; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.labels["colour"] = {1, 2}; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.labels["colour"] = {1, 255}; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.labels["size"] = {1}; }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord& r) { r.primary.pop_back(); }), Code::out_of_range);
  EXPECT_EQ(refused([](EcgRecord&) {}), Code{});
  EXPECT_EQ(refused([](EcgRecord&) {}), Code::duplicate_record);
  EXPECT_EQ(refused([](EcgRecord& r) {
              r.id = "another";
              r.labels["colour"] = {255, 255};
            }),
            Code{});
}

TEST(StoreWriter, ARefusedRecordLeavesNoTrace) {
  TemporaryFolder folder;
  const auto info = small_info();
  StoreWriter writer(folder / "s", info, 2, 2);
  auto bad = small_record(0);
  bad.labels["shape"] = {7};  // the first task's row is good
  EXPECT_EQ(thrown_code([&] { writer.add(bad); }), Code::out_of_range);
  writer.exclude(bad.id, "labels", "");
  writer.add(small_record(1));
  writer.end_shard();
  writer.finish();
  const auto store = Store::open(folder / "s");
  ASSERT_EQ(store.size(), 1);
  EXPECT_EQ(store.labels("colour", 0)[0], 1);
  EXPECT_EQ(store.labels("colour", 0)[1], 0);
}

TEST(StoreWriter, CallsOutOfTurnAreInternalErrors) {
  TemporaryFolder folder;
  StoreWriter writer(folder / "s", small_info(), 3, 2);
  EXPECT_EQ(thrown_code([&] { writer.finish(); }), Code::internal);
  writer.add(small_record(0));
  EXPECT_EQ(thrown_code([&] { writer.end_shard(); }), Code::internal);
  writer.add(small_record(1));
  EXPECT_EQ(thrown_code([&] { writer.add(small_record(2)); }), Code::internal);
}

TEST(StoreWriter, AConfigurationOutOfRangeIsRefusedBeforeAnythingIsWritten) {
  TemporaryFolder folder;
  const auto refused = [&](auto change) {
    auto info = small_info();
    change(info);
    return thrown_code([&] { StoreWriter(folder / "s", info, 10); });
  };
  EXPECT_EQ(refused([](StoreInfo& i) { i.rate_hz = 0; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.samples = 0; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.tasks[0].name = "../x"; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.tasks[1].name = "colour"; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.tasks[0].classes = {"a", "a"}; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.test_folds = {1}; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.evidence_blocks = 0; }), Code::out_of_range);
  EXPECT_EQ(refused([](StoreInfo& i) { i.provenance_json = "{"; }), Code::out_of_range);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder / "s", small_info(), 0); }), Code::out_of_range);
  EXPECT_EQ(thrown_code([&] { StoreWriter(folder / "s", small_info(), 10, 1 << 20); }), Code::out_of_range);
  EXPECT_FALSE(std::filesystem::exists(folder / "s"));
}

}  // namespace scar::data
