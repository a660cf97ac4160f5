// scar-eval predict, calibrate and retrieval through the program.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scar/core/cat.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_reader.h"
#include "support/program.h"
#include "support/small_model.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::run_program;

class PredictProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    auto outcome = run_program("scar-prepare", {"synth", "--out", path("store"), "--records=200", "--seconds=2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    auto words = test::small_model_arguments();
    words.insert(words.end(), {"--game.warmup_steps=2", "--train.duration=6u", "--train.warmup=2u",
                               "--data.store=" + path("store"), "--run-dir", path("run")});
    outcome = run_program("scar-train", words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    store_ = new data::Store(data::Store::open(path("store")));
    write_wfdb(3, "whole", {});
    write_wfdb(4, "limb", {6, 7, 8, 9, 10, 11});
    test::put_file(path("prompts.yaml"), "kind:\n  mi: [myocardial infarction, infarct]\n  norm: [normal ecg]\n");
  }
  static void TearDownTestSuite() {
    delete store_;
    delete folder_;
  }

  /// A record of the store as WFDB files, without some of its leads.
  static void write_wfdb(std::int64_t record, const std::string& name, const std::vector<int>& without) {
    const auto T = store_->samples();
    std::vector<std::int16_t> samples(static_cast<std::size_t>(12 * T));
    store_->read(record, samples.data());
    std::vector<int> leads;
    for (int lead = 0; lead < 12; ++lead) {
      if (std::find(without.begin(), without.end(), lead) == without.end()) leads.push_back(lead);
    }
    std::string bytes;
    auto header = cat(name, " ", leads.size(), " ", store_->rate_hz(), " ", T, "\n");
    for (const int lead : leads) {
      const auto* row = samples.data() + lead * T;
      std::uint16_t sum = 0;
      for (std::int64_t t = 0; t < T; ++t) sum = static_cast<std::uint16_t>(sum + static_cast<std::uint16_t>(row[t]));
      header += cat(name, ".dat 16 ", std::round(1 / store_->scale_mv(record)), "/mV 16 0 ", row[0], " ",
                    static_cast<std::int16_t>(sum), " 0 ", data::kLeadNames[static_cast<std::size_t>(lead)], "\n");
    }
    for (std::int64_t t = 0; t < T; ++t) {
      for (const int lead : leads)
        bytes.append(reinterpret_cast<const char*>(&samples[static_cast<std::size_t>(lead * T + t)]), 2);
    }
    test::put_file(path(name + ".hea"), header);
    test::put_file(path(name + ".dat"), bytes);
  }

  static std::string path(const std::string& name) { return (folder_->path() / name).string(); }
  static test::Outcome eval(const std::string& verb, const std::vector<std::string>& more) {
    std::vector<std::string> words{verb, path("run"), "--precision=fp32", "--device=cpu", "--threads=1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("scar-eval", words);
  }
  static std::vector<json> lines_of(const std::string& text) {
    std::vector<json> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
    return out;
  }
  static std::vector<json> predict(const std::string& input, const std::vector<std::string>& more, int status = 0) {
    test::put_file(path("in.jsonl"), input);
    std::vector<std::string> words{"--in", path("in.jsonl"), "--prompt=normal ecg", "--prompt=infarction"};
    words.insert(words.end(), more.begin(), more.end());
    const auto outcome = eval("predict", words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    return lines_of(outcome.out);
  }
  static std::string stored(std::int64_t record) {
    return json({{"store", path("store")}, {"record", store_->id(record)}}).dump() + "\n";
  }
  static std::string wfdb(const std::string& name) { return json({{"wfdb", path(name)}}).dump() + "\n"; }

  static test::TemporaryFolder* folder_;
  static data::Store* store_;
};
test::TemporaryFolder* PredictProgram::folder_ = nullptr;
data::Store* PredictProgram::store_ = nullptr;

double largest_difference(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) return std::abs(a.get<double>() - b.get<double>());
  if (a.is_structured() && b.is_structured() && a.size() == b.size()) {
    double out = 0;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) out = std::max(out, largest_difference(*x, *y));
    return out;
  }
  return a == b ? 0 : 1;
}

TEST_F(PredictProgram, AWfdbRecordAndItsStoredTwinGetOneAnswer) {
  auto answers = predict(stored(3) + wfdb("whole") + wfdb("whole.hea") + wfdb("limb"), {"--head", path("head.json")});
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0].at("id"), store_->id(3));
  EXPECT_EQ(answers[1].at("id"), path("whole"));
  for (auto& answer : answers) answer.erase("id");
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[1], answers[2]);
  EXPECT_TRUE(answers[0].at("classes").at("normal ecg").at("score").is_number());
  EXPECT_TRUE(answers[0].at("classes").at("normal ecg").at("probability").is_null());
  EXPECT_EQ(answers[0].at("visible").at("V6"), json::parse("[[0.0,2.0]]"));
  EXPECT_EQ(answers[3].at("visible").at("aVF"), json::parse("[[0.0,2.0]]"));
  EXPECT_EQ(answers[3].at("visible").at("V6"), json::array());
  EXPECT_EQ(answers[3].at("weights").at("V1"), json::parse("[null,null]"));
  double sum = 0, square = 0;
  for (const auto& [lead, weights] : answers[3].at("weights").items()) {
    for (const auto& weight : weights) sum += weight.is_null() ? 0 : weight.get<double>();
  }
  for (const auto& value : answers[3].at("embedding")) square += value.get<double>() * value.get<double>();
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(square, 1, 1e-5);
  const auto head = json::parse(test::file_bytes(path("head.json")));
  EXPECT_EQ(head.at("run").at("weights_sha256").get<std::string>().substr(0, 12), answers[0].at("model"));
  EXPECT_EQ(head.at("signal").at("samples"), 200);
}

