// Several stores through the programs: training on them, keeping evaluation records apart, parts.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scar/data/store/store_reader.h"
#include "support/program.h"
#include "support/small_model.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using test::run_program;

std::string text_of(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

struct Stores : testing::Test {
  test::TemporaryFolder folder;

  std::string synth(const std::string& name, int records, int seed) {
    const auto path = (folder / name).string();
    const auto outcome = run_program(
        "scar-prepare", {"synth", "--out", path, "--records", std::to_string(records), "--seed", std::to_string(seed)});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return path;
  }
  test::Outcome train(const std::string& run, const std::vector<std::string>& more) {
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u", "--run-dir",
                               (folder / run).string()});
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-train", words);
  }
  test::Outcome eval(const std::string& run, const std::string& store, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"zeroshot",     (folder / run).string(), "--data",       store,
                                   "--task=synth", "--precision=fp32",      "--device=cpu", "--threads=1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
};

}  // namespace

TEST_F(Stores, ARunLearnsFromSeveralStoresByTheirWeights) {
  const auto a = synth("a", 160, 1), b = synth("b", 120, 2);
  const auto outcome = train("run", {"--data.store=" + a + "," + b, "--data.weights=1,0.5", "--data.batch_by=nothing"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto log = text_of(folder / "run" / "train.log");
  EXPECT_NE(log.find(" x 0.5"), std::string::npos) << log;
  const auto identity = nlohmann::json::parse(text_of(folder / "run" / "run.json"));
  EXPECT_EQ(identity.at("store").size(), 2u);
  EXPECT_EQ(identity.at("store_manifest_sha256").get<std::string>().size(), 64u + 1 + 64);
  EXPECT_EQ(eval("run", a).status, 0);
  EXPECT_EQ(eval("run", b).status, 0);
}

TEST_F(Stores, WeightsMustFitTheStores) {
  const auto a = synth("a", 160, 1);
  EXPECT_EQ(train("run", {"--data.store=" + a, "--data.weights=1,2"}).status, 2);
  EXPECT_EQ(train("run", {"--data.store=" + a + "," + a}).status, 3) << "one store twice";
  EXPECT_FALSE(fs::exists(folder / "run" / "run.json"));
}

TEST_F(Stores, ARunLearnsFromTheLeadsThatItIsLeft) {
  // Every fifth record of this store lacks V6, the one lead that is left here.
  test::write_small_store(folder / "small", 160, 64, test::small_info());
  const std::string missing = "--data.missing=without:I+II+III+aVR+aVL+aVF+V1+V2+V3+V4+V5";
  const std::vector<std::string> shape{"--data.store=" + (folder / "small").string(), "--model.ecg.patch_samples=25",
                                       "--model.ecg.max_patches=8", "--game.min_visible=1"};
  auto words = shape;
  words.push_back(missing);
  const auto outcome = train("run", words);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto identity = nlohmann::json::parse(text_of(folder / "run" / "run.json"));
  const auto store = data::Store::open(folder / "small");
  std::int64_t candidates = 0, without = 0;
  for (std::int64_t record = 0; record < store.size(); ++record) {
    const bool test = store.fold(record) == 4;
    candidates += test ? 0 : 1;
    without += !test && store.candidate(record) % 5 == 0 ? 1 : 0;
  }
  ASSERT_GT(without, 10);
  EXPECT_EQ(identity.at("candidates"), candidates);
  EXPECT_EQ(identity.at("excluded"), without);
  const auto listed = text_of(folder / "run" / "excluded.tsv");
  EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 1 + without);
  EXPECT_NE(listed.find("record-10\tnothing_visible\t"), std::string::npos) << listed;
  const auto embedded =
      run_program("scar-eval", {"embed", (folder / "run").string(), "--data", (folder / "small").string(), "--out",
                                (folder / "embeddings.h5").string(), "--device=cpu", "--threads=1"});
  EXPECT_EQ(embedded.status, 0) << embedded.err;
  EXPECT_NE(embedded.err.find("warning[W034]"), std::string::npos) << embedded.err;
  auto other = shape;
  other.emplace_back("--data.missing=without:V6");
  EXPECT_EQ(train("run", other).status, 4) << "a run goes on with the records it began with";
  other.back() = "--data.missing=critical:0.5";
  EXPECT_EQ(train("attack", other).status, 2);
  other.back() = "--data.missing=clinical:i-i-v2";
  const auto unknown = train("unknown", other);
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("i-ii-v2"), std::string::npos) << unknown.err;
}

