// scar-eval plot through the program.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/program.h"
#include "support/small_model.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

class PlotProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    auto outcome = run_program("scar-prepare", {"synth", "--out", at("store"), "--records=60", "--seconds=2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    train("selector", {});
    train("mean", {"--model.selector.kind=mean", "--objective.selector_weight=0"});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static void train(const std::string& name, const std::vector<std::string>& more) {
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--model.ecg.patch_samples=25", "--train.duration=2u", "--train.warmup=1u",
                               "--game.warmup_steps=1", "--data.store=" + at("store"), "--run-dir", at(name)});
    words.insert(words.end(), more.begin(), more.end());
    const auto outcome = run_program("scar-train", words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  static std::string at(const std::string& name) { return (folder_->path() / name).string(); }
  static std::string record() {
    static const std::string id = [] {  // the program names one when it is asked for another
      const auto outcome =
          run_program("scar-eval", {"plot", "--data", at("store"), "--record=?", "--out", at("x.svg")});
      const std::string before = "a name as '";
      const auto begin = outcome.err.find(before) + before.size();
      return outcome.err.substr(begin, outcome.err.find('\'', begin) - begin);
    }();
    return id;
  }
  static test::Outcome plot(const std::vector<std::string>& more) {
    std::vector<std::string> words{"plot", "--data", at("store")};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static inline test::TemporaryFolder* folder_ = nullptr;
};

TEST_F(PlotProgram, DrawsARecordAlone) {
  const auto outcome = plot({"--record", record(), "--out", at("alone.svg")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto svg = content(at("alone.svg"));
  EXPECT_NE(svg.find("Record " + record()), std::string::npos);
  EXPECT_EQ(svg.find("ecg-hatch"), std::string::npos);
  EXPECT_EQ(svg.find("ecg-weight"), std::string::npos);
  EXPECT_NE(outcome.out.find("alone.svg"), std::string::npos);
}

TEST_F(PlotProgram, DrawsWhatAMaskRemovesWithoutARun) {
  for (const auto* token : {"--token-ms=0", "--token-ms=500"}) {
    const auto outcome = plot({"--record", record(), "--mask=lead:0.5", token, "--out", at("mask.svg"), "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto answer = json::parse(outcome.out);
    const double ms = answer.at("token_ms");
    EXPECT_EQ(answer.at("tokens").at("removed"), 6 * 2000 / ms);
    EXPECT_NE(content(at("mask.svg")).find("removed by the mask lead:0.5"), std::string::npos);
  }
}

TEST_F(PlotProgram, ShadesTheWeightsOfTheTokensThatAreLeft) {
  const auto whole = plot({at("selector"), "--record", record(), "--out", at("whole.svg"), "--json"});
  ASSERT_EQ(whole.status, 0) << whole.err;
  const auto masked =
      plot({at("selector"), "--record", record(), "--mask=joint:0.5", "--out", at("masked.svg"), "--json"});
  ASSERT_EQ(masked.status, 0) << masked.err;
  for (const auto& outcome : {whole, masked}) {
    const auto answer = json::parse(outcome.out);
    EXPECT_EQ(answer.at("weights_are"), "the selector's weights");
    double sum = 0;
    int used = 0;
    for (const double weight : answer.at("weights")) {
      sum += weight;
      used += weight > 0 ? 1 : 0;
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_EQ(used, answer.at("tokens").at("visible"));
  }
  EXPECT_EQ(json::parse(masked.out).at("tokens").at("removed"), 48);
  EXPECT_NE(content(at("masked.svg")).find("ecg-weight"), std::string::npos);
  EXPECT_NE(content(at("masked.svg")).find("1× = uniform share, 1/48"), std::string::npos);
}

TEST_F(PlotProgram, SaysWhereThereAreNoWeights) {
  const auto outcome = plot({at("mean"), "--record", record(), "--out", at("mean.svg"), "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(json::parse(outcome.out).at("weights").is_null());
  EXPECT_NE(content(at("mean.svg")).find("with mean pooling every token weighs the same"), std::string::npos);
}

TEST_F(PlotProgram, WritesPngAtTheAskedResolution) {
  for (const auto& [flag, pixels_per_metre] : {std::pair{"--dpi=0", 5906}, std::pair{"--dpi=100", 3937}}) {
    const auto outcome = plot({"--record", record(), "--out", at("figure.png"), flag, "--layout=12x1"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto png = content(at("figure.png"));
    const auto chunk = png.find("pHYs");
    ASSERT_NE(chunk, std::string::npos);
    EXPECT_EQ(static_cast<unsigned char>(png[chunk + 6]) * 256 + static_cast<unsigned char>(png[chunk + 7]),
              pixels_per_metre);
  }
}

TEST_F(PlotProgram, TheSameCommandGivesTheSameBytes) {
  const std::vector<std::string> words = {at("selector"),     "--record", record(),
                                          "--mask=joint:0.5", "--seed=3", "--out"};
  for (const auto* name : {"first.svg", "second.svg"}) {
    auto all = words;
    all.push_back(at(name));
    ASSERT_EQ(plot(all).status, 0);
  }
  EXPECT_EQ(content(at("first.svg")), content(at("second.svg")));
}

TEST_F(PlotProgram, BadInputEndsInOneClearMessageAndWritesNothing) {
  struct Case {
    std::vector<std::string> more;
    int status;
    const char* says;
  };
  const auto id = record();
  const auto svg = at("bad.svg"), png = at("bad.png");
  const Case cases[] = {
      {{"--out", svg}, 2, "--record"},
      {{"--record", id}, 2, "--out"},
      {{"--record", id, "--record", id, "--out", svg}, 2, "once per record"},
      {{at("selector"), at("mean"), "--record", id, "--out", svg}, 2, "one run"},
      {{"--record", "nobody", "--out", svg}, 3, "nobody"},
      {{"--record", id, "--out", at("bad.jpg")}, 2, "FILE.svg or FILE.png"},
      {{"--record", id, "--out", at("none/bad.svg")}, 3, "mkdir -p"},
      {{"--record", id, "--out", svg, "--dpi=300"}, 2, "--dpi"},
      {{"--record", id, "--out", png, "--dpi=7"}, 2, "36 to 1200"},
      {{"--record", id, "--out", svg, "--layout=4x3"}, 2, "12x1"},
      {{"--record", id, "--out", svg, "--from=2"}, 2, "below 2 s"},
      {{"--record", id, "--out", svg, "--mask=joint:2"}, 2, "joint"},
      {{"--record", id, "--out", svg, "--mask=critical:0.5"}, 2, "clinical"},
      {{"--record", id, "--out", svg, "--mask=lead:0.1", "--mask=lead:0.2"}, 2, "one mask"},
      {{"--record", id, "--out", svg, "--token-ms=250"}, 2, "--mask"},
      {{"--record", id, "--out", svg, "--mask=lead:0.5", "--token-ms=333"}, 2, "--token-ms"},
      {{"--record", id, "--out", svg, "--mask=lead:0.5", "--token-ms=-1"}, 2, "--token-ms"},
      {{at("selector"), "--record", id, "--out", svg, "--mask=lead:0.5", "--token-ms=250"}, 2, "run"},
      {{at("nothing"), "--record", id, "--out", svg}, 4, "nothing"},
  };
  for (const auto& one : cases) {
    const auto outcome = plot(one.more);
    EXPECT_EQ(outcome.status, one.status) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
    EXPECT_FALSE(fs::exists(svg) || fs::exists(png)) << one.says;
  }
}

}  // namespace
}  // namespace scar
