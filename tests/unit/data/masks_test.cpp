#include "scar/data/masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/lead_names.h"
#include "support/small_store.h"

namespace scar::data {
namespace {

const UnitGrid kGrid = unit_grid(1000, 100, 25);
const std::vector<double> kRates = {0, 0.1, 0.25, 0.5, 0.75, 0.9};
const std::vector<MaskMode> kRandomModes = {MaskMode::lead, MaskMode::segment, MaskMode::segment_async,
                                            MaskMode::joint};

UnitMask mask(MaskMode mode, double rate, std::uint64_t seed = 0, const std::string& id = "r1",
              const UnitGrid& grid = kGrid) {
  return make_mask({mode, rate, ""}, grid, seed, "ptbxl", id);
}

std::set<std::string> visible_leads(const UnitMask& m) {
  std::set<std::string> names;
  for (int lead = 0; lead < kLeads; ++lead) {
    bool any = false;
    for (std::int64_t b = 0; b < m.grid().blocks; ++b) any = any || !m.removed(lead, b);
    if (any) names.insert(kLeadNames[static_cast<std::size_t>(lead)]);
  }
  return names;
}

UnitMask clinical(const std::string& name, const UnitGrid& grid = kGrid) {
  return make_mask({MaskMode::clinical, 0, name}, grid, 0, "ptbxl", "r1");
}

}  // namespace

TEST(UnitGrid, BlocksAreTheLongerOf250MsAndAPatch) {
  EXPECT_EQ(kGrid.block_samples, 25);
  EXPECT_EQ(kGrid.blocks, 40);
  EXPECT_EQ(unit_grid(5000, 500, 50).block_samples, 125);
  EXPECT_EQ(unit_grid(5000, 500, 50).blocks, 40);
  EXPECT_EQ(unit_grid(1000, 100, 100).block_samples, 100);
  EXPECT_EQ(unit_grid(1000, 100, 100).blocks, 10);
  EXPECT_EQ(unit_grid(730, 100, 10).blocks, 30);  // the last one is shorter
}

TEST(MaskSpec, TextsAreReadAndWrittenBack) {
  for (const auto* text : {"joint:0.5", "lead:0.25", "segment:0", "critical:0.5", "clinical:i-ii-v2", "clinical:all-12",
                           "segment-async:0.5", "clinical:random-3", "without:V2", "without:II+V2"}) {
    EXPECT_EQ(parse_mask(text).text(), text);
  }
  EXPECT_EQ(parse_mask("without:v2+AVR").text(), "without:aVR+V2");
  EXPECT_EQ(parse_mask("lead:.25").rate, 0.25);
  EXPECT_EQ(parse_mask("critical:0.5").mode, MaskMode::critical);
}

TEST(MaskSpec, WhatIsNoMaskIsRefusedWithTheNearestName) {
  for (const auto* text : {"", "joint", "joint:", "joint:1", "joint:-0.1", "joint:nan", "joint:0.5x", "join:0.5",
                           "clinical:", "clinical:ii", "random:0.5", ":0.5", "without:", "without:V7", "without:V2+",
                           "without:V2+v2", "without:I+II+III+aVR+aVL+aVF+V1+V2+V3+V4+V5+V6"}) {
    EXPECT_EQ(test::thrown_code([&] { (void)parse_mask(text); }), Code::unknown_mask) << text;
  }
  std::string message;
  test::thrown_code([] { (void)parse_mask("clinical:i-ii-v3"); }, &message);
  EXPECT_NE(message.find("did you mean 'clinical:i-ii-v2'"), std::string::npos) << message;
  test::thrown_code([] { (void)parse_mask("jiont:0.5"); }, &message);
  EXPECT_NE(message.find("did you mean 'joint:0.5'"), std::string::npos) << message;
}

// T27: nested.
TEST(Masks, LargerRatesContainSmallerOnes) {
  for (const auto mode : kRandomModes) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      for (std::size_t i = 1; i < kRates.size(); ++i) {
        const auto less = mask(mode, kRates[i - 1], seed), more = mask(mode, kRates[i], seed);
        EXPECT_TRUE(more.contains(less));
        EXPECT_FALSE(less.contains(more));
      }
    }
  }
}

