#include "scar/evaluation/enrichment.h"

#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "scar/data/synthetic/evidence.h"
#include "scar/tensor/generator.h"

namespace scar::evaluation {
namespace {

constexpr std::int64_t kRecords = 300, kPatches = 20, kTokens = 12 * kPatches;

struct Case {
  at::Tensor visible = at::ones({kRecords, kTokens}, at::kBool), evidence;
  at::Generator generator = tensor::make_cpu_generator(7);

  explicit Case(double share) { evidence = at::empty({kRecords, kTokens}).uniform_(0, 1, generator) < share; }
  [[nodiscard]] RemovedEvidence remove(const at::Tensor& scores, double rate, model::Structure structure) const {
    return remove_evidence(scores, visible, evidence, rate, structure, 4);
  }
  [[nodiscard]] at::Tensor noise() { return at::empty({kRecords, kTokens}).uniform_(0, 1, generator); }
};

std::pair<double, double> mean_and_error(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double square = 0;
  for (const double value : values) square += (value - mean) * (value - mean);
  const auto n = static_cast<double>(values.size());
  return {mean, std::sqrt(square / (n - 1) / n)};
}

TEST(Enrichment, OfRandomScoresIsOneInEveryStructure) {
  Case some(.3);
  for (const auto structure : kStructures) {
    for (const double rate : {.1, .3, .5}) {
      const auto [mean, error] = mean_and_error(some.remove(some.noise(), rate, structure).enrichment);
      EXPECT_NEAR(mean, 1, 4 * error) << model::structure_name(structure) << rate;
      EXPECT_LT(error, .1);
    }
  }
}

TEST(Enrichment, OfTheEvidenceItselfIsTheCeiling) {
  for (const double share : {.05, .3, .8}) {
    const Case some(share);
    for (const double rate : {.1, .5}) {
      const auto removed = some.remove(some.evidence, rate, model::Structure::free);
      for (std::size_t i = 0; i < removed.enrichment.size(); ++i)
        EXPECT_NEAR(removed.enrichment[i], removed.ceiling[i], 1e-12);
      const double evidence = some.evidence[0].sum().item<double>() / kTokens;
      EXPECT_NEAR(removed.ceiling[0], std::min(1 / rate, 1 / evidence), 1e-9);
    }
  }
}

TEST(Enrichment, OfScoresThatSpareTheEvidenceIsZero) {
  const Case some(.3);
  const auto removed = some.remove(some.evidence.logical_not(), .5, model::Structure::free);
  EXPECT_EQ(removed.enrichment, std::vector<double>(kRecords, 0.0));
}

TEST(Enrichment, WholeLeadsGoByTheSumOfTheirTokens) {
  Case one(.1);
  one.evidence = at::zeros({1, 12, kPatches}, at::kBool);
  one.evidence[0][3] = true;  // all of aVR
  one.evidence = one.evidence.view({1, kTokens});
  one.visible = at::ones({1, kTokens}, at::kBool);
  auto scores = at::zeros({1, 12, kPatches});
  scores[0][3] = .5;
  scores[0][7][4] = 1;  // the single largest token is elsewhere
  const auto removed = one.remove(scores.view({1, kTokens}), .1, model::Structure::lead);
  EXPECT_DOUBLE_EQ(removed.enrichment[0], 12);  // one lead of twelve, and the right one
  EXPECT_DOUBLE_EQ(removed.ceiling[0], 12);
}

TEST(Enrichment, OfNothingRemovedOrNothingToFindIsNotANumber) {
  Case some(.3);
  EXPECT_TRUE(std::isnan(some.remove(some.noise(), .001, model::Structure::free).enrichment[0]));
  some.evidence.zero_();
  EXPECT_TRUE(std::isnan(some.remove(some.noise(), .5, model::Structure::free).enrichment[0]));
}

TEST(Enrichment, EvidenceOutOfSightDoesNotCount) {
  Case one(.1);
  one.visible = at::ones({1, kTokens}, at::kBool);
  one.evidence = at::zeros({1, kTokens}, at::kBool);
  one.evidence[0][0] = one.evidence[0][1] = true;
  one.visible[0][0] = false;
  auto scores = at::zeros({1, kTokens});
  scores[0][1] = 1;
  const auto removed = one.remove(scores, .1, model::Structure::free);
  EXPECT_NEAR(removed.enrichment[0], (kTokens - 1) / 24.0, 1e-12);
}

TEST(Enrichment, ATokenCarriesTheEvidenceOfEveryUnitThatItTouches) {
  std::vector<std::uint8_t> bitmap(6, 0);  // 12 leads of 4 blocks of 25 samples
  data::set_unit(bitmap.data(), 4, 2, 1);  // samples 25 to 49 of lead III
  const auto whole = evidence_tokens(bitmap.data(), 4, 25, 25);
  ASSERT_EQ(whole.size(), 48u);
  EXPECT_EQ(std::accumulate(whole.begin(), whole.end(), 0), 1);
  EXPECT_EQ(whole[2 * 4 + 1], 1);
  const auto straddling = evidence_tokens(bitmap.data(), 4, 25, 10);  // tokens 20-29, 30-39, 40-49
  EXPECT_EQ(std::accumulate(straddling.begin(), straddling.end(), 0), 3);
  for (const std::size_t token : {2, 3, 4}) EXPECT_EQ(straddling[2 * 10 + token], 1);
}

}  // namespace
}  // namespace scar::evaluation
