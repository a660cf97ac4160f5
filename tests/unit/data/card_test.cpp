#include "scar/data/store/card.h"

#include <gtest/gtest.h>

#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {

TEST(StoreCard, CountsWhatASimplePassOverTheStoreCounts) {
  test::TemporaryFolder folder;
  test::write_small_store(folder / "s", 60, 16);
  const auto store = Store::open(folder / "s");
  const auto card = make_card(store);
  std::int64_t records = 0, reds = 0, shapes = 0, german = 0;
  for (const auto& split : card.splits) {
    records += split.records;
    reds += split.tasks[0].positives[0];
    shapes += split.tasks[1].records;
    for (const auto& [language, count] : split.languages) german += language == "de" ? count : 0;
  }
  EXPECT_EQ(records, store.size());
  EXPECT_EQ(german, store.size());
  std::int64_t expected_reds = 0, expected_shapes = 0, expected_test = 0;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    expected_reds += store.labels("colour", i)[0];
    expected_shapes += store.labels("shape", i)[0] == kNotInTask ? 0 : 1;
    expected_test += store.fold(i) == 4 ? 1 : 0;
  }
  EXPECT_EQ(reds, expected_reds);
  EXPECT_EQ(shapes, expected_shapes);
  EXPECT_EQ(card.splits[2].records, expected_test);
  EXPECT_EQ(card.splits[3].records, 0);
  EXPECT_GE(2 * card.splits[0].patients, card.splits[0].records) << "two records each";
  EXPECT_EQ(card.distinct_reports, store.size());
  EXPECT_EQ(card.words, (std::array<std::int64_t, 3>{2, 2, 2}));
}

}  // namespace scar::data
