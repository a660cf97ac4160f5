#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "support/program.h"
#include "support/small_model.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using test::run_program;

std::vector<std::string> small_model() {
  auto words = test::small_model_arguments();
  words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u"});
  return words;
}

/// A store and a trained run that every case may copy and damage.
class World {
 public:
  static World& get() {
    static World world;
    return world;
  }
  fs::path store() const { return folder_ / "store"; }
  fs::path run() const { return folder_ / "run"; }
  fs::path copy(const fs::path& from) {
    const auto to = folder_ / ("copy-" + std::to_string(++copies_));
    fs::copy(from, to, fs::copy_options::recursive);
    return to;
  }
  fs::path file(const std::string& name, const std::string& text) {
    const auto path = folder_ / (std::to_string(++copies_) + "-" + name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  fs::path folder() const { return folder_.path(); }

 private:
  World() {
    auto outcome = run_program("scar-prepare", {"synth", "--out", store().string(), "--records=160"});
    if (outcome.status != 0) throw std::runtime_error(outcome.err);
    auto words = small_model();
    words.insert(words.end(), {"--data.store", store().string(), "--run-dir", run().string()});
    outcome = run_program("scar-train", words);
    if (outcome.status != 0) throw std::runtime_error(outcome.err);
  }
  test::TemporaryFolder folder_;
  int copies_ = 0;
};

void damage(const fs::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char old = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(old ^ 0x10));
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::vector<std::string> train(std::vector<std::string> more) {
  auto words = small_model();
  words.insert(words.end(), more.begin(), more.end());
  return words;
}
std::vector<std::string> eval(const fs::path& run, const fs::path& store, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"zeroshot",     run.string(),       "--data",       store.string(),
                                 "--task=synth", "--precision=fp32", "--device=cpu", "--threads=1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Case {
  const char* name;
  const char* program;
  std::function<std::vector<std::string>(World&)> arguments;
  int status;
  const char* says;  // must stand on stderr
};

std::string config(World& w, const std::string& yaml) { return "--config=" + w.file("c.yaml", yaml).string(); }
std::string fresh_run(World& w) {
  static int n = 0;
  return "--run-dir=" + (w.folder() / ("fresh-" + std::to_string(++n))).string();
}
std::vector<std::string> train_on(World& w, const fs::path& store) {
  return train({"--data.store=" + store.string(), fresh_run(w)});
}

const Case kCases[] = {
    // The command line
    {"UnknownFlag", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--maks=joint:0.5"}); }, 2, "--mask"},
    {"UnknownVerb", "scar-prepare", [](World&) { return std::vector<std::string>{"sinth"}; }, 2, "synth"},
    {"NoVerb", "scar-probe", [](World&) { return std::vector<std::string>{}; }, 2, "nothing to do"},
    {"MissingArgument", "scar-eval", [](World&) { return std::vector<std::string>{"zeroshot"}; }, 2, "RUN"},
    {"NoConfig", "scar-train", [](World&) { return std::vector<std::string>{}; }, 2, "no configuration"},
    {"UnknownKeyFlag", "scar-train",
     [](World& w) {
       return train({"--train.bacth=3", fresh_run(w)});
     },
     2, "train.batch"},
    {"KeyWithoutValue", "scar-train",
     [](World& w) {
       return train({fresh_run(w), "--train.clip"});
     },
     2, "has no value"},
    {"ValueOutOfRange", "scar-train",
     [](World& w) {
       return train({"--game.share_low=1.5", fresh_run(w)});
     },
     2, "0.01 to 0.95"},
    {"NotANumber", "scar-train",
     [](World& w) {
       return train({"--train.learning_rate=fast", fresh_run(w)});
     },
     2, "finite number"},
    {"UnknownDevice", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--device=gpu7", fresh_run(w)});
     },
     7, "gpu7"},
    {"UnknownMask", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--mask=lead5:0.5"}); }, 2, "lead5"},
    {"MaskRateOutOfRange", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--mask=joint:1.5"}); }, 2,
     "1.5"},
    {"UnknownClinicalSet", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--mask=clinical:i-ii-v3"}); },
     2, "i-ii-v2"},
    {"UnknownTask", "scar-eval",
     [](World& w) {
       return std::vector<std::string>{"zeroshot", w.run().string(), "--data", w.store().string(), "--task=sinth"};
     },
     3, "synth"},
    {"UnknownSplit", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--split=holdout"}); }, 2,
     "validation"},
    {"FractionOutOfRange", "scar-probe",
     [](World& w) {
       return std::vector<std::string>{"linear",           w.run().string(), "--data",
                                       w.store().string(), "--task=synth",   "--fraction=1.5"};
     },
     2, "raction"},
    // Configurations
    {"ConfigMissing", "scar-train", [](World&) { return std::vector<std::string>{"--config=/nowhere.yaml"}; }, 2,
     "/nowhere.yaml"},
    {"ConfigIsAFolder", "scar-train", [](World&) { return std::vector<std::string>{"--config=/tmp"}; }, 2,
     "regular file"},
    {"ConfigUnknownKey", "scar-train",
     [](World& w) { return std::vector<std::string>{config(w, "train:\n  warmpu: 3u\n")}; }, 2, ":2:3"},
    {"ConfigDuplicateKey", "scar-train",
     [](World& w) { return std::vector<std::string>{config(w, "seed: 1\nseed: 2\n")}; }, 2, "line 1"},
    {"ConfigNotUtf8", "scar-train", [](World& w) { return std::vector<std::string>{config(w, "device: \xff\xfe\n")}; },
     2, "UTF-8"},
    {"ConfigNotYaml", "scar-train", [](World& w) { return std::vector<std::string>{config(w, "seed: [1\n")}; }, 2,
     "YAML"},
    {"ConfigWrongType", "scar-train", [](World& w) { return std::vector<std::string>{config(w, "seed: one\n")}; }, 2,
     "integer"},
    {"ConfigContradiction", "scar-train",
     [](World& w) {
       return train({"--game.structures=0.5,0.5", fresh_run(w)});
     },
     2, "sum to 1"},
    {"ConfigWidthNotDivisible", "scar-train",
     [](World& w) {
       return train({"--model.ecg.heads=5", fresh_run(w)});
     },
     2, "heads"},
    {"ConfigRunTooShortForItsMasker", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--game.warmup_steps=900", fresh_run(w)});
     },
     2, "warm-up"},
    // Stores
    {"StoreMissing", "scar-train", [](World& w) { return train_on(w, "/nowhere"); }, 3, "/nowhere"},
    {"StoreWithoutManifest", "scar-train",
     [](World& w) {
       auto s = w.copy(w.store());
       fs::remove(s / "MANIFEST.json");
       return train_on(w, s);
     },
     3, "MANIFEST"},
    {"StoreManifestNotJson", "scar-train",
     [](World& w) {
       auto s = w.copy(w.store());
       write(s / "MANIFEST.json", "{");
       return train_on(w, s);
     },
     3, "MANIFEST"},
    {"StoreShardMissing", "scar-train",
     [](World& w) {
       auto s = w.copy(w.store());
       fs::remove(s / "shard-00000.h5");
       return train_on(w, s);
     },
     3, "shard-00000"},
    {"StoreShardCutShort", "scar-train",
     [](World& w) {
       auto s = w.copy(w.store());
       fs::resize_file(s / "shard-00000.h5", 1000);
       return train_on(w, s);
     },
     3, "shard-00000"},
    {"StoreSignalBitFlipped", "scar-prepare",
     [](World& w) {
       auto s = w.copy(w.store());
       damage(s / "shard-00000.h5", fs::file_size(s / "shard-00000.h5") / 2);
       return std::vector<std::string>{"verify", s.string()};
     },
     3, "shard-00000"},
    {"StoreExistsAlready", "scar-prepare",
     [](World& w) {
       return std::vector<std::string>{"synth", "--out", w.store().string(), "--records=170"};
     },
     2, "already"},
    {"ReversalInPieces", "scar-train",
     [](World& w) {
       return train(
           {"--data.store=" + w.store().string(), "--game.schedule=reversal", "--train.accumulate=2", fresh_run(w)});
     },
     2, "train.accumulate"},
    {"NothingLeftToTheMasker", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--game.saliency_rows=0.5", "--game.adversarial_rows=0.5",
                     fresh_run(w)});
     },
     2, "game.saliency_rows"},
    {"SaliencyInGroups", "scar-train",
     [](World& w) {
       return train(
           {"--data.store=" + w.store().string(), "--game.saliency_rows=0.5", "--game.scope=group", fresh_run(w)});
     },
     2, "group"},
    {"UnknownSchedule", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--game.schedule=reversed", fresh_run(w)});
     },
     2, "alternating"},
    {"StoreTooSmallForABatch", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--train.batch=1024", fresh_run(w)});
     },
     3, "batch"},
    {"StoreWithoutSuchFolds", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--data.train_folds=77", fresh_run(w)});
     },
     3, "fold"},
    {"StoreOtherTokens", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--model.ecg.patch_samples=33", fresh_run(w)});
     },
     2, "patch_samples"},
    {"FoldInTrainingAndValidation", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--data.train_folds=8,9", fresh_run(w)});
     },
     3, "fold"},
    // Source data
    {"PtbxlRootMissing", "scar-prepare",
     [](World& w) {
       return std::vector<std::string>{"ptbxl", "--root", "/nowhere", "--out", (w.folder() / "p1").string()};
     },
     3, "/nowhere"},
    {"PtbxlRootWithoutTable", "scar-prepare",
     [](World& w) {
       const auto root = w.folder() / "empty-root";
       fs::create_directories(root);
       return std::vector<std::string>{"ptbxl", "--root", root.string(), "--out", (w.folder() / "p2").string()};
     },
     3, "ptbxl_database.csv"},
    {"OutputNotWritable", "scar-prepare",
     [](World&) {
       return std::vector<std::string>{"synth", "--out", "/proc/store", "--records=10"};
     },
     6, "/proc"},
    {"VerifyNothing", "scar-prepare",
     [](World&) {
       return std::vector<std::string>{"verify", "/nowhere"};
     },
     3, "/nowhere"},
    {"VerifyFolderWithoutADataset", "scar-prepare",
     [](World& w) {
       const auto folder = w.folder() / "no-dataset";
       fs::create_directories(folder);
       return std::vector<std::string>{"verify", folder.string()};
     },
     3, "neither a store nor a dataset"},
    {"VerifyUnfinishedPartOfAStore", "scar-prepare",
     [](World& w) {
       const auto folder = w.folder() / "unfinished-part";
       fs::create_directories(folder);
       fs::copy(w.store() / "shard-00000.h5", folder / "shard-00003.h5");
       return std::vector<std::string>{"verify", folder.string()};
     },
     3, "not finished"},
    // Vocabularies
    {"VocabularyMissing", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--text.vocabulary=/nowhere.model", fresh_run(w)});
     },
     4, "/nowhere.model"},
    {"VocabularyEmpty", "scar-train",
     [](World& w) {
       return train(
           {"--data.store=" + w.store().string(), "--text.vocabulary=" + w.file("v.model", "").string(), fresh_run(w)});
     },
     4, "v.model"},
    {"VocabularyGarbage", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(),
                     "--text.vocabulary=" + w.file("v.model", std::string(4000, 'x')).string(), fresh_run(w)});
     },
     4, "v.model"},
    {"VocabularyCutShort", "scar-train",
     [](World& w) {
       const auto bytes = read_file(w.run() / "vocabulary.model");
       return train({"--data.store=" + w.store().string(),
                     "--text.vocabulary=" + w.file("v.model", bytes.substr(0, bytes.size() / 2)).string(),
                     fresh_run(w)});
     },
     4, "v.model"},
    // Runs, checkpoints, weights
    {"RunMissing", "scar-eval", [](World& w) { return eval("/nowhere", w.store()); }, 4, "/nowhere"},
    {"RunWithoutCheckpoint", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       fs::remove_all(r / "checkpoints");
       fs::remove(r / "best.json");
       return eval(r, w.store());
     },
     4, "checkpoint"},
    {"CheckpointCutShort", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       fs::resize_file(r / "checkpoints" / "step-00000006" / "model.safetensors", 100);
       return eval(r, w.store());
     },
     4, "model.safetensors"},
    {"CheckpointBitFlipped", "scar-probe",
     [](World& w) {
       auto r = w.copy(w.run());
       damage(r / "checkpoints" / "step-00000006" / "model.safetensors", 9000);
       return std::vector<std::string>{"linear", r.string(), "--data", w.store().string(), "--task=synth"};
     },
     4, "SHA-256"},
    {"AllCheckpointsDamaged", "scar-train",
     [](World& w) {
       auto r = w.copy(w.run());
       damage(r / "checkpoints" / "step-00000006" / "state.json", 20);
       return train({"--data.store=" + w.store().string(), "--run-dir=" + r.string()});
     },
     4, "none of them verifies"},
    {"BestNamesNoCheckpoint", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       write(r / "best.json", "{\"checkpoint\": \"../../etc\"}");
       return eval(r, w.store());
     },
     4, "best.json"},
    {"RunConfigEdited", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       write(r / "config.yaml", read_file(r / "config.yaml") + "\nnonsense: 1\n");
       return eval(r, w.store());
     },
     2, "nonsense"},
    {"RunOfAnotherShape", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       auto text = read_file(r / "config.yaml");
       text.replace(text.find("embedding: 32"), 13, "embedding: 40");
       write(r / "config.yaml", text);
       return eval(r, w.store());
     },
     4, "shape"},
    {"WeightsArePickled", "scar-train",
     [](World& w) {
       return train(
           {"--data.store=" + w.store().string(), "--init-from=" + w.file("w.pt", "PK").string(), fresh_run(w)});
     },
     4, "w.pt"},
    {"WeightsMissing", "scar-train",
     [](World& w) {
       return train({"--data.store=" + w.store().string(), "--init-from=/nowhere.safetensors", fresh_run(w)});
     },
     4, "/nowhere"},
    {"RunVocabularyExchanged", "scar-eval",
     [](World& w) {
       auto r = w.copy(w.run());
       damage(r / "vocabulary.model", 200);
       return eval(r, w.store());
     },
     4, "vocabulary"},
    // Prompts
    {"PromptsMissing", "scar-eval", [](World& w) { return eval(w.run(), w.store(), {"--prompts=/nowhere.yaml"}); }, 2,
     "/nowhere.yaml"},
    {"PromptsWithoutAClass", "scar-eval",
     [](World& w) {
       return eval(w.run(), w.store(), {"--prompts=" + w.file("p.yaml", "synth:\n  normal: [normal ecg]\n").string()});
     },
     2, "lbbb"},
    {"PromptsEmptyList", "scar-eval",
     [](World& w) {
       return eval(w.run(), w.store(), {"--prompts=" + w.file("p.yaml", "synth:\n  normal: []\n").string()});
     },
     2, "p.yaml:2"},
};

