// scar-eval evidence and curves through the program, on a run whose tokens are 250 ms.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/program.h"
#include "support/small_model.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

class EvidenceProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    auto outcome = run_program("scar-prepare", {"synth", "--out", store(), "--records=200", "--seconds=2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    train("short", {"--model.ecg.patch_samples=25"});
    train("bare", {"--model.ecg.patch_samples=25", "--game.masking=random", "--model.selector.kind=mean",
                   "--objective.selector_weight=0"});
    train("long", {"--model.ecg.patch_samples=50"});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static void train(const std::string& name, const std::vector<std::string>& more) {
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u",
                               "--data.store=" + store(), "--run-dir", run(name)});
    words.insert(words.end(), more.begin(), more.end());
    const auto outcome = run_program("scar-train", words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  static std::string store() { return (folder_->path() / "store").string(); }
  static std::string run(const std::string& name) { return (folder_->path() / name).string(); }
  static test::Outcome eval(const std::string& verb, const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words{verb,           run(name),    "--data", store(), "--precision=fp32",
                                   "--device=cpu", "--threads=1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
  static inline test::TemporaryFolder* folder_ = nullptr;
};

TEST_F(EvidenceProgram, ScoresOfTwoRunsAreCompared) {
  const auto a = (folder_->path() / "a.scores").string(), b = (folder_->path() / "b.scores").string();
  for (const auto& [name, file] : {std::pair{"short", a}, std::pair{"bare", b}}) {
    const auto outcome = eval("evidence", name, {"--rate=0.25", "--save-scores", file});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  auto outcome = run_program("scar-eval", {"compare", a, b, "--endpoint", "primary_removed", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto result = json::parse(outcome.out);
  std::vector<std::string> names;
  for (const auto& row : result.at("conditions")) names.push_back(row.at("condition"));
  EXPECT_EQ(names, (std::vector<std::string>{"clean", "primary_removed", "secondary_removed"}));
  for (const auto& row : result.at("conditions")) {
    const double difference = row.at("a").get<double>() - row.at("b").get<double>();
    EXPECT_NEAR(row.at("difference").get<double>(), difference, 1e-12) << row.dump();
  }

  const auto other = (folder_->path() / "c.scores").string();
  outcome = eval("evidence", "short", {"--rate=0.25", "--limit=20", "--save-scores", other});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  outcome = run_program("scar-eval", {"compare", a, other});
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.err.find("records and patients"), std::string::npos) << outcome.err;
}

TEST_F(EvidenceProgram, MeasuresEnrichmentAndTwins) {
  const auto scores = (folder_->path() / "scores.safetensors").string();
  const auto outcome = eval("evidence", "short", {"--json", "--rate=0.25", "--save-scores", scores});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto result = json::parse(outcome.out);
  EXPECT_EQ(result.at("kind"), "evidence");
  EXPECT_EQ(result.at("token_ms"), 250);
  EXPECT_EQ(result.at("leak"), false);
  for (const auto* weights : {"selector", "reweight", "masked", "clean"}) {
    // Fresh weights are nearly level, and so are targets of similarities that say nothing.
    const double ratio = result.at("secondary_weight").at(weights).at("macro");
    EXPECT_GT(ratio, 0.3) << weights;
    EXPECT_LT(ratio, 3.0) << weights;
  }
  EXPECT_EQ(result.at("oracle").at("largest_difference_without_evidence"), 0.0);
  EXPECT_EQ(result.at("oracle").at("macro").at("all_removed"), .5);
  ASSERT_EQ(result.at("enrichment").at("rows").size(), 3u);
  const auto& free = result.at("enrichment").at("rows")[0];
  EXPECT_TRUE(free.at("masker").at("macro").is_number());
  EXPECT_NEAR(free.at("attainable").at("macro").get<double>(), free.at("ceiling").at("macro").get<double>(), 1e-9);
  EXPECT_TRUE(fs::exists(scores));
  bool written = false;
  for (const auto& entry : fs::directory_iterator(run("short") + "/results"))
    written = written || entry.path().filename().string().starts_with("evidence-synth-test-");
  EXPECT_TRUE(written);
  const auto again = eval("evidence", "short", {"--json", "--rate=0.25", "--batch=5"});
  EXPECT_EQ(json::parse(again.out).at("oracle").at("findings"), result.at("oracle").at("findings"));
}

TEST_F(EvidenceProgram, ATableSaysWhatARunDoesNotHave) {
  const auto outcome = eval("evidence", "bare", {"--split=validation"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("masker: this run trained none"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("selector: none"), std::string::npos) << outcome.out;
}

TEST_F(EvidenceProgram, CurvesAreComparedWithRandomOrder) {
  const std::vector<std::string> words = {"--task=synth", "--max-positives=3", "--random-orders=2"};
  auto with_json = words;
  with_json.emplace_back("--json");
  const auto outcome = eval("curves", "long", with_json);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto result = json::parse(outcome.out);
  EXPECT_EQ(result.at("kind"), "curves");
  const auto& curves = result.at("curves");
  EXPECT_EQ(curves.at("classes").size(), 12u);
  EXPECT_EQ(curves.at("curves").at("selector").at("deletion").size(), 12u);
  EXPECT_TRUE(curves.at("deletion").at("selector").at("beats_random").is_boolean());
  EXPECT_TRUE(curves.at("insertion").at("saliency").at("minus_random").is_number());
  const auto bare = eval("curves", "bare", words);
  ASSERT_EQ(bare.status, 0) << bare.err;
  EXPECT_NE(bare.out.find("selector: none"), std::string::npos) << bare.out;
}

TEST_F(EvidenceProgram, BadInputEndsInOneClearMessage) {
  struct Case {
    std::string verb, run;
    std::vector<std::string> more;
    int status;
    const char* says;
  };
  const Case cases[] = {
      {"evidence", "long", {}, 3, "at most 250 ms"},
      {"evidence", "short", {"--rate=1"}, 2, "--rate"},
      {"evidence", "short", {"--rate=half"}, 2, "half"},
      {"evidence", "short", {"--limit=-1"}, 2, "--limit"},
      {"evidence", "short", {"--split=train"}, 3, "--allow-trained"},
      {"evidence", "short", {"--save-scores=/nowhere/x"}, 3, "/nowhere"},
      {"curves", "short", {}, 2, "--task"},
      {"curves", "short", {"--task=sinth"}, 3, "synth"},
      {"curves", "short", {"--task=synth", "--max-positives=0"}, 2, "--max-positives"},
      {"curves", "short", {"--task=synth", "--random-orders=0"}, 2, "--random-orders"},
      {"curves", "short", {"--task=synth", "--split=train"}, 3, "--allow-trained"},
  };
  for (const auto& one : cases) {
    const auto outcome = eval(one.verb, one.run, one.more);
    EXPECT_EQ(outcome.status, one.status) << outcome.err;
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace scar
