#include "scar/evaluation/calibration_file.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::evaluation {
namespace {

const ScoreTable kScores{{"common", "absent"}, 4, {.1, .1, .2, .2, .3, .3, .4, .4}, {0, 0, 1, 0, 0, 0, 1, 0}};

Calibration fitted() { return {"task", "weights", "prompts", fit_classes(kScores)}; }

TEST(CalibrationFile, ComesBackAsItWasWritten) {
  const test::TemporaryFolder folder;
  const auto written = fitted();
  auto document = calibration_json(written);
  document["split"] = "validation";  // where it comes from is not read
  write_file_atomically(folder / "c.json", document.dump(2));
  const auto read = load_calibration(folder / "c.json");
  EXPECT_EQ(calibration_json(read), calibration_json(written));
  EXPECT_EQ(read.probability("common", .25), written.probability("common", .25));
  EXPECT_NO_THROW(check_calibration(read, "c.json", "task", "weights", "prompts"));
}

TEST(CalibrationFile, AClassWithoutPositivesHasNoProbability) {
  const auto calibration = fitted();
  EXPECT_FALSE(calibration.classes[1].curve);
  EXPECT_FALSE(calibration.probability("absent", .1));
  EXPECT_FALSE(calibration.probability("unknown", .1));
  const auto table = calibrated(calibration, kScores);
  EXPECT_TRUE(std::isnan(table.scores[1]));
  EXPECT_LT(table.scores[0], table.scores[2]);
}

TEST(CalibrationFile, BelongsToItsModelPromptsAndTask) {
  const auto calibration = fitted();
  const auto code = [&](const char* task, const char* weights, const char* prompts) {
    return test::thrown_code([&] { check_calibration(calibration, "c.json", task, weights, prompts); });
  };
  EXPECT_EQ(code("other", "weights", "prompts"), Code::store_mismatch);
  EXPECT_EQ(code("task", "other", "prompts"), Code::store_mismatch);
  EXPECT_EQ(code("task", "weights", "other"), Code::store_mismatch);
}

TEST(CalibrationFile, AnythingElseIsRefused) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    write_file_atomically(folder / "c.json", text);
    return test::thrown_code([&] { (void)load_calibration(folder / "c.json"); }) == Code::data_unreadable;
  };
  const auto changed = [](const auto& change) {
    auto document = calibration_json(fitted());
    change(document);
    return document.dump();
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused(changed([](Json& d) { d["version"] = 2; })));
  EXPECT_TRUE(refused(changed([](Json& d) { d["classes"] = 3; })));
  EXPECT_TRUE(refused(changed([](Json& d) { d["classes"][0]["slope"] = nullptr; })));
  EXPECT_TRUE(refused(changed([](Json& d) { d["classes"][0]["slope"] = "1"; })));
  EXPECT_TRUE(refused(changed([](Json& d) { d["classes"][0]["positives"] = 5; })));
  EXPECT_TRUE(refused(changed([](Json& d) { d["classes"][1]["class"] = "common"; })));
  EXPECT_TRUE(refused(R"({"format": "scar-calibration", "version": 1, "task": "t", "weights_sha256": "w",
                          "prompts_sha256": "p", "classes": [{"class": "a", "slope": 1e999, "intercept": 0,
                          "n": 2, "positives": 1}]})"));
}

}  // namespace
}  // namespace scar::evaluation