class BadInput : public ::testing::TestWithParam<Case> {};

TEST_P(BadInput, EndsInOneClearMessageAndTheRightStatus) {
  const auto& c = GetParam();
  auto& world = World::get();
  const auto words = c.arguments(world);
  const auto before = sha256_file(world.store() / "MANIFEST.json") + sha256_file(world.run() / "best.json");
  const auto outcome = run_program(c.program, words);
  EXPECT_EQ(outcome.status, c.status) << outcome.err;
  EXPECT_NE(outcome.err.find(c.says), std::string::npos) << "stderr: " << outcome.err;
  EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("terminate called"), std::string::npos);
  EXPECT_EQ(sha256_file(world.store() / "MANIFEST.json") + sha256_file(world.run() / "best.json"), before)
      << "old results were touched";
}
INSTANTIATE_TEST_SUITE_P(Cases, BadInput, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(GoodInput, HelpAndVersionAnswerOnStdoutWithStatusZero) {
  for (const char* program : {"scar-prepare", "scar-train", "scar-eval", "scar-probe"}) {
    for (const char* flag : {"--help", "--version"}) {
      const auto outcome = run_program(program, {flag});
      EXPECT_EQ(outcome.status, 0) << program << flag << outcome.err;
      EXPECT_FALSE(outcome.out.empty());
    }
  }
}

TEST(GoodInput, ThePrintedConfigIsTheConfig) {
  auto& world = World::get();
  const auto first = run_program("scar-train", train({"--print-config", "--seed=9"}));
  ASSERT_EQ(first.status, 0) << first.err;
  const auto again = run_program("scar-train", {config(world, first.out), "--print-config"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
}

TEST(GoodInput, ErrorsAreOneJsonDocumentIfAskedFor) {
  const auto outcome = run_program("scar-train", {"--config=/nowhere.yaml", "--json"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err.rfind("{\"errors\":[", 0), 0u) << outcome.err;
}

}  // namespace
}  // namespace scar
