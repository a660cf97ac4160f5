#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/store/splits.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/synthetic/calibration.h"
#include "scar/data/synthetic/render.h"
#include "scar/data/synthetic/store.h"
#include "scar/data/synthetic/twins.h"

namespace scar::data {
namespace {

class SyntheticStore : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("scar-synthetic-") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(SyntheticStore, HoldsWhatRenderMakes) {
  SyntheticOptions options;
  options.records = 40;
  const auto summary = write_synthetic_store(folder_, options, 2);
  EXPECT_EQ(summary.records, 40);
  const auto store = Store::open(folder_);
  ASSERT_EQ(store.size(), 40);
  EXPECT_EQ(store.info().kind, "synth");
  EXPECT_EQ(store.info().tasks.at(0).classes.at(kAnteriorMi), "anterior_mi");
  EXPECT_NE(store.info().provenance_json.find(parameters_hash()), std::string::npos);
  std::vector<std::int16_t> samples(12 * 1000);
  for (std::int64_t i = 0; i < store.size(); ++i) {
    const auto expected = render(options, i);
    store.read(i, samples.data());
    EXPECT_EQ(samples, expected.samples);
    EXPECT_EQ(store.id(i), expected.id);
    EXPECT_EQ(store.report(i), expected.report);
    EXPECT_EQ(store.fold(i), expected.fold);
    const auto* row = store.labels("synth", i);
    EXPECT_EQ(std::vector<std::uint8_t>(row, row + kFindings), expected.labels.at("synth"));
  }
}

TEST_F(SyntheticStore, SaysTheOptionsThatItWasMadeWith) {
  SyntheticOptions options;
  options.seed = 18446744073709551615ULL;
  options.records = 33;
  options.rate_hz = 500;
  options.seconds = 4;
  options.noise = .25;
  options.wander = 2;
  options.decoy_rate = .3;
  options.repeat_rate = .1;
  auto info = synthetic_store_info(options);
  const auto again = synthetic_options(info, "here");
  EXPECT_EQ(synthetic_store_info(again).provenance_json, info.provenance_json);

  const auto refused = [](const StoreInfo& other) {
    try {
      (void)synthetic_options(other, "here");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("here"), std::string::npos) << error.what();
      return error.code();
    }
    return Code{};
  };
  auto foreign = info;
  foreign.kind = "ptbxl";
  EXPECT_EQ(refused(foreign), Code::store_mismatch);
  auto elsewhere = info;
  elsewhere.provenance_json.replace(elsewhere.provenance_json.find(parameters_hash()), 4, "0000");
  EXPECT_EQ(refused(elsewhere), Code::store_mismatch);
  auto longer = info;
  longer.samples += 125;
  EXPECT_EQ(refused(longer), Code::manifest_invalid);
  info.provenance_json = R"({"parameters_sha256": ")" + parameters_hash() + R"("})";
  EXPECT_EQ(refused(info), Code::manifest_invalid);
}

TEST(Twins, AreTheRenderedTwins) {
  SyntheticOptions options;
  options.seconds = 2;
  std::vector<TwinOf> wanted;
  for (std::int64_t i = 0; i < 40; ++i) {
    for (int f = 1; f < kFindings; ++f) {
      if (has(finding_set(options, i), f)) wanted.push_back({i, f});
    }
  }
  ASSERT_GT(wanted.size(), 20u);
  const Twins twins(options, wanted, 3);
  ASSERT_EQ(twins.size(), static_cast<std::int64_t>(wanted.size()));
  std::vector<std::int16_t> samples(12 * 200);
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    const auto expected = render(options, wanted[t].index, wanted[t].finding);
    twins.read(static_cast<std::int64_t>(t), samples.data());
    EXPECT_EQ(samples, expected.samples);
    // What differs from the record is the evidence, all of it and nothing else.
    const auto record = render(options, wanted[t].index);
    const auto bytes = static_cast<std::size_t>(bitmap_bytes(options.blocks()));
    auto evidence = differing_units(record.samples.data(), samples.data(), options.blocks(), options.block_samples());
    const auto first = static_cast<std::size_t>(wanted[t].finding) * bytes;
    for (std::size_t i = 0; i < bytes; ++i)
      EXPECT_EQ(evidence[i], record.primary[first + i] | record.secondary[first + i]);
  }
  EXPECT_THROW(Twins(options, {{0, kNormal}}, 1), Error);
}

TEST_F(SyntheticStore, IsTheSameForAnyNumberOfJobs) {
  SyntheticOptions options;
  options.records = 30;
  const auto one = write_synthetic_store(folder_ / "one", options, 1),
             three = write_synthetic_store(folder_ / "three", options, 3);
  EXPECT_EQ(one.manifest_hash, three.manifest_hash);
}

TEST_F(SyntheticStore, CleansReportsByTheRuleItIsGiven) {
  SyntheticOptions options;
  options.records = 3;
  write_synthetic_store(folder_, options, 1, [](std::string_view raw) { return cat("<", raw, ">"); });
  const auto store = Store::open(folder_);
  for (std::int64_t i = 0; i < store.size(); ++i) {
    EXPECT_EQ(store.report_raw(i), render(options, i).report_raw);
    EXPECT_EQ(store.report(i), cat("<", store.report_raw(i), ">"));
  }
}

TEST_F(SyntheticStore, WrongOptionsWriteNothing) {
  SyntheticOptions options;
  options.seconds = 0;
  EXPECT_THROW(write_synthetic_store(folder_, options, 1), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

}  // namespace
}  // namespace scar::data
