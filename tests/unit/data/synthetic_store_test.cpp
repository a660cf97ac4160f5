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