TEST_F(PredictProgram, ALineThatFailsHasAnErrorInItsPlaceAndTheOthersAnAnswer) {
  auto header = test::file_bytes(path("whole.hea"));
  for (auto at = header.find("whole"); at != std::string::npos; at = header.find("whole")) header.replace(at, 5, "cut");
  test::put_file(path("cut.hea"), header);
  test::put_file(path("cut.dat"), test::file_bytes(path("whole.dat")).substr(0, 1000));
  const auto answers = predict("{\"id\": \"a\", \"wfdb\": \"" + path("nothing") + "\"}\n\nnot json\n" + stored(0) +
                                   "[]\n{\"record\": \"x\"}\n{\"wfbd\": \"x\"}\n{\"id\": 7, \"wfdb\": \"x\"}\n" +
                                   "{\"id\": \"n\", \"store\": \"" + path("store") + "\", \"record\": \"none\"}\n" +
                                   wfdb("cut") + std::string(2u << 20, 'x') + "\n{\"wfdb\": \"\xff\"}\n" + stored(1) +
                                   wfdb(std::string(5000, 'd') + "/r") + "{\"wfdb\": \"\\u0000\"}\n",
                               {"--brief", "--batch=3"}, 3);
  ASSERT_EQ(answers.size(), 14u);
  const char* ids[] = {"a", "", nullptr, "", "x", "", "", "n", "", "", "", nullptr, "", ""};
  for (const std::size_t good : {std::size_t{2}, std::size_t{11}}) {
    EXPECT_TRUE(answers[good].contains("classes")) << answers[good];
    EXPECT_FALSE(answers[good].contains("embedding"));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i == 2 || i == 11) continue;
    ASSERT_TRUE(answers[i].contains("error")) << i << answers[i];
    EXPECT_EQ(answers[i].at("error").at("code").get<std::string>().substr(0, 2), "E3") << answers[i];
    EXPECT_FALSE(answers[i].at("error").at("what").get<std::string>().empty());
    if (*ids[i] != '\0') {
      EXPECT_EQ(answers[i].at("id"), ids[i]);
    }
  }
  EXPECT_EQ(answers[1].at("error").at("where").get<std::string>().substr(0, 6), "line 3");
}