TEST(Masks, TheNumberRemovedIsExact) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(mask(MaskMode::lead, 0.5, seed).removed_units(), 6 * 40);
    EXPECT_EQ(mask(MaskMode::lead, 0.1, seed).removed_units(), 1 * 40);
    EXPECT_EQ(mask(MaskMode::segment, 0.25, seed).removed_units(), 10 * 12);
    EXPECT_EQ(mask(MaskMode::joint, 0.1, seed).removed_units(), 48);
    EXPECT_EQ(mask(MaskMode::joint, 0.9, seed).removed_units(), 432);
    EXPECT_DOUBLE_EQ(mask(MaskMode::joint, 0.5, seed).removed_share(), 0.5);
    EXPECT_EQ(mask(MaskMode::joint, 0, seed).removed_units(), 0);
  }
}

TEST(Masks, AsynchronousSegmentsTakeEveryLeadAtItsOwnTimes) {
  const auto m = mask(MaskMode::segment_async, 0.5);
  std::set<std::set<std::int64_t>> times;
  for (int lead = 0; lead < kLeads; ++lead) {
    std::set<std::int64_t> gone;
    for (std::int64_t b = 0; b < kGrid.blocks; ++b) {
      if (m.removed(lead, b)) gone.insert(b);
    }
    EXPECT_EQ(gone.size(), 20u);
    times.insert(gone);
  }
  EXPECT_EQ(times.size(), 12u);
}

TEST(Masks, NamedLeadsGoAndNothingElse) {
  const auto m = make_mask(parse_mask("without:V2+aVL"), kGrid, 0, "ptbxl", "r1");
  EXPECT_EQ(m.removed_units(), 2 * 40);
  EXPECT_EQ(visible_leads(m).size(), 10u);
  EXPECT_FALSE(visible_leads(m).contains("V2"));
  EXPECT_FALSE(visible_leads(m).contains("aVL"));
}

TEST(Masks, ThreeRandomLeadsDependOnSeedAndRecord) {
  std::set<std::set<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto leads = visible_leads(make_mask(parse_mask("clinical:random-3"), kGrid, seed, "ptbxl", "r1"));
    EXPECT_EQ(leads.size(), 3u);
    seen.insert(leads);
  }
  EXPECT_GE(seen.size(), 15u);
  EXPECT_TRUE(parse_mask("clinical:random-3").drawn());
  EXPECT_FALSE(parse_mask("clinical:i-ii").drawn());
}

// The six limb leads are linear in two of them.
// T28
TEST(Masks, LimbLeadsThatFollowFromTwoOthersCanBeDerived) {
  const auto grid = unit_grid(1000, 100, 25);
  const auto of = [&](const char* text) { return make_mask(parse_mask(text), grid, 3, "d", "r"); };
  EXPECT_EQ(of("clinical:indep-8,derive-limb").removed_units(), 0) << "the other four follow from I and II";
  EXPECT_EQ(of("without:II,derive-limb").removed_units(), 0);
  EXPECT_EQ(of("clinical:single-ii,derive-limb"), of("clinical:single-ii")) << "one limb lead decides no other";
  EXPECT_EQ(of("without:V2,derive-limb"), of("without:V2"));
  for (const char* rule : {"segment-async:0.75", "joint:0.5", "lead:0.5"}) {
    const auto mask = of(rule), derived = of((std::string(rule) + ",derive-limb").c_str());
    EXPECT_TRUE(mask.contains(derived));
    for (std::int64_t block = 0; block < grid.blocks; ++block) {
      int left = 0;
      for (int lead = 0; lead < 6; ++lead) left += mask.removed(lead, block) ? 0 : 1;
      for (int lead = 0; lead < 12; ++lead)
        EXPECT_EQ(derived.removed(lead, block), mask.removed(lead, block) && (lead >= 6 || left < 2));
    }
  }
  EXPECT_EQ(parse_mask("joint:0.5,derive-limb").text(), "joint:0.5,derive-limb");
  EXPECT_THROW((void)parse_mask("critical:0.5,derive-limb"), Error);
}

