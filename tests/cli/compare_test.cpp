// scar-eval zeroshot --save-scores and scar-eval compare, through the program.
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

/// A store, two methods with two seeds each, and their files of scores.
class World {
 public:
  static World& get() {
    static World world;
    return world;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  test::Outcome score(const std::string& run, const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"zeroshot",    path(run),         "--data",        path("store"),
                                   "--task",      "synth",           "--split",       "train",
                                   "--threads=1", "--device=cpu",    "--precision",   "fp32",
                                   "--limit=60",  "--allow-trained", "--save-scores", path(file)};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
  test::Outcome compare(std::vector<std::string> words) const {
    for (auto& word : words) {
      if (word.ends_with(".scores")) word = path(word);
    }
    words.insert(words.begin(), {"compare", "--threads=1", "--resamples=200"});
    return run_program("scar-eval", words);
  }

 private:
  World() {
    must(run_program("scar-prepare", {"synth", "--out", path("store"), "--records=160"}));
    for (const auto& [method, rate] : {std::pair{"a", "3e-3"}, std::pair{"b", "1e-5"}}) {
      for (const char* seed : {"1", "2"}) {
        const auto name = std::string(method) + seed;
        auto words = test::small_model_arguments();
        words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u",
                                   std::string("--train.learning_rate=") + rate, std::string("--seed=") + seed,
                                   "--data.store", path("store"), "--run-dir", path(name)});
        must(run_program("scar-train", words));
        must(score(name, name + ".scores",
                   {"--mask=joint:0.5", "--mask=critical:0.5", "--max-positives=4", "--max-negatives=10"}));
      }
    }
  }
  static void must(const test::Outcome& outcome) {
    if (outcome.status != 0) throw std::runtime_error(outcome.err);
  }
  test::TemporaryFolder folder_;
};

const json& condition(const json& document, const std::string& name) {
  for (const auto& row : document.at("conditions")) {
    if (row.at("condition") == name) return row;
  }
  throw std::runtime_error("no condition " + name);
}

void expect_refused(const test::Outcome& outcome, int status, const std::vector<std::string>& says) {
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_TRUE(outcome.out.empty()) << outcome.out;
  for (const auto& text : says) EXPECT_NE(outcome.err.find(text), std::string::npos) << text << " in " << outcome.err;
}