TEST_F(Stores, WhatIsKeptApartDoesNotTrain) {  // T30
  const auto a = synth("a", 160, 1), other = synth("other", 60, 2);
  // The first 80 records again, in a store of its own in which nothing trains on them.
  const auto again = synth("again", 80, 1);
  auto outcome = train("clean", {"--data.store=" + a, "--data.kept_apart=" + a + "," + other});
  EXPECT_EQ(outcome.status, 0) << outcome.err << "validation and test folds of the training store are apart";
  outcome = train("shared",
                  {"--data.store=" + a, "--data.train_folds=9,10", "--data.holdout=0.4", "--data.kept_apart=" + again});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("signals"), std::string::npos) << outcome.err;
  // A run that goes on is checked too when the stores to keep apart are named only then.
  const std::vector<std::string> late{"--data.store=" + a, "--data.train_folds=9,10", "--data.holdout=0.4"};
  ASSERT_EQ(train("late", late).status, 0);
  auto named = late;
  named.push_back("--data.kept_apart=" + again);
  EXPECT_EQ(train("late", named).status, 3);
}

TEST_F(Stores, RecordsThatTrainedARunAreNoTest) {  // T30
  const auto a = synth("a", 160, 1);
  ASSERT_EQ(train("run", {"--data.store=" + a}).status, 0);
  const auto test = eval("run", a, {"--json"});
  ASSERT_EQ(test.status, 0) << test.err;
  EXPECT_EQ(nlohmann::json::parse(test.out).at("trained_on").at("records"), 0);
  const auto refused = eval("run", a, {"--split=train"});
  EXPECT_EQ(refused.status, 3) << refused.err;
  EXPECT_NE(refused.err.find("--allow-trained"), std::string::npos);
  const auto allowed = eval("run", a, {"--split=train", "--allow-trained", "--json"});
  ASSERT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_GT(nlohmann::json::parse(allowed.out).at("trained_on").at("records"), 50);
  const auto thresholds = eval("run", a, {"--thresholds-from=1,2,3", "--json"});
  ASSERT_EQ(thresholds.status, 0) << thresholds.err;
  EXPECT_NE(thresholds.err.find("warning[W070]"), std::string::npos) << thresholds.err;
  EXPECT_GT(nlohmann::json::parse(thresholds.out).at("thresholds_from").at("trained_on").at("records"), 10);
  const auto both = eval("run", a, {"--split=9,10", "--json"});
  ASSERT_EQ(both.status, 0) << both.err;
  const auto from = nlohmann::json::parse(both.out).at("thresholds_from");
  EXPECT_TRUE(from.at("folds").empty()) << "no thresholds from records that they judge";
  EXPECT_NE(from.at("why").get<std::string>().find("--thresholds-from"), std::string::npos);
  fs::remove(folder / "run" / "trained_on.safetensors");
  const auto unknown = eval("run", a, {"--json"});
  ASSERT_EQ(unknown.status, 0) << unknown.err;
  EXPECT_TRUE(nlohmann::json::parse(unknown.out).at("trained_on").is_null());
}

TEST_F(Stores, PartsAndDuplicatesThroughTheProgram) {
  const auto a = synth("a", 160, 1);
  auto outcome = run_program("scar-prepare", {"split", a, "--out", (folder / "parts").string(), "--parts=2"});
  EXPECT_EQ(outcome.status, 2) << "160 records are one shard";
  outcome = run_program("scar-prepare", {"split", a, "--out", (folder / "parts").string()});
  EXPECT_EQ(outcome.status, 2) << "neither --parts nor --max-mib";
  const auto again = synth("again", 80, 1);
  outcome = run_program("scar-prepare", {"duplicates", a, again, "--out", (folder / "list.tsv").string(), "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto found = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(found.at("groups"), 80);
  EXPECT_EQ(found.at("groups_across_stores"), 80);
  std::ifstream list(folder / "list.tsv");
  int lines = 0;
  for (std::string line; std::getline(list, line);) ++lines;
  EXPECT_EQ(lines, 1 + 160);
}

}  // namespace scar
