// The verbs of scar-probe through the program, on a small synthetic store.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "scar/core/hash.h"
#include "support/program.h"
#include "support/small_model.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

class ProbeProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    auto outcome = run_program("scar-prepare", {"synth", "--out", store(), "--records=400", "--seconds=2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u",
                               "--model.ecg.patch_samples=25", "--data.store=" + store(), "--run-dir", run()});
    outcome = run_program("scar-train", words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string store() { return (folder_->path() / "store").string(); }
  static std::string run() { return (folder_->path() / "run").string(); }
  static std::vector<std::string> words(const std::string& verb, const std::vector<std::string>& more) {
    std::vector<std::string> out{verb,           run(),        "--data", store(), "--task=synth", "--precision=fp32",
                                 "--device=cpu", "--threads=1"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  static test::Outcome probe(const std::string& verb, const std::vector<std::string>& more) {
    return run_program("scar-probe", words(verb, more));
  }
  static json result_of(const std::string& verb, std::vector<std::string> more) {
    more.emplace_back("--json");
    const auto outcome = probe(verb, more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? json::parse(outcome.out) : json();
  }
  static std::string weights_hash() {
    std::string out;
    for (const auto& entry : fs::recursive_directory_iterator(run() + "/checkpoints")) {
      if (entry.path().filename() == "model.safetensors") out += sha256_file(entry.path());
    }
    return out;
  }
  static std::set<std::string> rows_of(const json& result) {
    std::set<std::string> out;
    for (const auto& entry : result.at("summary"))
      out.insert(entry.at("row").get<std::string>() + "/" + entry.at("condition").get<std::string>());
    return out;
  }
  static inline test::TemporaryFolder* folder_ = nullptr;
};

TEST_F(ProbeProgram, LinearHasRandomEncodersAndLeadStatisticsBesideTheRun) {
  const auto before = weights_hash();
  const auto result = result_of("linear", {"--fraction=0.1", "--fraction=1", "--subset-seeds=2", "--random-encoders=2",
                                           "--mask=joint:0.5", "--refit=train+val"});
  EXPECT_EQ(result.at("kind"), "linear-probe");
  const std::set<std::string> wanted = {
      "run/clean",
      "run/joint:0.5",
      "run, train+val/clean",
      "run, train+val/joint:0.5",
      "random encoders/clean",
      "random encoders/joint:0.5",
      "random encoders, train+val/clean",
      "random encoders, train+val/joint:0.5",
      "lead statistics/clean",
      "lead statistics/joint:0.5",
      "lead statistics, train+val/clean",
      "lead statistics, train+val/joint:0.5",
  };
  EXPECT_EQ(rows_of(result), wanted);
  ASSERT_EQ(result.at("labels").size(), 3u) << "two choices of 10 %, one of everyone";
  std::set<std::string> first = result.at("labels")[0].at("train_ids"), second = result.at("labels")[1].at("train_ids");
  EXPECT_NE(first, second);
  EXPECT_EQ(result.at("labels")[2].at("train_ids"), "all");
  for (const auto& entry : result.at("summary")) {
    const auto& figure = entry.at("macro_auroc");
    EXPECT_LE(figure.at("ci95")[0], figure.at("mean"));
    EXPECT_GE(figure.at("ci95")[1], figure.at("mean"));
    EXPECT_EQ(figure.at("over_labels").at("n"), entry.at("fraction") == 1 ? 1 : 2);
    EXPECT_EQ(figure.at("over_members").is_null(), entry.at("row").get<std::string>().find("random") != 0);
  }
  EXPECT_EQ(result.at("fits").size(), 4u * 3);
  EXPECT_EQ(result.at("conditions").size(), 2u);
  EXPECT_EQ(weights_hash(), before);
  EXPECT_TRUE(result.contains("test_peeks"));
}

TEST_F(ProbeProgram, T24EveryOtherLookAtTheTestFoldsIsCountedWhateverTheVerb) {
  const std::vector<std::string> small = {"--fraction=1", "--random-encoders=1", "--out", folder_->path() / "peeks"};
  auto other = small;
  other.emplace_back("--c=0.1");
  EXPECT_EQ(result_of("linear", small).at("test_peeks"), 0);
  EXPECT_EQ(result_of("linear", small).at("test_peeks"), 0) << "a repetition is the same look";
  EXPECT_EQ(result_of("linear", other).at("test_peeks"), 1);
  EXPECT_EQ(result_of("knn", small).at("test_peeks"), 2);
}

TEST_F(ProbeProgram, AProbeMayLearnUnderTheMaskItIsAskedUnder) {
  const std::vector<std::string> common = {"--fraction=1", "--random-encoders=1", "--mask=clinical:i-ii-v2"};
  auto masked = common;
  masked.emplace_back("--probe-on=masked");
  const auto clean = result_of("linear", common), learnt = result_of("linear", masked);
  EXPECT_EQ(clean.at("fits").size(), 3u);
  EXPECT_EQ(learnt.at("fits").size(), 6u) << "one probe per condition";
  EXPECT_EQ(clean.at("conditions"), learnt.at("conditions"));
  for (const auto& fit : learnt.at("fits")) {
    ASSERT_EQ(fit.at("evaluations").size(), 1u);
    EXPECT_EQ(fit.at("evaluations")[0].at("condition"), fit.at("learnt_under"));
  }
  EXPECT_EQ(clean.at("fits")[0].at("evaluations")[0], learnt.at("fits")[0].at("evaluations")[0]);
}

TEST_F(ProbeProgram, NeighboursAndShotsAnswerInTheSameForm) {
  const auto knn = result_of("knn", {"--fraction=1", "--k=3", "--k=30", "--random-encoders=1"});
  EXPECT_EQ(knn.at("kind"), "knn-probe");
  EXPECT_EQ(rows_of(knn), (std::set<std::string>{"run/clean", "random encoders/clean", "lead statistics/clean"}));
  EXPECT_EQ(knn.at("fits")[0].at("ks"), json({3, 30}));

  const auto shots = result_of("kshot", {"--shots=2", "--shots=4", "--shot-seeds=2", "--random-encoders=1", "--c=1"});
  EXPECT_EQ(shots.at("kind"), "kshot-probe");
  ASSERT_EQ(shots.at("labels").size(), 4u);
  const std::set<std::string> two = shots.at("labels")[0].at("train_ids"), four = shots.at("labels")[2].at("train_ids");
  EXPECT_TRUE(std::includes(four.begin(), four.end(), two.begin(), two.end())) << "nested in k";
  for (const auto& fit : shots.at("fits")) EXPECT_EQ(fit.at("c"), 1.0) << "nothing was chosen";

  const auto table = probe("kshot", {"--shots=2", "--random-encoders=2", "--c=1"});
  ASSERT_EQ(table.status, 0) << table.err;
  for (const char* line : {"macro AUROC", "k = 2", "random encoders", "lowest and highest encoder", "lead statistics",
                           "95 % over patients", "constant score", "macro AP"}) {
    EXPECT_NE(table.out.find(line), std::string::npos) << line << table.out;
  }
}

TEST_F(ProbeProgram, FineTuningLeavesTheRunAndSavesEncoderWithHead) {
  const auto before = weights_hash();
  const auto saved = (folder_->path() / "tuned.safetensors").string();
  const std::vector<std::string> small = {"--fraction=0.5", "--epochs=3", "--least-updates=9", "--train-batch=32",
                                          "--mask=joint:0.5"};
  auto saving = small;
  saving.insert(saving.end(), {"--save", saved});
  const auto first = result_of("finetune", saving), second = result_of("finetune", small);
  EXPECT_EQ(weights_hash(), before);
  EXPECT_EQ(first.at("fits")[0].at("updates"), first.at("fits")[0].at("planned_updates"));
  EXPECT_EQ(first.at("fits")[0].at("selection_macro_auroc").size(), 3u);
  EXPECT_EQ(first.at("fits"), second.at("fits")) << "the same, bit for bit";
  EXPECT_EQ(rows_of(first), (std::set<std::string>{"fine-tuned/clean", "fine-tuned/joint:0.5"}));
  std::ifstream file(saved, std::ios::binary);
  std::string head(20000, ' ');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  for (const char* name : {"ecg.stem", "ecg.transformer.blocks.0", "head.weight", "run_weights_sha256"})
    EXPECT_NE(head.find(name), std::string::npos) << name;
}

TEST_F(ProbeProgram, FineTuningThatIsStoppedWritesNothing) {
  const auto results = folder_->path() / "stopped";
  test::Program program(
      "scar-probe", words("finetune", {"--fraction=1", "--epochs=9999", "--patience=9999", "--out", results.string()}));
  std::this_thread::sleep_for(std::chrono::seconds(5));
  ASSERT_TRUE(program.running());
  program.signal(SIGINT);
  const auto outcome = program.wait();
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_NE(outcome.err.find("begins anew"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("learning rates from the stem to the head"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(results));
}

TEST_F(ProbeProgram, BadInputEndsInOneClearMessage) {
  struct Case {
    std::string verb;
    std::vector<std::string> more;
    int status;
    const char* says;
  };
  const Case cases[] = {
      {"linear", {"--fraction=0"}, 2, "--fraction"},
      {"linear", {"--fraction=many"}, 2, "many"},
      {"linear", {"--subset-seeds=0"}, 2, "--subset-seeds"},
      {"linear", {"--subset=ours"}, 2, "merl"},
      {"linear", {"--subset=merl"}, 2, "public train file"},
      {"linear", {"--random-encoders=0"}, 2, "--random-encoders"},
      {"linear", {"--features=hidden"}, 2, "pooled"},
      {"linear", {"--c=each"}, 2, "per-class"},
      {"linear", {"--refit=test"}, 2, "train+val"},
      {"linear", {"--probe-on=both"}, 2, "masked"},
      {"linear", {"--mask=critical:0.5"}, 2, "critical"},
      {"linear", {"--test-folds=x"}, 2, "--test-folds"},
      {"linear", {"--test-folds=1"}, 3, "fold"},
      {"linear", {"--test-folds=77"}, 3, "fold"},
      {"linear", {"--train-folds=1", "--test-folds=2"}, 3, "--allow-trained"},
      {"knn", {"--k=0"}, 2, "--k"},
      {"knn", {"--k=2.5"}, 2, "2.5"},
      {"kshot", {"--shots=-1"}, 2, "--shots"},
      {"kshot", {"--shot-seeds=0"}, 2, "--shot-seeds"},
      {"finetune", {"--layer-decay=0"}, 2, "--layer-decay"},
      {"finetune", {"--learning-rate=-1"}, 2, "--learning-rate"},
      {"finetune", {"--epochs=0"}, 2, "--epochs"},
      {"finetune", {"--save=/nowhere/x"}, 3, "/nowhere"},
      {"finetune", {"--fraction=0.5", "--fraction=1", "--save=x"}, 2, "--save"},
  };
  for (const auto& one : cases) {
    const auto outcome = probe(one.verb, one.more);
    EXPECT_EQ(outcome.status, one.status) << one.more.front() << outcome.err;
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace scar