TEST_F(PredictProgram, BatchAndOrderChangeNothingButRounding) {
  std::vector<std::string> input;
  for (std::int64_t i = 0; i < 20; ++i) input.push_back(stored(i));
  input.push_back(wfdb("limb"));
  const auto joined = [](const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += line;
    return out;
  };
  const auto expected = predict(joined(input), {"--batch=1"});
  ASSERT_EQ(expected.size(), 21u);
  for (const char* batch : {"--batch=7", "--batch=256"}) {
    const auto answers = predict(joined(input), {batch});
    EXPECT_LE(largest_difference(answers, expected), 2e-6) << batch;
  }
  std::reverse(input.begin(), input.end());
  auto reversed = predict(joined(input), {"--batch=7"});
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_LE(largest_difference(reversed, expected), 2e-6);
}

TEST_F(PredictProgram, StreamsFromStdinToStdoutAndToAFile) {
  test::put_file(path("stream.jsonl"), stored(5));
  const auto command = cat(SCAR_BIN_DIR, "/scar-eval predict ", path("run"), " --device=cpu --prompt=normal -q < ",
                           path("stream.jsonl"), " > ", path("stream.out"));
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(lines_of(test::file_bytes(path("stream.out"))).size(), 1u);
  const auto none = predict(stored(5), {"--out", path("answers.jsonl")});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(lines_of(test::file_bytes(path("answers.jsonl"))).at(0).at("id"), store_->id(5));
  EXPECT_TRUE(predict("", {}).empty());
}

