#include "scar/ingest/prepared_signal.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <nlohmann/json.hpp>

#include "scar/data/ecg_record.h"
#include "scar/data/store/signal_form.h"
#include "support/small_store.h"

namespace scar::ingest {
namespace {

EcgSamples record(std::int64_t samples) {
  EcgSamples ecg;
  ecg.rate_hz = 100;
  ecg.samples = samples;
  for (std::int64_t i = 0; i < 12 * samples; ++i) ecg.values.push_back(static_cast<std::int16_t>(i * 37 % 501 - 250));
  return ecg;
}

TEST(PreparedSignal, IsUntouchedWhereItHasTheFormAlready) {
  const auto before = record(200);
  const auto after = prepare_signal(before, 100, 2, {}, "r");
  EXPECT_EQ(after.ecg.values, before.values);
  EXPECT_FALSE(after.flat || after.changes.resampled || after.changes.cropped || after.changes.padded);
}

TEST(PreparedSignal, HasRateAndLengthOfTheStoreAndTheLeadsAskedFor) {
  auto short_one = record(150);
  std::fill(short_one.values.begin() + 2 * 150, short_one.values.begin() + 3 * 150, data::kMissing);
  ProcessingOptions processing;
  processing.derive_leads = true;
  const auto after = prepare_signal(short_one, 200, 2, processing, "r");
  EXPECT_EQ(after.ecg.samples, 400);
  EXPECT_EQ(after.ecg.rate_hz, 200);
  EXPECT_TRUE(after.changes.resampled && after.changes.padded);
  EXPECT_EQ(after.derived, (std::array<std::uint8_t, 4>{1, 0, 0, 0}));
  EXPECT_NE(after.ecg.values[2 * 400 + 10], data::kMissing);
  EXPECT_EQ(after.ecg.values[399], data::kMissing);
}

TEST(SignalForm, IsThatOfTheStoreAndComesBackFromJson) {
  auto info = test::small_info();
  EXPECT_EQ(data::signal_form(info), (data::SignalForm{100, 200, 0, 0, false}));
  info.provenance_json = R"({"high_pass_hz": 0.5, "derive_leads": "III from I and II"})";
  const auto form = data::signal_form(info);
  EXPECT_EQ(form, (data::SignalForm{100, 200, .5, 0, true}));
  EXPECT_EQ(form.seconds(), 2);
  EXPECT_EQ(data::parse_signal_form(data::to_json(form), "run.json"), form);
  for (const char* text : {"{}", "[]", R"({"rate_hz": 0, "samples": 5, "high_pass_hz": 0, "notch_hz": 0,
                                          "derive_leads": false})"}) {
    EXPECT_EQ(test::thrown_code([&] { (void)data::parse_signal_form(parse_json(text, "run.json", 1000), "run.json"); }),
              Code::manifest_invalid);
  }
}

}  // namespace
}  // namespace scar::ingest
