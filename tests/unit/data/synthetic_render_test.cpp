#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/fields.h"
#include "scar/data/lead_names.h"
#include "scar/data/synthetic/render.h"

namespace scar::data {
namespace {

const std::int16_t* lead(const EcgRecord& record, int index) {
  return record.samples.data() + static_cast<std::size_t>(index) * (record.samples.size() / kLeads);
}

/// The first record of the corpus with exactly this set of findings.
std::int64_t first_with(const SyntheticOptions& options, FindingSet set) {
  for (std::int64_t i = 0; i < 5000; ++i) {
    if (finding_set(options, i) == set) return i;
  }
  ADD_FAILURE() << "no record has the findings " << set;
  return 0;
}

/// Times of R peaks in V5 in samples: local maxima above half of the record's largest value.
std::vector<std::int64_t> peaks(const EcgRecord& record) {
  const auto* v5 = lead(record, 10);
  const auto samples = static_cast<std::int64_t>(record.samples.size()) / kLeads;
  std::int16_t top = 0;
  for (std::int64_t i = 0; i < samples; ++i) top = std::max(top, v5[i]);
  std::vector<std::int64_t> found;
  for (std::int64_t i = 1; i + 1 < samples; ++i) {
    if (v5[i] > top / 2 && v5[i] >= v5[i - 1] && v5[i] > v5[i + 1] && (found.empty() || i - found.back() > 25))
      found.push_back(i);
  }
  return found;
}

SyntheticOptions quiet() {
  SyntheticOptions options;
  options.noise = 0;
  options.wander = 0;
  options.decoy_rate = 0;
  return options;
}

TEST(SyntheticRender, GoldenSamplesStay) {
  // libm differs in the last bit between CPUs, so one unit is allowed; more is another corpus under the same name.
  const SyntheticOptions options;
  struct Golden {
    std::int64_t index;
    int lead;
    std::vector<int> samples;  // from 200 on
  };
  const std::vector<Golden> golden = {
      {0, 1, {58, -19, -25, -49, -37, -82, -25, -122, -86, -89, -45, -77, -43, -67, -35, -69}},
      {2, 6, {-24, 32, 45, 30, 8, -12, -34, -31, -44, -94, -100, -73, -29, 31, 35, 50}},
      {4, 10, {28, 22, 32, 18, 31, 20, 27, 21, 24, 26, 28, 35, 55, 64, 81, 82}},
      {18, 7, {67, 75, 90, 85, 98, 83, 107, 126, 110, 76, 55, 48, 52, 57, 62, 79}},
      {50, 0, {173, 199, 217, 208, 242, 275, 326, 341, 346, 384, 416, 380, 379, 372, 295, 258}},
  };
  for (const auto& g : golden) {
    const auto record = render(options, g.index);
    for (std::size_t i = 0; i < g.samples.size(); ++i) {
      EXPECT_NEAR(lead(record, g.lead)[200 + i], g.samples[i], 1)
          << "record " << g.index << " lead " << g.lead << " sample " << 200 + i;
    }
  }
}

TEST(SyntheticRender, DependsOnNothingButOptionsAndIndex) {
  const SyntheticOptions options;
  std::vector<EcgRecord> forward, threaded(12);
  for (std::int64_t i = 0; i < 12; ++i) forward.push_back(render(options, i));
  {
    std::vector<std::jthread> threads;
    for (std::int64_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (std::int64_t i = 11 - t; i >= 0; i -= 3) threaded[static_cast<std::size_t>(i)] = render(options, i);
      });
    }
  }
  for (std::size_t i = 0; i < forward.size(); ++i) {
    EXPECT_EQ(forward[i].samples, threaded[i].samples);
    EXPECT_EQ(forward[i].report, threaded[i].report);
    EXPECT_EQ(forward[i].primary, threaded[i].primary);
    EXPECT_EQ(forward[i].secondary, threaded[i].secondary);
  }
  SyntheticOptions other = options;
  other.seed = 2;
  EXPECT_NE(render(other, 0).samples, forward[0].samples);
  other = options;
  other.records = 7;  // says how many there are, not what they are
  EXPECT_EQ(render(other, 0).samples, forward[0].samples);
}