TEST_F(PredictProgram, CalibrationMakesProbabilitiesOfTheScoresOfItsOwnModelAndPrompts) {
  const auto curves = path("curves.json");
  const std::vector<std::string> words = {"--data", path("store"), "--task=synth", "--out", curves};
  auto outcome = eval("calibrate", words);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("slope"), std::string::npos);
  const auto document = json::parse(test::file_bytes(curves));
  EXPECT_EQ(document.at("format"), "scar-calibration");
  EXPECT_EQ(document.at("split").at("name"), "validation");
  EXPECT_EQ(document.at("classes").size(), 12u);
  ASSERT_EQ(eval("calibrate", words).status, 0);
  EXPECT_EQ(json::parse(test::file_bytes(curves)), document);

  const std::string pack = std::string(SCAR_SOURCE) + "/configs/prompts/synth.yaml";
  test::put_file(path("in.jsonl"), stored(3));
  const std::vector<std::string> asking = {"--in",         path("in.jsonl"), "--prompts", pack,
                                           "--task=synth", "--calibration",  curves};
  outcome = eval("predict", asking);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto classes = json::parse(outcome.out).at("classes");
  for (const auto& curve : document.at("classes")) {
    const auto& answer = classes.at(curve.at("class").get<std::string>());
    if (curve.at("slope").is_null()) {
      EXPECT_TRUE(answer.at("probability").is_null());
      continue;
    }
    const double f =
        curve.at("slope").get<double>() * answer.at("score").get<double>() + curve.at("intercept").get<double>();
    EXPECT_NEAR(answer.at("probability").get<double>(), 1 / (1 + std::exp(-f)), 1e-4);
  }
  auto other = asking;
  other[3] = path("prompts.yaml");
  other[4] = "--task=kind";
  outcome = eval("predict", other);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err.find("another task"), std::string::npos) << outcome.err;
  const auto refused =
      eval("calibrate", {"--data", path("store"), "--task=synth", "--out", path("t.json"), "--split=test"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("--allow-test"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(path("t.json")));
}

TEST_F(PredictProgram, RetrievalCountsDuplicatesAsHitsAndTellsChance) {
  const auto outcome = eval("retrieval", {"--data", path("store"), "--json", "--mask=lead:0.5"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = json::parse(outcome.out);
  EXPECT_EQ(document.at("kind"), "retrieval");
  const auto& records = document.at("records");
  EXPECT_EQ(records.at("n_in").get<std::size_t>(),
            records.at("n_scored").get<std::size_t>() + records.at("excluded").size());
  ASSERT_EQ(document.at("conditions").size(), 2u);
  const auto& clean = document.at("conditions")[0];
  for (const char* direction : {"ecg_to_report", "ecg_to_distinct_text", "report_to_ecg"}) {
    double before = 0;
    for (const char* figure : {"recall_at_1", "recall_at_5", "recall_at_10"}) {
      const auto& entry = clean.at(direction).at(figure);
      EXPECT_GE(entry.at("value").get<double>(), before);
      EXPECT_GT(entry.at("chance").get<double>(), 0);
      EXPECT_TRUE(entry.at("interval").is_array() || entry.at("interval").is_object()) << entry;
      before = entry.at("value");
    }
    EXPECT_GE(clean.at(direction).at("median_rank").at("value").get<double>(), 1);
  }
  bool written = false;
  for (const auto& entry : fs::directory_iterator(path("run") + "/results"))
    written = written || entry.path().filename().string().starts_with("retrieval-test-");
  EXPECT_TRUE(written);
  const auto table = eval("retrieval", {"--data", path("store"), "--limit=10", "--batch=3"});
  ASSERT_EQ(table.status, 0) << table.err;
  EXPECT_NE(table.out.find("report -> ECG"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("chance"), std::string::npos);
}

TEST_F(PredictProgram, BadInputEndsInOneClearMessage) {
  struct Case {
    std::string verb;
    std::vector<std::string> more;
    int status;
    const char* says;
  };
  const auto store = path("store"), in = path("whole.hea");
  const Case cases[] = {
      {"predict", {}, 2, "--prompt"},
      {"predict", {"--prompt=a", "--prompts", path("prompts.yaml")}, 2, "either"},
      {"predict", {"--prompt=a", "--prompt=a"}, 2, "twice"},
      {"predict", {"--prompt=a", "--task=synth"}, 2, "--task"},
      {"predict", {"--prompt=a", "--in=/nowhere"}, 3, "/nowhere"},
      {"predict", {"--prompt=a", "--in", path("run")}, 3, "cannot read"},
      {"predict", {"--prompt=a", "--out=/nowhere/x", "--in", in}, 3, "/nowhere"},
      {"predict", {"--prompt=a", "--like", path("run"), "--in", in}, 3, "store"},
      {"predict", {"--prompts", path("prompts.yaml"), "--task=knd", "--in", in}, 2, "kind"},
      {"predict", {"--prompts", path("prompts.yaml"), "--calibration", in, "--in", in}, 3, "whole.hea"},
      {"predict", {"--prompt=a", "--batch=0", "--in", in}, 2, "--batch"},
      {"calibrate", {"--data", store, "--task=sinth", "--out", path("c.json")}, 3, "synth"},
      {"calibrate", {"--data", store, "--task=synth"}, 2, "--out"},
      {"calibrate", {"--data", store, "--task=synth", "--split=train", "--out", path("c.json")}, 3, "--allow-trained"},
      {"retrieval", {"--data", store, "--mask=critical:0.5"}, 2, "critical"},
      {"retrieval", {"--data", store, "--limit=-1"}, 2, "--limit"},
      {"retrieval", {"--data", store, "--split=train"}, 3, "--allow-trained"},
  };
  for (const auto& one : cases) {
    const auto outcome = eval(one.verb, one.more);
    EXPECT_EQ(outcome.status, one.status) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(one.says), std::string::npos) << one.says << ": " << outcome.err;
    EXPECT_NE(outcome.err.find("error[E"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace scar
