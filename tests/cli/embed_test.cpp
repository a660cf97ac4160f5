// scar-eval embed through the program: the file that it writes, and what plain PyTorch makes of the same weights.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "scar/data/store/store_writer.h"
#include "support/program.h"
#include "support/small_model.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

constexpr std::int64_t kRecords = 40;

/// Records with leads and seconds missing: every fifth lacks V6 and its end, one lacks all but one lead, one everything.
void write_store(const std::string& folder) {
  auto info = test::small_info();
  data::StoreWriter writer(folder, info, kRecords, 16);
  for (std::int64_t shard = 0; shard < writer.shards(); ++shard) {
    for (auto c = writer.first_candidate(shard); c < writer.end_candidate(shard); ++c) {
      auto record = test::small_record(c, info);
      const auto from = c == 3 ? record.samples.begin() + info.samples : record.samples.begin();
      if (c == 3 || c == 7) std::fill(from, record.samples.end(), data::kMissing);
      writer.add(std::move(record));
    }
    writer.end_shard();
  }
  (void)writer.finish();
}

class EmbedProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    write_store(path("store"));
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=4u", "--train.warmup=2u",
                               "--data.store=" + path("synth"), "--run-dir", path("run")});
    auto outcome = run_program("scar-prepare", {"synth", "--out", path("synth"), "--records=120", "--seconds=2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    outcome = run_program("scar-train", words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string path(const std::string& name) { return (folder_->path() / name).string(); }
  static test::Outcome embed(const std::string& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"embed",        path("run"),   "--data", path("store"), "--precision=fp32",
                                   "--device=cpu", "--threads=1", "--out",  path(out)};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* EmbedProgram::folder_ = nullptr;

TEST_F(EmbedProgram, EveryRecordHasARowAndTheEmptyOnesAreListed) {
  const auto outcome = embed("a.h5", {"--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = json::parse(outcome.out);
  EXPECT_EQ(document.at("kind"), "embed");
  EXPECT_EQ(document.at("records").at("n_in"), kRecords);
  EXPECT_EQ(document.at("records").at("n_embedded"), kRecords - 1);
  EXPECT_EQ(document.at("records").at("nothing_visible"), json::array({"record-7"}));
  ASSERT_EQ(embed("b.h5").status, 0);
  EXPECT_TRUE(test::file_bytes(path("a.h5")) == test::file_bytes(path("b.h5")));
  EXPECT_NE(test::file_bytes(path("a.h5")).find(document.at("run").at("weights_sha256").get<std::string>()),
            std::string::npos);
}

TEST_F(EmbedProgram, SplitFeaturesAndMaskAreWhatIsAskedFor) {
  const auto outcome = embed("c.h5", {"--json", "--split=test", "--features=pooled", "--mask=clinical:limb-6"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = json::parse(outcome.out);
  EXPECT_EQ(document.at("records").at("n_in"), 10);
  EXPECT_EQ(document.at("features").at("kind"), "pooled");
  EXPECT_EQ(document.at("mask").at("spec"), "clinical:limb-6");
  EXPECT_NE(test::file_bytes(path("c.h5")).find(document.at("mask").at("sha256").get<std::string>()),
            std::string::npos);
}

TEST_F(EmbedProgram, BadInputEndsInOneClearMessageAndNoFile) {
  struct Case {
    std::vector<std::string> more;
    int status;
    const char* says;
  };
  const Case cases[] = {
      {{"--features=words"}, 2, "embedding or pooled"},
      {{"--mask=critical:0.5"}, 2, "critical"},
      {{"--mask=leed:0.5"}, 2, "lead"},
      {{"--split=half"}, 2, "half"},
      {{"--split=77"}, 3, "77"},
      {{"--batch=0"}, 2, "--batch"},
      {{"--out=/nowhere/x.h5"}, 3, "/nowhere"},
      {{"--data", path("run")}, 3, "store"},
  };
  for (const auto& one : cases) {
    const auto outcome = embed("bad.h5", one.more);
    EXPECT_EQ(outcome.status, one.status) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
    EXPECT_FALSE(fs::exists(path("bad.h5")));
  }
}

// Numbers of another program: scripts/reference.sh runs this with its environment.
TEST_F(EmbedProgram, PlainPyTorchGivesTheSameEmbeddings) {
  const char* python = std::getenv("REFERENCE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "REFERENCE_PYTHON names no Python with torch, safetensors and h5py";
  ASSERT_EQ(embed("d.h5").status, 0);
  const auto command = cat(python, " ", SCAR_SOURCE, "/tests/reference/check_example.py ", path("run"), " ",
                           path("store"), " ", path("d.h5"));
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace scar