TEST(Masks, IndependentLeadsCountTwoLimbLeadsAtMost) {
  EXPECT_EQ(clinical("all-12").independent_leads(), 8);
  EXPECT_EQ(clinical("indep-8").independent_leads(), 8);
  EXPECT_EQ(clinical("limb-6").independent_leads(), 2);
  EXPECT_EQ(clinical("single-ii").independent_leads(), 1);
  EXPECT_EQ(clinical("i-ii-iii-v2").independent_leads(), 3);
  EXPECT_EQ(clinical("holter-3").independent_leads(), 3);
}

// T27: never everything.
TEST(Masks, OneUnitAlwaysStaysVisible) {
  const auto one_block = unit_grid(25, 100, 25);
  for (const auto mode : kRandomModes) {
    for (const auto& grid : {kGrid, one_block, unit_grid(30, 100, 10)}) {
      EXPECT_LT(mask(mode, 0.999999, 3, "r1", grid).removed_units(), grid.units());
    }
  }
}

TEST(Masks, EverySeedRecordDatasetAndModeHasItsOwn) {
  for (const auto mode : kRandomModes) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      for (int r = 0; r < 20; ++r) seen.insert(mask_hash({mask(mode, 0.5, seed, cat("r", r))}));
    }
    EXPECT_GE(seen.size(), 95u);  // 924 sets of six leads: a few may be equal
    EXPECT_NE(make_mask({mode, 0.5, ""}, kGrid, 0, "a", "r1"), make_mask({mode, 0.5, ""}, kGrid, 0, "b", "r1"));
  }
}

// T27: a function of seed and record.
TEST(Masks, TheyDoNotDependOnOrderOrThread) {
  std::vector<UnitMask> forward, backward(50, UnitMask(kGrid));
  for (int r = 0; r < 50; ++r) forward.push_back(mask(MaskMode::joint, 0.5, 1, cat("r", r)));
  std::thread a([&] {
    for (int r = 49; r >= 25; --r) backward[static_cast<std::size_t>(r)] = mask(MaskMode::joint, 0.5, 1, cat("r", r));
  });
  std::thread b([&] {
    for (int r = 24; r >= 0; --r) backward[static_cast<std::size_t>(r)] = mask(MaskMode::joint, 0.5, 1, cat("r", r));
  });
  a.join();
  b.join();
  EXPECT_EQ(mask_hash(forward), mask_hash(backward));
  std::swap(backward[0], backward[1]);
  EXPECT_NE(mask_hash(forward), mask_hash(backward));
}

TEST(Masks, GoldenHash) {
  // Masks are data: results of different versions are comparable only while this stays.
  const auto hash_of = [](const std::vector<MaskMode>& modes) {
    std::vector<UnitMask> masks;
    for (const auto mode : modes) {
      for (int r = 0; r < 10; ++r) masks.push_back(mask(mode, 0.5, 2, cat("r", r)));
    }
    return mask_hash(masks);
  };
  EXPECT_EQ(hash_of({MaskMode::segment_async}), "e3c5f0ab7f7237c2194829dd9fc2456a9a2d2d14e5c8d115da82949a51ae16d9");
  EXPECT_EQ(hash_of({MaskMode::lead, MaskMode::segment, MaskMode::joint}),
            "dc4d51edb9b12e90992fa64d5823c27b6f61c94a559258b4f5b15979d241e0d9");
}