TEST(SyntheticRender, LimbLeadsKeepTheirIdentitiesUpToRounding) {
  const SyntheticOptions options;
  for (std::int64_t index = 0; index < 40; ++index) {
    const auto r = render(options, index);
    for (std::int64_t i = 0; i < options.samples(); ++i) {
      const int one = lead(r, 0)[i], two = lead(r, 1)[i];
      ASSERT_LE(std::abs(lead(r, 2)[i] - (two - one)), 1) << index;
      ASSERT_LE(std::abs(2 * lead(r, 3)[i] + one + two), 3) << index;  // aVR = -(I + II) / 2, doubled to stay whole
      ASSERT_LE(std::abs(2 * lead(r, 4)[i] - (2 * one - two)), 3) << index;
      ASSERT_LE(std::abs(2 * lead(r, 5)[i] - (2 * two - one)), 3) << index;
    }
  }
}

TEST(SyntheticRender, PrecordialLeadsAreNotFunctionsOfTheOthers) {
  // A dipole alone has rank 3: V2 would follow from I, II and V6. Local sources must leave a rest in anterior
  // infarction.
  const auto options = quiet();
  const auto r = render(options, first_with(options, bit(kAnteriorMi)));
  const auto n = options.samples();
  double a[3][4] = {};
  for (std::int64_t t = 0; t < n; ++t) {
    const double x[3] = {double(lead(r, 0)[t]), double(lead(r, 1)[t]), double(lead(r, 11)[t])};
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) a[i][j] += x[i] * x[j];
      a[i][3] += x[i] * double(lead(r, 7)[t]);
    }
  }
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 3; ++k) {
      if (k == i) continue;
      const double f = a[k][i] / a[i][i];
      for (int j = 0; j < 4; ++j) a[k][j] -= f * a[i][j];
    }
  }
  double rest = 0, total = 0;
  for (std::int64_t t = 0; t < n; ++t) {
    const double v2 = lead(r, 7)[t];
    const double fit =
        a[0][3] / a[0][0] * lead(r, 0)[t] + a[1][3] / a[1][1] * lead(r, 1)[t] + a[2][3] / a[2][2] * lead(r, 11)[t];
    rest += (v2 - fit) * (v2 - fit);
    total += v2 * v2;
  }
  EXPECT_GT(rest / total, 0.15);
}

TEST(SyntheticRender, RatesAndRhythmsAreWhatTheFindingsSay) {
  const auto options = quiet();
  const auto rr = [&](FindingSet set) {
    const auto at = peaks(render(options, first_with(options, set)));
    std::vector<double> intervals;
    for (std::size_t i = 1; i < at.size(); ++i) intervals.push_back(static_cast<double>(at[i] - at[i - 1]) / 100);
    return intervals;
  };
  const auto mean = [](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += x;
    return sum / static_cast<double>(v.size());
  };
  const auto spread = [&](const std::vector<double>& v) {
    double sum = 0;
    for (const double x : v) sum += (x - mean(v)) * (x - mean(v));
    return std::sqrt(sum / static_cast<double>(v.size())) / mean(v);
  };
  const auto normal = rr(0), slow = rr(bit(kSinusBradycardia)), fast = rr(bit(kSinusTachycardia)),
             af = rr(bit(kAtrialFibrillation));
  EXPECT_GT(mean(normal), 60.0 / 100);
  EXPECT_LT(mean(normal), 60.0 / 60);
  EXPECT_GT(mean(slow), 60.0 / 55);
  EXPECT_LT(mean(fast), 60.0 / 104);
  EXPECT_LT(spread(normal), 0.06);
  EXPECT_GT(spread(af), 0.10);
}

TEST(SyntheticRender, AFinerRateShowsTheSameHeart) {
  auto coarse = quiet(), fine = quiet();
  fine.rate_hz = 500;
  const auto a = render(coarse, 3), b = render(fine, 3);
  ASSERT_EQ(b.samples.size(), 12U * 5000U);
  EXPECT_EQ(a.report, b.report);
  EXPECT_EQ(a.labels, b.labels);
  for (int l = 0; l < kLeads; ++l) {
    // Waves end 4 standard deviations from their peak; the edge may fall between the samples of the coarse grid.
    for (std::int64_t i = 0; i < coarse.samples(); ++i)
      ASSERT_NEAR(lead(a, l)[i], lead(b, l)[5 * i], 4) << l << " " << i;
  }
}

