#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "support/program.h"
#include "support/small_model.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::Program;

constexpr int kUpdates = 40;

/// A run of 40 updates of 16 records on one thread, with everything switched on: dropout, spans, masker, selector.
std::vector<std::string> line(const fs::path& run, std::vector<std::string> more = {}) {
  auto words = test::small_model_arguments();
  words.insert(words.end(),
               {"--run-dir", run.string(), "--data.synthetic.records=300", "--model.text.max_tokens=48",
                "--model.text.dropout=0.2", "--game.warmup_steps=5", "--train.duration=40u", "--train.warmup=5u",
                "--train.validate_every=10u", "--train.save_every=10u", "--train.log_every=1", "--train.keep=9"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// metrics.jsonl without what depends on the clock.
std::vector<std::string> metrics(const fs::path& run) {
  std::vector<std::string> lines;
  std::ifstream in(run / "metrics.jsonl");
  for (std::string text; std::getline(in, text);) {
    auto json = Json::parse(text);
    for (const char* name : {"t", "wait_ms", "step_ms", "took_ms", "records_per_s"}) json.erase(name);
    lines.push_back(json.dump());
  }
  return lines;
}

std::string weights(const fs::path& run) {
  return sha256_file(run / "checkpoints" / "step-00000040" / "model.safetensors");
}

std::size_t count_lines(const fs::path& path) {
  std::ifstream in(path);
  std::size_t n = 0;
  for (std::string text; std::getline(in, text);) ++n;
  return n;
}

void wait_for_lines(Program& program, const fs::path& run, std::size_t lines) {
  for (int i = 0; i < 6000 && program.running() && count_lines(run / "metrics.jsonl") < lines; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

class Resume : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    const auto outcome = test::run_program("scar-train", line(*folder_ / "straight"));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  static void TearDownTestSuite() { delete folder_; }
  static fs::path at(const char* name) { return *folder_ / name; }
  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Resume::folder_ = nullptr;

TEST_F(Resume, ARunThatIsToldToStopGoesOnBitForBit) {
  const auto run = at("stopped");
  {
    Program program("scar-train", line(run));
    wait_for_lines(program, run, 16);  // between two checkpoints
    program.signal(SIGTERM);
    const auto outcome = program.wait();
    ASSERT_EQ(outcome.status, 75) << outcome.err;
    ASSERT_LT(count_lines(run / "metrics.jsonl"), static_cast<std::size_t>(kUpdates));
  }
  const auto outcome = test::run_program("scar-train", line(run, {"--resume=must"}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(metrics(run), metrics(at("straight")));
  EXPECT_EQ(weights(run), weights(at("straight")));
}

TEST_F(Resume, AKilledRunGoesOnBitForBitFromItsLastCheckpoint) {
  const auto run = at("killed");
  for (const std::size_t lines : {13u, 27u}) {
    Program program("scar-train", line(run));
    wait_for_lines(program, run, lines);
    program.signal(SIGKILL);
    ASSERT_EQ(program.wait().status, 128 + SIGKILL);
  }
  const auto outcome = test::run_program("scar-train", line(run));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(metrics(run), metrics(at("straight")));
  EXPECT_EQ(weights(run), weights(at("straight")));
}

TEST_F(Resume, AColdStartFromTheMiddleEndsElsewhere) {
  // If this run ended like the straight one, the tests above would prove nothing.
  const auto run = at("cold");
  const auto middle = (at("straight") / "checkpoints" / "step-00000020").string();
  const auto outcome = test::run_program("scar-train", line(run, {"--init-from", middle}));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(weights(run), weights(at("straight")));
}

TEST_F(Resume, AFinishedRunStaysAsItIs) {
  const auto before = weights(at("straight"));
  const auto outcome = test::run_program("scar-train", line(at("straight")));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("finished"), std::string::npos);
  EXPECT_EQ(weights(at("straight")), before);
}

TEST_F(Resume, ADamagedCheckpointIsPassedOverByName) {
  const auto run = at("damaged");
  fs::copy(at("straight"), run, fs::copy_options::recursive);
  fs::resize_file(run / "checkpoints" / "step-00000040" / "model.safetensors", 64);
  const auto outcome = test::run_program("scar-train", line(run, {"--data.store", (at("straight") / "data").string()}));
  EXPECT_EQ(outcome.status, 4) << "another store path is another config";
  const auto again = test::run_program("scar-train", line(run));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("passed over"), std::string::npos);
  EXPECT_EQ(weights(run), weights(at("straight")));
}

TEST_F(Resume, WhatDecidesTheNumbersMayNotChange) {
  for (const char* change : {"--seed=2", "--train.learning_rate=1e-4", "--threads=2", "--game.masking=random"}) {
    const auto outcome = test::run_program("scar-train", line(at("straight"), {change}));
    EXPECT_EQ(outcome.status, 4) << change << outcome.err;
    EXPECT_NE(outcome.err.find("--allow-changed"), std::string::npos) << change;
  }
  const auto outcome = test::run_program("scar-train", line(at("straight"), {"--train.keep=3"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Resume, ANewRunWantsAnEmptyFolderIfToldSo) {
  EXPECT_EQ(test::run_program("scar-train", line(at("straight"), {"--resume=never"})).status, 2);
  EXPECT_EQ(test::run_program("scar-train", line(at("nothing-here"), {"--resume=must"})).status, 4);
}

TEST_F(Resume, AnotherVocabularyIsRefused) {
  const auto run = at("vocabulary");
  fs::copy(at("straight"), run, fs::copy_options::recursive);
  // A vocabulary that loads, but is another one.
  const auto other = at("other");
  auto words = line(other, {"--text.tokenizer.type=bpe"});
  ASSERT_EQ(test::run_program("scar-train", words).status, 0);
  fs::copy_file(other / "vocabulary.model", run / "vocabulary.model", fs::copy_options::overwrite_existing);
  const auto outcome = test::run_program("scar-train", line(run));
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  EXPECT_NE(outcome.err.find("E4203"), std::string::npos) << outcome.err;
}

TEST_F(Resume, ALockedRunIsLeftAlone) {
  const FileLock lock(at("straight") / "lock");
  const auto outcome = test::run_program("scar-train", line(at("straight")));
  EXPECT_EQ(outcome.status, 6);
  EXPECT_NE(outcome.err.find("process"), std::string::npos);
}

}  // namespace
}  // namespace scar