TEST(Masks, EveryLeadAndBlockIsRemovedEquallyOften) {
  constexpr int kRecords = 4000;
  std::vector<int> leads(kLeads), segments(40), joint_leads(kLeads), joint_blocks(40);
  for (int r = 0; r < kRecords; ++r) {
    const auto l = mask(MaskMode::lead, 0.5, 9, cat(r)), s = mask(MaskMode::segment, 0.5, 9, cat(r)),
               j = mask(MaskMode::joint, 0.5, 9, cat(r));
    for (int lead = 0; lead < kLeads; ++lead) {
      leads[static_cast<std::size_t>(lead)] += l.removed(lead, 0) ? 1 : 0;
      for (int b = 0; b < 40; ++b) {
        joint_leads[static_cast<std::size_t>(lead)] += j.removed(lead, b) ? 1 : 0;
        joint_blocks[static_cast<std::size_t>(b)] += j.removed(lead, b) ? 1 : 0;
      }
    }
    for (int b = 0; b < 40; ++b) segments[static_cast<std::size_t>(b)] += s.removed(0, b) ? 1 : 0;
  }
  for (const auto n : leads) EXPECT_NEAR(n, kRecords / 2, 160);  // 5 standard errors of a coin
  for (const auto n : segments) EXPECT_NEAR(n, kRecords / 2, 160);
  for (const auto n : joint_leads) EXPECT_NEAR(n, kRecords * 20, kRecords * 20 * 0.05);
  for (const auto n : joint_blocks) EXPECT_NEAR(n, kRecords * 6, kRecords * 6 * 0.1);  // ties go in time order
}

TEST(Masks, BurstsLastASecondOnAverage) {
  // At a small rate bursts rarely meet; the last one is cut, so that only the others count.
  double total = 0, count = 0;
  const auto grid = unit_grid(100000, 100, 25);
  for (int r = 0; r < 20; ++r) {
    const auto m = mask(MaskMode::segment, 0.05, 4, cat(r), grid);
    for (std::int64_t b = 0; b < grid.blocks; ++b) {
      total += m.removed(0, b) ? 1 : 0;
      count += m.removed(0, b) && (b == 0 || !m.removed(0, b - 1)) ? 1 : 0;
    }
  }
  EXPECT_NEAR(total / count, 4.0, 0.4);
}

TEST(Masks, ASegmentTakesAllLeadsAndALeadAllTime) {
  const auto s = mask(MaskMode::segment, 0.5), l = mask(MaskMode::lead, 0.5);
  for (int lead = 0; lead < kLeads; ++lead) {
    for (int b = 0; b < 40; ++b) {
      EXPECT_EQ(s.removed(lead, b), s.removed(0, b));
      EXPECT_EQ(l.removed(lead, b), l.removed(lead, 0));
    }
  }
}

TEST(Masks, JointRemovesWholeLeadsAndWholeSegments) {
  const auto m = mask(MaskMode::joint, 0.5, 6);
  int whole_leads = 0, whole_blocks = 0;
  for (int lead = 0; lead < kLeads; ++lead) {
    int n = 0;
    for (int b = 0; b < 40; ++b) n += m.removed(lead, b) ? 1 : 0;
    whole_leads += n == 40 ? 1 : 0;
  }
  for (int b = 0; b < 40; ++b) {
    int n = 0;
    for (int lead = 0; lead < kLeads; ++lead) n += m.removed(lead, b) ? 1 : 0;
    whole_blocks += n == 12 ? 1 : 0;
  }
  EXPECT_GE(whole_leads, 2);  // 1 - (1 - a)^2 = 0.5: about 29 % of either
  EXPECT_LE(whole_leads, 5);
  EXPECT_GE(whole_blocks, 6);
  EXPECT_LE(whole_blocks, 16);
}

TEST(Masks, CriticalOnesComeFromTheEvaluation) {
  EXPECT_EQ(test::thrown_code([] { (void)mask(MaskMode::critical, 0.5); }), Code::unknown_mask);
}

