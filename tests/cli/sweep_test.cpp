// scar-eval sweep, through the program.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.h"
#include "support/small_model.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

class SweepWorld {
 public:
  static SweepWorld& get() {
    static SweepWorld world;
    return world;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> words(const std::string& run, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"sweep",
                                   path(run),
                                   "--data",
                                   path("store"),
                                   "--task",
                                   "synth",
                                   "--split",
                                   "train",
                                   "--threads=1",
                                   "--device=cpu",
                                   "--precision",
                                   "fp32",
                                   "--limit=60",
                                   "--allow-trained",
                                   "--seeds=2",
                                   "--rate=0.5",
                                   "--mode=lead",
                                   "--mode=joint",
                                   "--no-exhaustive",
                                   "--json",
                                   "--resamples",
                                   "100",
                                   "--max-positives=3",
                                   "--max-negatives=8"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  test::Outcome sweep(const std::string& run, const std::vector<std::string>& more = {}) const {
    return run_program("scar-eval", words(run, more));
  }
  fs::path cells(const std::string& run) const {
    for (const auto& entry : fs::directory_iterator(fs::path(path(run)) / "results")) {
      if (entry.is_directory()) return entry.path();
    }
    throw std::runtime_error("no sweep");
  }

 private:
  SweepWorld() {
    must(run_program("scar-prepare", {"synth", "--out", path("store"), "--records=160"}));
    for (const char* seed : {"1", "2"}) {
      auto words = test::small_model_arguments();
      words.insert(words.end(),
                   {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u", std::string("--seed=") + seed,
                    "--data.store", path("store"), "--run-dir", path(std::string("run") + seed)});
      must(run_program("scar-train", words));
    }
  }
  static void must(const test::Outcome& outcome) {
    if (outcome.status != 0) throw std::runtime_error(outcome.err);
  }
  test::TemporaryFolder folder_;
};

json without_command(json document) {
  document.erase("command");
  return document;
}

TEST(SweepProgram, GoesOnWithTheCellsThatAreMissingAndEndsTheSame) {
  auto& world = SweepWorld::get();
  const auto whole = world.sweep("run1");
  ASSERT_EQ(whole.status, 0) << whole.err;
  const auto document = json::parse(whole.out);
  const auto& rules = document.at("tasks")[0].at("sweep").at("rules");
  EXPECT_EQ(rules[0].at("rule"), "clean");
  EXPECT_EQ(rules[0].at("macro_auroc").at("value"), document.at("tasks")[0].at("clean").at("macro_auroc"));
  EXPECT_EQ(document.at("tasks")[0].at("critical").size(), 1u);
  EXPECT_EQ(document.at("cells").size(), 1 + 2 * 2 + 21 + 2u) << "clean, two modes, named sets, random-3";

  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(world.cells("run1"))) {
    if (entry.path().extension() == ".cell") files.push_back(entry.path());
  }
  EXPECT_EQ(files.size(), document.at("cells").size());
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i < files.size(); i += 3) fs::remove(files[i]);
  const auto again = world.sweep("run1");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(without_command(json::parse(again.out)), without_command(document));
}

TEST(SweepProgram, TwoSweepsUnderTheSameMasksAreComparable) {
  auto& world = SweepWorld::get();
  ASSERT_EQ(world.sweep("run1").status, 0);
  const auto second = world.sweep("run2", {"--masks-of", world.cells("run1").string()});
  ASSERT_EQ(second.status, 0) << second.err;
  const auto document = json::parse(second.out);
  const auto& critical = document.at("tasks")[0].at("critical");
  ASSERT_EQ(critical.size(), 2u) << "own and transferred";
  EXPECT_EQ(critical[0].at("critical").at("masks"), "own");
  EXPECT_EQ(critical[1].at("critical").at("masks"), "transferred");
  const auto compared = run_program(
      "scar-eval", {"compare", (world.cells("run1") / "synth.scores").string(),
                    (world.cells("run2") / "synth.scores").string(), "--resamples=100", "--threads=1", "--json"});
  ASSERT_EQ(compared.status, 0) << compared.err;
  EXPECT_GE(json::parse(compared.out).at("conditions").size(), 27u);
}

// All results of the run on one page, with ECGs.
TEST(ReportProgram, MakesOnePageOfARunsResults) {
  auto& world = SweepWorld::get();
  ASSERT_EQ(world.sweep("run1").status, 0);
  const auto outcome =
      run_program("scar-eval", {"report", world.path("run1"), "--data", world.path("store"), "--ecgs=1"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::ifstream file(fs::path(world.path("run1")) / "report.html");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find("Missing evidence: synth"), std::string::npos);
  EXPECT_NE(page.find("everything visible."), std::string::npos);
  EXPECT_NE(page.find("ecg-hatch"), std::string::npos) << "the same record under a mask";
  EXPECT_EQ(page.find("<script"), std::string::npos);
}

TEST(ReportProgram, SaysWhatToRunWhereThereAreNoResults) {
  auto& world = SweepWorld::get();
  const auto outcome = run_program("scar-eval", {"report", world.path("run2"), "--results", world.path("nowhere")});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("scar-eval zeroshot"), std::string::npos) << outcome.err;
  const auto contradiction = run_program("scar-eval", {"report", world.path("run1"), "--record=x"});
  EXPECT_EQ(contradiction.status, 2) << contradiction.err;
}

TEST(SweepProgram, SaysWhatIsWrongBeforeItBegins) {
  auto& world = SweepWorld::get();
  const auto expect_refused = [&](const std::vector<std::string>& more, const std::string& says) {
    const auto outcome = world.sweep("run1", more);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  };
  expect_refused({"--rate=1.5"}, "--rate");
  expect_refused({"--mode=clinical"}, "clinical");
  expect_refused({"--seeds=0"}, "--seeds");
  expect_refused({"--task=synth"}, "twice");
  expect_refused({"--structure=bones"}, "bones");
  const auto outcome = world.sweep("run1", {"--masks-of", world.path("nowhere")});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("--masks-of"), std::string::npos) << outcome.err;
}

TEST(SweepProgram, StopsWithinAnAttackAndGoesOnWithIt) {
  auto& world = SweepWorld::get();
  const std::vector<std::string> words = {"--limit=120", "--seed=5", "--max-positives=100", "--structure=tokens"};
  test::TemporaryFolder folder;
  auto logged = words;
  logged.insert(logged.end(), {"--log-file", (folder / "log").string()});
  test::Program program("scar-eval", world.words("run1", logged));
  const auto attacks = [&] {
    std::ifstream in(folder / "log");
    return std::string(std::istreambuf_iterator<char>(in), {}).find("critical tokens:") != std::string::npos;
  };
  for (int i = 0; i < 3000 && !attacks(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  program.signal(SIGTERM);
  const auto outcome = program.wait();
  EXPECT_EQ(outcome.status, 75) << outcome.err;
  EXPECT_NE(outcome.err.find("the attack, that was interrupted"), std::string::npos) << outcome.err;
  const auto again = world.sweep("run1", words);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("28 are there; to encode: 0 tokens"), std::string::npos) << again.err;
}

}  // namespace
}  // namespace scar