TEST(Compare, TwoMethodsOverTwoSeeds) {
  auto& world = World::get();
  const auto outcome =
      world.compare({"--a", "a1.scores", "a2.scores", "--b", "b1.scores", "b2.scores", "--endpoint", "clean",
                     "--endpoint", "critical:0.5", "--out", world.path("result.json"), "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = json::parse(outcome.out);
  EXPECT_EQ(json::parse(std::ifstream(world.path("result.json"))), document);
  EXPECT_EQ(document.at("n_seeds"), 2);
  EXPECT_EQ(document.at("a")[1].at("seed"), 2);
  EXPECT_EQ(document.at("conditions").size(), 4u)
      << "clean, joint, critical and random; the stage at .25 was not asked for";
  const auto& clean = condition(document, "clean");
  EXPECT_EQ(clean.at("n_records"), 60);
  EXPECT_FALSE(clean.at("over_seeds").is_null());
  EXPECT_FALSE(clean.at("over_patients").is_null());
  EXPECT_TRUE(condition(document, "joint:0.5").at("holm_p").is_null());
  EXPECT_GE(condition(document, "critical:0.5").at("holm_p").get<double>(),
            condition(document, "critical:0.5").at("taken").at("p").get<double>());
}

TEST(Compare, TablesAreForPeopleAndAModelEqualsItself) {
  auto& world = World::get();
  const auto outcome = world.compare({"a1.scores", "a1.scores"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const char* text : {"critical:0.5", "95 % interval", "Holm p", "+0.0000..+0.0000", "patients", "1.0000"}) {
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << " in " << outcome.out;
  }
}

TEST(Compare, AnEvaluationGivesIntervalsToItsOwnFigures) {
  auto& world = World::get();
  const auto outcome = world.score("a1", "again.scores", {"--mask=joint:0.5", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = json::parse(outcome.out);
  const auto& clean = document.at("ci95").at("figures").at("clean").at("ci95");
  const auto value = document.at("conditions")[0].at("score").at("macro_auroc").get<double>();
  EXPECT_LT(clean[0].get<double>(), value);
  EXPECT_GT(clean[1].get<double>(), value);
  const auto compared = world.compare({"again.scores", "a1.scores", "--json"});
  ASSERT_EQ(compared.status, 0) << compared.err;
  EXPECT_EQ(condition(json::parse(compared.out), "clean").at("a"), value);
  EXPECT_FALSE(json::parse(compared.out).at("not_in_all_files").empty());
}

TEST(Compare, RefusesWhatCannotBeCompared) {
  auto& world = World::get();
  ASSERT_EQ(world.score("b1", "fewer.scores", {"--limit=50"}).status, 0);
  expect_refused(world.compare({"a1.scores", "fewer.scores"}), 3,
                 {"error[E3109]", "records", world.path("a1.scores"), world.path("fewer.scores")});
  ASSERT_EQ(world.score("b1", "other-masks.scores", {"--mask=joint:0.5", "--seed=5"}).status, 0);
  expect_refused(world.compare({"a1.scores", "other-masks.scores"}), 3, {"masks under joint:0.5"});
  ASSERT_EQ(world.score("b1", "sample.scores", {"--mask=critical:0.5", "--max-positives=3"}).status, 0);
  expect_refused(world.compare({"a1.scores", "sample.scores"}), 3, {"sampled positives and negatives"});
  expect_refused(world.compare({"--a", "a1.scores", "a2.scores", "--b", "b2.scores", "b1.scores"}), 2, {"seed"});
  expect_refused(world.compare({"--a", "a1.scores", "a2.scores", "--b", "b1.scores"}), 2, {"2 and 1"});
  expect_refused(world.compare({"--a", "a1.scores", "a1.scores", "--b", "b1.scores", "b2.scores"}), 2, {"twice"});
  expect_refused(world.compare({"a1.scores"}), 2, {"A B"});
  expect_refused(world.compare({"a1.scores", "b1.scores", "--endpoint=cmrs"}), 2, {"'cmrs'", "clean"});
  expect_refused(world.compare({"a1.scores", "gone.scores"}), 3, {"gone.scores"});
  expect_refused(world.compare({"a1.scores", "b1.scores", "--resamples=1"}), 2, {"--resamples"});
}

TEST(Compare, FilesOfOtherKindsAreRefused) {
  auto& world = World::get();
  std::ofstream(world.path("text.scores")) << "no scores";
  expect_refused(world.compare({"a1.scores", "text.scores"}), 3, {"E3002", "text.scores"});
  for (const auto& entry : fs::recursive_directory_iterator(world.path("a1"))) {
    if (entry.path().filename() != "model.safetensors") continue;
    fs::copy_file(entry.path(), world.path("weights.scores"), fs::copy_options::overwrite_existing);
  }
  expect_refused(world.compare({"a1.scores", "weights.scores"}), 3, {"E3002", "something else"});
  fs::copy_file(world.path("a1.scores"), world.path("short.scores"), fs::copy_options::overwrite_existing);
  fs::resize_file(world.path("short.scores"), fs::file_size(world.path("short.scores")) - 9);
  expect_refused(world.compare({"a1.scores", "short.scores"}), 3, {"E3002", "short.scores"});
}

TEST(Compare, AFolderThatIsNotThereIsSaidBeforeAnythingIsComputed) {
  expect_refused(World::get().score("a1", "nowhere/x.scores"), 3, {"--save-scores", "mkdir"});
}

}  // namespace
}  // namespace scar
