#include "scar/evaluation/lead_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "synthetic_model.h"

namespace scar::evaluation {
namespace {

/// Spikes every 80 samples at 100 Hz, 75 beats a minute, on a level of .2 mV.
std::vector<float> spikes(std::int64_t n) {
  std::vector<float> out(static_cast<std::size_t>(n), .2F);
  for (std::int64_t i = 40; i < n; i += 80) out[static_cast<std::size_t>(i)] = 1.2F;
  return out;
}

TEST(LeadFigures, AreThoseOfTheVisibleSamples) {
  const auto lead = spikes(1000);
  std::vector<std::uint8_t> visible(20, 1);
  std::array<float, 7> all{}, some{}, none{};
  lead_figures(lead.data(), visible.data(), 1000, 50, 100, all.data());
  EXPECT_EQ(all[0], 1);
  EXPECT_NEAR(all[1], .2 + 12 / 1000.0, 1e-6);
  EXPECT_NEAR(all[2], std::sqrt(12 / 1000.0 * (1 - 12 / 1000.0)), 1e-6);
  EXPECT_FLOAT_EQ(all[3], .2F);
  EXPECT_FLOAT_EQ(all[4], 1.2F);
  EXPECT_NEAR(all[5], 24 * 100 / 999.0, 1e-3);
  EXPECT_NEAR(all[6], 1.25, 1e-6) << "75 beats a minute";

  auto changed = lead;
  for (std::int64_t i = 300; i < 400; ++i) changed[static_cast<std::size_t>(i)] = -9;
  visible[6] = visible[7] = 0;
  lead_figures(changed.data(), visible.data(), 1000, 50, 100, some.data());
  EXPECT_FLOAT_EQ(some[3], .2F) << "what is not visible is not read";
  EXPECT_NEAR(some[6], 1.25, 1e-6);

  lead_figures(lead.data(), std::vector<std::uint8_t>(20, 0).data(), 1000, 50, 100, none.data());
  for (const float figure : none) EXPECT_EQ(figure, 0);
}

class LeadStatistics : public SyntheticModel {};

TEST_F(LeadStatistics, DoNotDependOnTheBatchAndKnowWhichLeadsAreThere) {
  EmbedOptions one, many;
  one.batch = 1;
  many.batch = 32;
  const auto a = lead_statistics(store_, records_, 25, one), b = lead_statistics(store_, records_, 25, many);
  EXPECT_EQ(a.features.sizes(), (at::IntArrayRef{80, 84}));
  EXPECT_TRUE(at::equal(a.features, b.features));
  EXPECT_TRUE(at::isfinite(a.features).all().item<bool>());
  const auto without = lead_statistics(store_, records_, 25, many, [](std::int64_t, std::uint8_t* visible) {
    std::fill(visible + 8, visible + 16, std::uint8_t{0});  // lead II
  });
  EXPECT_EQ(without.features.narrow(1, 7, 7).abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(without.features.narrow(1, 14, 70), b.features.narrow(1, 14, 70)));
}

}  // namespace
}  // namespace scar::evaluation
