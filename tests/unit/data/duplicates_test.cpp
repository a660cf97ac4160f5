#include "scar/data/store/duplicates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "scar/data/store/store_writer.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::TemporaryFolder;

/// Something like an ECG: a spike and a wave per beat, another rate, amplitude and wander for each `heart`.
double voltage(int heart, int lead, double seconds) {
  CounterRandom random(3, "heart", static_cast<std::uint64_t>(heart));
  const double rate = random.uniform(0.8, 1.6), size = random.uniform(0.6, 1.8), drift = random.uniform(0.1, 0.4);
  const double start = random.uniform(), axis = random.uniform(-1.0, 1.0);
  const double phase = std::fmod(seconds * rate + start, 1.0);
  const double gain = size * std::cos(0.6 * lead + axis);
  const auto bump = [&](double centre, double width) {
    return std::exp(-(phase - centre) * (phase - centre) / (2 * width * width));
  };
  return gain * (bump(0.3, 0.03) + 0.3 * bump(0.6, 0.06)) +
         0.3 * std::sin(2 * std::numbers::pi * drift * seconds + lead);
}

struct Form {
  double rate_hz = 100, seconds = 10;
  float scale_mv = 0.005F;
  double noise_mv = 0;
  int missing_leads = 0;
};

EcgRecord heart_record(int heart, const Form& form, const std::string& id) {
  EcgRecord record;
  record.id = id;
  record.patient = id;
  record.fold = 1;
  record.scale_mv = form.scale_mv;
  const auto T = static_cast<int>(form.rate_hz * form.seconds);
  CounterRandom random(4, "noise", static_cast<std::uint64_t>(heart));
  for (int lead = 0; lead < kLeads; ++lead) {
    for (int t = 0; t < T; ++t) {
      const double mv = voltage(heart, lead, (t + 0.5) / form.rate_hz) + form.noise_mv * random.normal();
      record.samples.push_back(lead < form.missing_leads ? kMissing
                                                         : static_cast<std::int16_t>(std::lround(mv / form.scale_mv)));
    }
  }
  return record;
}

/// A store of these hearts, in this form.
Store store_of(const std::filesystem::path& folder, const std::vector<int>& hearts, const Form& form) {
  StoreInfo info;
  info.kind = "test";
  info.rate_hz = form.rate_hz;
  info.samples = static_cast<std::int64_t>(form.rate_hz * form.seconds);
  info.train_folds = {1};
  StoreWriter writer(folder, info, static_cast<std::int64_t>(hearts.size()));
  for (std::size_t i = 0; i < hearts.size(); ++i) writer.add(heart_record(hearts[i], form, std::to_string(i)));
  writer.end_shard();
  writer.finish();
  return Store::open(folder);
}

RecordList all_of(const Store& store) {
  RecordList list{&store, std::vector<std::int64_t>(static_cast<std::size_t>(store.size()))};
  std::iota(list.records.begin(), list.records.end(), 0);
  return list;
}

std::vector<RecordPlace> pair_of(RecordPlace a, RecordPlace b) { return {a, b}; }

}  // namespace

TEST(Duplicates, OneSignalInTwoFormsIsFound) {  // T30
  TemporaryFolder folder;
  const std::vector<Form> forms{{},
                                {.rate_hz = 500},
                                {.rate_hz = 257},
                                {.seconds = 5},
                                {.scale_mv = 0.001F},
                                {.noise_mv = 0.01},
                                {.missing_leads = 6}};
  const auto base = store_of(folder / "base", {1, 2, 3, 4, 5}, {});
  for (std::size_t f = 0; f < forms.size(); ++f) {
    const auto other = store_of(folder / std::to_string(f), {6, 3, 7}, forms[f]);
    const auto groups = find_duplicates({all_of(base), all_of(other)}, 2);
    ASSERT_EQ(groups.size(), 1u) << "form " << f;
    EXPECT_EQ(groups[0].records, pair_of({0, 2}, {1, 1})) << "form " << f;
    EXPECT_LT(groups[0].difference, kSameSignal);
  }
}

TEST(Duplicates, GroupsWithinOneStoreAreWhole) {
  TemporaryFolder folder;
  const auto store = store_of(folder / "s", {1, 2, 1, 3, 1, 3}, {});
  const auto groups = find_duplicates({all_of(store)}, 1);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].records, (std::vector<RecordPlace>{{0, 0}, {0, 2}, {0, 4}}));
  EXPECT_EQ(groups[1].records, pair_of({0, 3}, {0, 5}));
  EXPECT_EQ(groups[0].difference, 0);
}

TEST(Duplicates, DifferentSignalsAreNotCalledOne) {
  TemporaryFolder folder;
  std::vector<int> hearts(300);
  std::iota(hearts.begin(), hearts.end(), 0);
  const auto store = store_of(folder / "s", hearts, {});
  EXPECT_TRUE(find_duplicates({all_of(store)}, 2).empty());
  const auto few_leads = store_of(folder / "few", {3}, {.missing_leads = 7});
  EXPECT_TRUE(find_duplicates({all_of(store), all_of(few_leads)}, 1).empty()) << "five leads are too few to say so";
  const auto nothing = store_of(folder / "nothing", {1, 2}, {.missing_leads = 12});
  EXPECT_TRUE(find_duplicates({all_of(nothing)}, 1).empty()) << "what is absent is not equal";
}

TEST(Duplicates, OnlyTheRecordsThatAreNamedAreCompared) {
  TemporaryFolder folder;
  const auto store = store_of(folder / "s", {1, 1, 1}, {});
  const auto groups = find_duplicates({{&store, {0}}, {&store, {2}}}, 1);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].records, pair_of({0, 0}, {1, 2}));
}

}  // namespace scar::data
