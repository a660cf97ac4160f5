#include "scar/data/masked_source.h"

#include <gtest/gtest.h>

#include "scar/data/visibility.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

constexpr std::int64_t kPatch = 25;

struct MaskedRecords : testing::Test {
  test::TemporaryFolder folder;

  StoreSet stores() {
    test::write_small_store(folder / "store", 12, 8, test::small_info());
    return StoreSet::open({folder / "store"});
  }
  static std::vector<std::int16_t> read(const RecordSource& source, std::int64_t record) {
    std::vector<std::int16_t> signal(static_cast<std::size_t>(kLeads * source.samples()));
    source.read(record, signal.data());
    return signal;
  }
  static std::vector<std::uint8_t> visibility(const RecordSource& source, std::int64_t record) {
    const auto signal = read(source, record);
    std::vector<std::uint8_t> visible(static_cast<std::size_t>(kLeads * source.samples() / kPatch));
    token_visibility(signal.data(), source.samples(), source.rate_hz(), kPatch, visible.data());
    return visible;
  }
};

}  // namespace

TEST_F(MaskedRecords, NamedLeadsAreMissingAndTheRestIsAsStored) {
  const auto set = stores();
  const MaskedSource masked(set, parse_mask("without:I+V6"), kPatch);
  EXPECT_EQ(masked.size(), set.size());
  for (std::int64_t record = 0; record < set.size(); ++record) {
    const auto whole = read(set, record), left = read(masked, record);
    for (std::int64_t i = 0; i < std::ssize(whole); ++i) {
      const auto lead = i / set.samples();
      const auto at = static_cast<std::size_t>(i);
      ASSERT_EQ(left[at], lead == 0 || lead == 11 ? kMissing : whole[at]) << "record " << record << ", sample " << i;
    }
    EXPECT_EQ(masked.report(record), set.report(record));
    EXPECT_EQ(masked.scale_mv(record), set.scale_mv(record));
  }
}

TEST_F(MaskedRecords, TokensAreThoseThatTheEvaluationLeaves) {
  const auto set = stores();
  for (const auto* text : {"clinical:i-ii-v2", "joint:0.5", "segment-async:0.3", "clinical:single-ii,derive-limb"}) {
    const auto spec = parse_mask(text);
    const MaskedSource masked(set, spec, kPatch);
    for (std::int64_t record = 0; record < set.size(); ++record) {
      auto expected = visibility(set, record);
      const auto grid = unit_grid(set.samples(), set.rate_hz(), kPatch);
      apply_mask(make_mask(spec, grid, 0, "test", set.id(record)), kPatch, expected.data());
      EXPECT_EQ(visibility(masked, record), expected) << text << ", record " << record;
    }
  }
}

TEST_F(MaskedRecords, ADrawnMaskIsItsRecordsOwnAndDoesNotChange) {
  const auto set = stores();
  const MaskedSource masked(set, parse_mask("lead:0.5"), kPatch);
  EXPECT_EQ(read(masked, 3), read(masked, 3));
  EXPECT_NE(visibility(masked, 1), visibility(masked, 2));
}

TEST_F(MaskedRecords, AnAttackIsNoMaskOfRecords) {
  const auto set = stores();
  EXPECT_EQ(test::thrown_code([&] { (void)MaskedSource(set, parse_mask("critical:0.5"), kPatch); }),
            Code::unknown_mask);
}

}  // namespace scar::data
