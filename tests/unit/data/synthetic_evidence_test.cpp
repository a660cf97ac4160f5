#include <algorithm>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_format.h"
#include "scar/data/synthetic/render.h"

namespace scar::data {
namespace {

struct Evidence {
  std::int64_t blocks;
  const std::uint8_t *primary, *secondary;
  Evidence(const SyntheticOptions& options, const EcgRecord& record, int finding) : blocks(options.blocks()) {
    primary = record.primary.data() + finding * bitmap_bytes(blocks);
    secondary = record.secondary.data() + finding * bitmap_bytes(blocks);
  }
  [[nodiscard]] bool any(const std::uint8_t* bitmap, int lead) const {
    for (std::int64_t b = 0; b < blocks; ++b) {
      if (unit_set(bitmap, blocks, lead, b)) return true;
    }
    return false;
  }
};

bool equal_unit(const SyntheticOptions& options, const EcgRecord& a, const EcgRecord& b, int lead, std::int64_t block) {
  const auto begin = lead * options.samples() + block * options.block_samples();
  return std::equal(a.samples.begin() + begin, a.samples.begin() + begin + options.block_samples(),
                    b.samples.begin() + begin);
}

TEST(SyntheticEvidence, TwinDiffersInItsEvidenceAndNowhereElse) {
  // With all evidence removed, what a model can see of record and twin must be the same numbers.
  const SyntheticOptions options;
  std::vector<int> seen(kFindings);
  for (std::int64_t i = 0; i < 250; ++i) {
    const auto record = render(options, i);
    for (int f = 1; f < kFindings; ++f) {
      if (record.labels.at("synth")[static_cast<std::size_t>(f)] == 0) continue;
      ++seen[static_cast<std::size_t>(f)];
      const auto twin = render(options, i, f);
      const Evidence evidence(options, record, f);
      for (int lead = 0; lead < kLeads; ++lead) {
        for (std::int64_t b = 0; b < options.blocks(); ++b) {
          const bool marked = unit_set(evidence.primary, options.blocks(), lead, b) ||
                              unit_set(evidence.secondary, options.blocks(), lead, b);
          ASSERT_EQ(!marked, equal_unit(options, record, twin, lead, b))
              << record.id << " " << findings()[static_cast<std::size_t>(f)].name << " " << lead << " " << b;
        }
      }
    }
  }
  for (int f = 1; f < kFindings; ++f) EXPECT_GT(seen[static_cast<std::size_t>(f)], 5);
}

TEST(SyntheticEvidence, TwinKeepsAllButTheFinding) {
  const SyntheticOptions options;
  for (std::int64_t i = 0; i < 60; ++i) {
    const auto record = render(options, i);
    const auto set = finding_set(options, i);
    for (int f = 1; f < kFindings; ++f) {
      const auto twin = render(options, i, f);
      EXPECT_EQ(twin.id, record.id);
      EXPECT_EQ(twin.patient, record.patient);
      EXPECT_EQ(twin.language, record.language);
      if (!has(set, f)) {
        EXPECT_EQ(twin.samples, record.samples);
        EXPECT_EQ(twin.report, record.report);
        continue;
      }
      EXPECT_NE(twin.samples, record.samples);
      EXPECT_NE(twin.report, record.report);
      auto row = record.labels.at("synth");
      row[static_cast<std::size_t>(f)] = 0;
      if (set == bit(f)) row[kNormal] = 1;
      EXPECT_EQ(twin.labels.at("synth"), row);
    }
  }
}

TEST(SyntheticEvidence, LocalisedFindingsHaveTheirEvidenceInTheirLeads) {
  // Rows I II III aVR aVL aVF V1 .. V6; p = primary, s = secondary, . = none, ? = some records.
  const std::vector<std::pair<int, const char*>> expected = {{kAnteriorMi,
                                                              "?sssss"
                                                              "pppp.."},
                                                             {kInferiorMi,
                                                              "pppppp"
                                                              "sss..."},
                                                             {kLateralMi,
                                                              "ssssss"
                                                              "....pp"},
                                                             {kLbbb,
                                                              "ssssss"
                                                              "ppp.pp"},
                                                             {kRbbb,
                                                              "ssssss"
                                                              "pp..ss"},
                                                             {kLvh,
                                                              "ssssss"
                                                              "ppp?pp"}};
  const SyntheticOptions options;
  for (const auto& [finding, leads] : expected) {
    std::vector<int> primary(kLeads), secondary(kLeads);
    int records = 0;
    for (std::int64_t i = 0; records < 25; ++i) {
      if (!has(finding_set(options, i), finding)) continue;
      ++records;
      const auto record = render(options, i);
      const Evidence evidence(options, record, finding);
      for (int l = 0; l < kLeads; ++l) {
        primary[static_cast<std::size_t>(l)] += evidence.any(evidence.primary, l) ? 1 : 0;
        secondary[static_cast<std::size_t>(l)] += evidence.any(evidence.secondary, l) ? 1 : 0;
      }
    }
    for (std::size_t l = 0; l < kLeads; ++l) {
      const auto message = cat(findings()[static_cast<std::size_t>(finding)].name, " ", kLeadNames[l]);
      if (leads[l] == 'p') {
        EXPECT_GT(primary[l], 20) << message;
      }
      if (leads[l] == 's') {
        EXPECT_GT(secondary[l], 20) << message;
      }
      if (leads[l] == 's' || leads[l] == '.') {
        EXPECT_EQ(primary[l], 0) << message;
      }
      if (leads[l] == 'p' || leads[l] == '.') {
        EXPECT_EQ(secondary[l], 0) << message;
      }
    }
  }
}

TEST(SyntheticEvidence, AnteriorInfarctionLiftsStAndDepressesTheInferiorLeads) {
  const SyntheticOptions options;
  for (std::int64_t i = 0, records = 0; records < 10; ++i) {
    if (finding_set(options, i) != bit(kAnteriorMi)) continue;
    ++records;
    const auto record = render(options, i), twin = render(options, i, kAnteriorMi);
    std::int64_t v2 = 0;
    for (std::int64_t t = 7 * options.samples(); t < 8 * options.samples(); ++t) {
      v2 = std::max<std::int64_t>(
          v2, record.samples[static_cast<std::size_t>(t)] - twin.samples[static_cast<std::size_t>(t)]);
    }
    EXPECT_GT(v2, 40) << record.id;
  }
}

TEST(SyntheticEvidence, EctopicBeatIsPrimaryAndItsPauseSecondary) {
  const SyntheticOptions options;
  int with_pause = 0, records = 0;
  for (std::int64_t i = 0; records < 20; ++i) {
    if (finding_set(options, i) != bit(kVentricularEctopy)) continue;
    ++records;
    const auto record = render(options, i);
    const Evidence evidence(options, record, kVentricularEctopy);
    for (int l = 0; l < kLeads; ++l)
      EXPECT_TRUE(evidence.any(evidence.primary, l)) << record.id << " " << kLeadNames[static_cast<std::size_t>(l)];
    with_pause += evidence.any(evidence.secondary, 1) ? 1 : 0;
  }
  EXPECT_GT(with_pause, 10);
}

TEST(SyntheticEvidence, NormalHasNoneAndAbsentFindingsHaveNone) {
  const SyntheticOptions options;
  for (std::int64_t i = 0; i < 80; ++i) {
    const auto record = render(options, i);
    const auto bytes = static_cast<std::size_t>(bitmap_bytes(options.blocks()));
    ASSERT_EQ(record.primary.size(), kFindings * bytes);
    for (int f = 0; f < kFindings; ++f) {
      if (f != kNormal && has(finding_set(options, i), f)) continue;
      for (std::size_t k = 0; k < bytes; ++k) {
        ASSERT_EQ(record.primary[static_cast<std::size_t>(f) * bytes + k] |
                      record.secondary[static_cast<std::size_t>(f) * bytes + k],
                  0);
      }
    }
  }
}

TEST(SyntheticEvidence, TakingAwayNormalIsRefused) {
  const SyntheticOptions options;
  for (const int finding : {-1, int{kNormal}, int{kFindings}}) {
    try {
      (void)render(options, 0, finding);
      FAIL() << finding;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::out_of_range);
    }
  }
}

TEST(SyntheticEvidence, OracleMaskTakesAllLimbLeadsTogether) {
  constexpr std::int64_t kBlocks = 5;
  std::vector<std::uint8_t> bitmap(static_cast<std::size_t>(bitmap_bytes(kBlocks)));
  set_unit(bitmap.data(), kBlocks, 4, 2);  // aVL
  set_unit(bitmap.data(), kBlocks, 7, 3);  // V2
  const auto mask = oracle_mask(bitmap.data(), kBlocks);
  for (int l = 0; l < kLeads; ++l) {
    for (std::int64_t b = 0; b < kBlocks; ++b) {
      EXPECT_EQ(unit_set(mask.data(), kBlocks, l, b), (l < 6 && b == 2) || (l == 7 && b == 3)) << l << " " << b;
    }
  }
}

TEST(SyntheticEvidence, DecoysImitateSecondarySignsInRecordsWithoutTheFinding) {
  // More decoys change records without the finding and leave labels, reports and evidence alone.
  SyntheticOptions none, many;
  none.decoy_rate = 0;
  many.decoy_rate = 0.5;
  int changed = 0, normals = 0;
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto a = render(none, i), b = render(many, i);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.report, b.report);
    if (finding_set(none, i) != 0) continue;
    ++normals;
    changed += a.samples != b.samples ? 1 : 0;
  }
  EXPECT_GT(changed, normals * 9 / 10);  // six signs, each with probability one half
}

}  // namespace
}  // namespace scar::data