TEST(SyntheticRender, PrevalencesSuitTraining) {
  const SyntheticOptions options;
  constexpr int kRecords = 6000;
  std::map<int, int> count;
  for (std::int64_t i = 0; i < kRecords; ++i) {
    const auto set = finding_set(options, i);
    ASSERT_FALSE(has(set, kNormal));
    if (set == 0) ++count[kNormal];
    for (int f = 1; f < kFindings; ++f) count[f] += has(set, f) ? 1 : 0;
    // What no heart shows at once.
    EXPECT_FALSE(has(set, kLbbb) && has(set, kRbbb));
    EXPECT_LE(int{has(set, kAtrialFibrillation)} + int{has(set, kSinusBradycardia)} + int{has(set, kSinusTachycardia)},
              1);
    EXPECT_FALSE(has(set, kAtrialFibrillation) && has(set, kFirstDegreeAvBlock));
  }
  EXPECT_NEAR(count[kNormal] / double{kRecords}, 0.15, 0.03);
  for (int f = 1; f < kFindings; ++f) {
    EXPECT_GT(count[f] / double{kRecords}, 0.055) << findings()[static_cast<std::size_t>(f)].name;
    EXPECT_LT(count[f] / double{kRecords}, 0.2) << findings()[static_cast<std::size_t>(f)].name;
  }
}

TEST(SyntheticRender, RecordsOfAPatientShareFoldAndStructure) {
  const SyntheticOptions options;
  std::map<std::string, std::vector<EcgRecord>> patients;
  std::map<int, int> folds;
  for (std::int64_t i = 0; i < 400; ++i) {
    auto record = render(options, i);
    ++folds[record.fold];
    patients[record.patient].push_back(std::move(record));
  }
  int shared = 0;
  for (const auto& [name, records] : patients) {
    shared += records.size() > 1 ? 1 : 0;
    for (const auto& record : records) {
      EXPECT_EQ(record.fold, records.front().fold) << name;
      for (const int f : {kAnteriorMi, kInferiorMi, kLateralMi, kLbbb, kRbbb, kLvh}) {
        EXPECT_EQ(record.labels.at("synth")[static_cast<std::size_t>(f)],
                  records.front().labels.at("synth")[static_cast<std::size_t>(f)]);
      }
    }
  }
  EXPECT_GT(shared, 30);
  EXPECT_EQ(folds.size(), 10U);
  EXPECT_EQ(folds.begin()->first, 1);
  SyntheticOptions alone = options;
  alone.repeat_rate = 0;
  EXPECT_EQ(render(alone, 1).patient, "synth1-p000001");
}

TEST(SyntheticRender, NoSampleIsMissingAndValuesArePhysiological) {
  const SyntheticOptions options;
  for (std::int64_t i = 0; i < 100; ++i) {
    const auto record = render(options, i);
    EXPECT_EQ(record.scale_mv, 0.001F);
    for (const auto value : record.samples) {
      ASSERT_NE(value, kMissing);
      ASSERT_LT(std::abs(int{value}), 6500) << record.id;  // 6.5 mV
    }
  }
}

TEST(SyntheticRender, ShortAndLongRecordsKeepTheirLengthAndEctopy) {
  SyntheticOptions options;
  options.seconds = 2;
  for (std::int64_t i = 0; i < 300; ++i) {
    const auto record = render(options, i);
    ASSERT_EQ(record.samples.size(), 12U * 200U);
    if (!has(finding_set(options, i), kVentricularEctopy)) continue;
    const auto bytes = record.primary.size() / kFindings;
    int set = 0;
    for (std::size_t k = 0; k < bytes; ++k) set += record.primary[kVentricularEctopy * bytes + k];
    EXPECT_GT(set, 0) << "an ectopic beat outside the record is no finding: " << record.id;
  }
  options.seconds = 30;
  EXPECT_EQ(render(options, 0).samples.size(), 12U * 3000U);
}

TEST(SyntheticRender, OptionsOutOfRangeAreAllNamed) {
  SyntheticOptions options;
  options.rate_hz = 102;  // in the range, but a block of 250 ms would hold 25.5 samples
  options.seconds = 1;
  options.decoy_rate = 0.9;
  Problems problems;
  validate(options, problems);
  ASSERT_EQ(problems.list().size(), 3U);
  EXPECT_EQ(problems.list()[0].code, Code::out_of_range);
  Problems none;
  validate(SyntheticOptions{}, none);
  EXPECT_TRUE(none.empty());
}

TEST(SyntheticRender, OptionsAreFieldsOfAConfiguration) {
  SyntheticOptions options;
  FieldTable table(options);
  Problems problems;
  table.set_flag("rate_hz", "500", problems);
  table.set_flag("decoy_rate", "0.7", problems);
  EXPECT_EQ(options.rate_hz, 500);
  EXPECT_EQ(problems.list().size(), 1U);
}

}  // namespace
}  // namespace scar::data
