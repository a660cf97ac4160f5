#include "scar/data/store/store_set.h"

#include <gtest/gtest.h>

#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::TemporaryFolder;
using test::thrown_code;
using test::write_small_store;

StoreInfo info_of(const char* kind, std::int64_t samples = 200) {
  auto info = test::small_info();
  info.kind = kind;
  info.samples = samples;
  return info;
}

}  // namespace

TEST(StoreSet, RecordsOfAllStoresFollowEachOther) {
  TemporaryFolder folder;
  write_small_store(folder / "a", 9, 4, info_of("a"));
  write_small_store(folder / "b", 16, 8, info_of("b"));
  const auto set = StoreSet::open({folder / "a", folder / "b"});
  const auto a = Store::open(folder / "a"), b = Store::open(folder / "b");
  ASSERT_EQ(set.size(), a.size() + b.size());
  EXPECT_EQ(set.samples(), 200);
  EXPECT_EQ(set.rate_hz(), 100);
  std::vector<std::int16_t> x(12 * 200), y(12 * 200);
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const bool first = i < a.size();
    const auto& own = first ? a : b;
    const auto record = first ? i : i - a.size();
    EXPECT_EQ(set.place(i).store, first ? 0u : 1u);
    EXPECT_EQ(set.place(i).record, record);
    EXPECT_EQ(set.number(set.place(i).store, record), i);
    EXPECT_EQ(set.id(i), own.id(record));
    EXPECT_EQ(set.report(i), own.report(record));
    EXPECT_EQ(set.patient(i), own.patient(record));
    EXPECT_EQ(set.language(i), own.language(record));
    EXPECT_EQ(set.scale_mv(i), own.scale_mv(record));
    EXPECT_EQ(set.store_of(i).folder(), own.folder());
    set.read(i, x.data());
    own.read(record, y.data());
    EXPECT_EQ(x, y);
  }
}

TEST(StoreSet, StoresThatDoNotFitAreRefused) {
  TemporaryFolder folder;
  write_small_store(folder / "a", 9, 4, info_of("a"));
  auto slower = info_of("b");
  slower.rate_hz = 50;
  slower.findings.clear();
  slower.evidence_blocks = 0;
  write_small_store(folder / "b", 9, 4, slower);
  EXPECT_EQ(thrown_code([&] { (void)StoreSet::open({folder / "a", folder / "b"}); }), Code::store_mismatch);
  EXPECT_EQ(thrown_code([&] { (void)StoreSet::open({folder / "a", folder / "a"}); }), Code::store_mismatch);
}

}  // namespace scar::data