// T28: which leads an electrode takes with it.
TEST(ClinicalSets, LeadsThatAreLeftAreTheNamedOnes) {
  const std::set<std::string> limb = {"I", "II", "III", "aVR", "aVL", "aVF"},
                              chest = {"V1", "V2", "V3", "V4", "V5", "V6"};
  const auto with_chest = [&](const std::string& lead) {
    auto all = chest;
    all.insert(lead);
    return all;
  };
  const std::map<std::string, std::set<std::string>> expected = {
      {"limb-leads-off", chest},
      {"v1-v6-off", limb},
      {"v4-v6-off", {"I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3"}},
      {"ra-off", {"III"}},
      {"la-off", {"II"}},
      {"ll-off", {"I"}},
      {"ra-off-v", with_chest("III")},
      {"la-off-v", with_chest("II")},
      {"ll-off-v", with_chest("I")},
      {"single-ii", {"II"}},
      {"single-i", {"I"}},
      {"i-ii", {"I", "II"}},
      {"i-ii-v2", {"I", "II", "V2"}},
      {"i-ii-iii-v2", {"I", "II", "III", "V2"}},
      {"limb-6", limb},
      {"holter-3", {"aVF", "V1", "V5"}},
      {"indep-8", {"I", "II", "V1", "V2", "V3", "V4", "V5", "V6"}},
  };
  for (const auto& [name, leads] : expected) {
    const auto m = clinical(name);
    EXPECT_EQ(visible_leads(m), leads) << name;
    EXPECT_EQ(m.removed_units(), (12 - static_cast<std::int64_t>(leads.size())) * 40) << name;
  }
  EXPECT_EQ(clinical("all-12").removed_units(), 0);
  EXPECT_EQ(clinical_sets().size(), expected.size() + 5);  // all-12, random-3 and the three sets in time
}

TEST(ClinicalSets, PaperShowsEachLeadInItsColumn) {
  const auto m = clinical("print-3x4"), rhythm = clinical("print-3x4-ii");
  for (int lead = 0; lead < kLeads; ++lead) {
    for (int b = 0; b < 40; ++b) {
      const bool shown = b / 10 == lead / 3;
      EXPECT_EQ(!m.removed(lead, b), shown);
      EXPECT_EQ(!rhythm.removed(lead, b), shown || lead == 1);
    }
  }
}

TEST(ClinicalSets, TheLastFiveSecondsAreLost) {
  const auto m = clinical("last-5s");
  for (int b = 0; b < 40; ++b) EXPECT_EQ(m.removed(4, b), b >= 20);
}

TEST(ClinicalSets, ABlockThatIsPartlyLostIsLost) {
  const auto m = clinical("print-3x4", unit_grid(1000, 100, 100));  // blocks of 1 s, columns of 2.5 s
  const std::vector<bool> expected = {false, false, true, true, true, true, true, true, true, true};
  for (int b = 0; b < 10; ++b) EXPECT_EQ(m.removed(0, b), expected[static_cast<std::size_t>(b)]) << b;
}

TEST(UnitMask, ATokenGoesIfAnyOfItsUnitsDoes) {
  UnitMask m(unit_grid(1000, 100, 20));  // blocks of 25 samples, tokens of 20
  m.remove(1, 1);                        // samples 25 to 49: tokens 1 and 2
  std::vector<std::uint8_t> visible(12 * 50, 1);
  visible[0] = 0;
  EXPECT_EQ(apply_mask(m, 20, visible.data()), 600 - 3);
  for (std::size_t j = 0; j < 50; ++j) EXPECT_EQ(visible[50 + j], j == 1 || j == 2 ? 0 : 1);
  EXPECT_EQ(visible[0], 0);
}

TEST(UnitMask, ALongPatchIsOneUnit) {
  const auto grid = unit_grid(1000, 100, 100);
  UnitMask m(grid);
  m.remove(0, 3);
  std::vector<std::uint8_t> visible(12 * 10, 1);
  EXPECT_EQ(apply_mask(m, 100, visible.data()), 119);
  EXPECT_EQ(visible[3], 0);
}

TEST(UnitMask, BitmapsGoInAndOut) {
  UnitMask m(kGrid);
  m.remove(0, 0);
  m.remove(11, 39);
  m.remove(2, 5);
  EXPECT_EQ(m.bitmap()[0], 1);
  EXPECT_EQ(m.bitmap()[59], 0x80);
  EXPECT_EQ(UnitMask(kGrid, m.bitmap().data()), m);
  m.restore(2, 5);
  EXPECT_EQ(m.removed_units(), 2);
  m.remove_lead(3);
  EXPECT_EQ(m.removed_units(), 42);
}

}  // namespace scar::data
