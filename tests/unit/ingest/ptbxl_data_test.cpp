// Real records, where SCAR_DATA_DIR names the folder with ptb-xl/.
#include <algorithm>
#include <cstdlib>

#include "ptbxl_fixture.h"
#include "scar/data/ecg_record.h"
#include "scar/data/store/store_reader.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/processing.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "scar/ingest/recipes/report_language.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {
namespace {

class PtbxlData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SCAR_DATA_DIR");
    if (folder == nullptr) GTEST_SKIP() << "SCAR_DATA_DIR is not set: no real records";
    data_ = std::filesystem::path(folder);
    if (!std::filesystem::exists(data_ / "ptb-xl" / "ptbxl_database.csv")) GTEST_SKIP() << "no ptb-xl/ in " << data_;
  }
  std::filesystem::path data_;
};

// T04, T05: the real table.
TEST_F(PtbxlData, EveryRowParsesAndAllCountsOfThePresentFoldsAreThePublishedOnes) {
  const auto table = read_ptbxl_table(data_ / "ptb-xl");
  const auto census = take_census(table);
  EXPECT_NO_THROW(check_counts(census, "ptbxl_database.csv"));
  if (census.absent == std::vector<int>{10}) {
    EXPECT_EQ(table.rows.size(), 19601U);
    EXPECT_EQ(census.version, "1.0.3, folds 1-9 of 10");
    EXPECT_EQ(census.without_diagnosis, 371);
  }
  EXPECT_TRUE(census.split_complete[0] && census.split_complete[1]);
}

TEST_F(PtbxlData, LanguageFollowsTheRecorder) {
  const auto table = read_ptbxl_table(data_ / "ptb-xl");
  std::int64_t german_of_cs = 0, cs = 0, other_of_at6 = 0, at6 = 0, undecided = 0;
  for (const auto& row : table.rows) {
    const auto family = recorder_family(row.background.device);
    ASSERT_FALSE(family.empty()) << row.background.device;
    const auto language = detect_language(row.report);
    (family == "AT-6" ? at6 : cs) += 1;
    if (family == "AT-6") {
      other_of_at6 += language == "en" || language == "sv" ? 1 : 0;
    } else {
      german_of_cs += language == "de" ? 1 : 0;
    }
    undecided += language == "other" || language.empty() ? 1 : 0;
  }
  EXPECT_GT(german_of_cs * 100, cs * 99);
  EXPECT_GT(other_of_at6 * 100, at6 * 99);
  EXPECT_LT(undecided * 500, static_cast<std::int64_t>(table.rows.size()));
}

// T28: the derived leads of PTB-XL are derived.
TEST_F(PtbxlData, RecordsAt500HzAreReadVerifiedAndStored) {
  if (std::system("/usr/bin/python3 -c 'import numpy' > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "/usr/bin/python3 has no numpy (Debian: python3-numpy): the records cannot be unpacked";
  }
  const testing::TemporaryFolder folder;
  const auto root = folder.path() / "ptbxl";
  const auto command = "/usr/bin/python3 '" + (data_ / "unpack.py").string() + "' --out '" + root.string() + "' '" +
                       (data_ / "ptb-xl" / "ptbxl500-subset.ecgx").string() + "' > '" +
                       (folder.path() / "log").string() + "' 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  PtbxlOptions options;
  options.rate_hz = 500;
  options.tolerance.allow_missing = true;
  const auto summary = prepare(ptbxl_source(root, options).source, folder.path() / "store", {.seconds = kPtbxlSeconds},
                               options.tolerance, {}, 2);
  EXPECT_EQ(summary.store.records, 205);
  EXPECT_EQ(summary.store.records + summary.store.excluded, summary.store.candidates);
  const auto store = data::Store::open(folder.path() / "store");
  EXPECT_EQ(store.info().samples, 5000);
  // Leads III, aVR, aVL and aVF follow from I and II, within the rounding of each file.
  std::vector<std::int16_t> x(60000);
  int worst = 0;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    store.read(i, x.data());
    EXPECT_EQ(std::count(x.begin(), x.end(), data::kMissing), 0);
    for (std::size_t t = 0; t < 5000; ++t) worst = std::max(worst, std::abs(x[5000 + t] - x[t] - x[10000 + t]));
  }
  EXPECT_LE(worst, 2);
  // T28: I, II and V1 to V6 hold the record; the other leads come back within the rounding of the file.
  int farthest = 0;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    EcgSamples ecg;
    ecg.rate_hz = 500;
    ecg.samples = 5000;
    ecg.values.resize(60000);
    store.read(i, ecg.values.data());
    const auto whole = ecg.values;
    std::fill(ecg.values.begin() + 10000, ecg.values.begin() + 30000, data::kMissing);
    EXPECT_EQ(derive_leads(ecg), (std::array<std::uint8_t, 4>{1, 1, 1, 1}));
    for (std::size_t k = 0; k < 60000; ++k) farthest = std::max(farthest, std::abs(ecg.values[k] - whole[k]));
  }
  EXPECT_LE(farthest, 2);
}

}  // namespace
}  // namespace scar::ingest
