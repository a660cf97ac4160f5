#include "scar/evaluation/comparison.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/random.h"
#include "scar/evaluation/compared_files.h"
#include "scar/evaluation/zero_shot_scores.h"
#include "scar/tensor/safetensors.h"
#include "support/temporary_folder.h"

namespace scar::evaluation {
namespace {

/// Answers of a model that tells positives by `skill` standard deviations: 60 records of 40 patients, two classes,
/// clean, one mask by rule, one critical rate, CMRS at two rates.
ZeroShotScores answers(double skill, std::uint64_t seed) {
  ZeroShotScores out;
  out.task = "colour";
  out.split = "test";
  out.classes = {"red", "green"};
  const std::int64_t records = 60;
  for (std::int64_t i = 0; i < records; ++i) {
    out.ids.push_back(cat("r", i));
    out.patients.push_back(i < 4 ? std::string() : cat("p", i % 40));
    out.labels.push_back(i % 3 == 0 ? 1 : 0);
    out.labels.push_back(i % 4 == 1 ? 1 : 0);
  }
  out.prompts_sha256 = sha256_hex("prompts");
  out.store_sha256 = sha256_hex("store");
  out.store_kind = "test";
  out.provenance = R"({"label_rule":"exact","window":10})";
  out.block_ms = 250;
  out.run = "runs/test";
  out.weights_sha256 = sha256_hex(cat("weights ", skill, " ", seed));
  out.config_sha256 = sha256_hex("config");
  out.seed = seed;

  CounterRandom random(seed, "answers");
  const auto score = [&](std::int64_t row, std::int64_t label, double left) {
    return skill * left * out.labels[static_cast<std::size_t>(row * 2 + label)] + random.normal();
  };
  for (const auto& [name, left] : {std::pair{"clean", 1.0}, std::pair{"joint:0.5", .8}}) {
    RuleScores rule;
    rule.condition = name;
    if (rule.condition != "clean") rule.mask_sha256 = sha256_hex(name);
    for (std::int64_t row = 0; row < records; ++row) {
      if (rule.condition != "clean" && row == 7) continue;  // nothing visible left
      rule.rows.push_back(row);
      for (std::int64_t label = 0; label < 2; ++label) rule.scores.push_back(score(row, label, left));
    }
    out.rules.push_back(std::move(rule));
  }
  for (const auto& [name, kind] : {std::pair{"critical:0.5", "own"}, std::pair{"random:0.5", "random"}}) {
    SampleScores sample;
    sample.condition = name;
    sample.masks = kind;
    sample.structure = "leads";
    sample.mask_sha256 = sha256_hex(sample.masks == "own" ? cat(name, seed) : name);
    for (std::int64_t label = 0; label < 2; ++label) {
      for (const bool positive : {true, false}) {
        for (std::int64_t row = 0; row < records; ++row) {
          if ((out.labels[static_cast<std::size_t>(row * 2 + label)] != 0) != positive || row % 5 == 4) continue;
          sample.members.push_back({row, label, positive, score(row, label, .5)});
        }
      }
    }
    sample.members[3].score = std::nullopt;
    out.samples.push_back(std::move(sample));
  }
  CmrsScores cmrs;
  cmrs.masks = "own";
  cmrs.structure = "leads";
  cmrs.mask_sha256 = sha256_hex(cat("cmrs", seed));
  cmrs.rules = R"({"negatives":20})";
  cmrs.rates = {.25, .5};
  cmrs.critical.resize(2);
  cmrs.random.resize(2);
  for (std::int64_t row = 0; row < records; row += 3) {
    cmrs.rows.push_back(row);
    cmrs.labels.push_back(0);
    cmrs.clean.push_back(.75 + .25 * random.uniform());
    for (std::size_t rate = 0; rate < 2; ++rate) {
      cmrs.critical[rate].push_back(row == 6 ? std::nullopt : std::optional<double>(random.uniform(.2, 1)));
      cmrs.random[rate].push_back(random.uniform(.6, 1));
    }
  }
  out.cmrs = std::move(cmrs);
  return out;
}

ComparedModel model(const ZeroShotScores& scores, const std::string& origin = "file") {
  return compared_model(scores, origin);
}

const ConditionComparison& condition(const Comparison& comparison, const std::string& name) {
  for (const auto& row : comparison.conditions) {
    if (row.name == name) return row;
  }
  throw std::runtime_error(name + " was not compared");
}

ComparisonOptions quick() {
  ComparisonOptions options;
  options.bootstrap.resamples = 300;
  return options;
}

TEST(Comparison, OfAModelWithItselfIsNothingWithPOne) {
  const auto one = answers(1.5, 1);
  const auto comparison = compare_models({model(one)}, {model(one)}, quick());
  ASSERT_EQ(comparison.conditions.size(), 10u);
  for (const auto& row : comparison.conditions) {
    ASSERT_TRUE(row.difference) << row.name;
    EXPECT_EQ(row.difference->difference, 0) << row.name;
    EXPECT_EQ(row.difference->taken->interval.width(), 0) << row.name;
    EXPECT_EQ(row.difference->taken->p, 1) << row.name;
    EXPECT_EQ(*row.holm_p, 1) << row.name;
  }
  EXPECT_EQ(condition(comparison, "cmrs").left_out, std::vector<std::string>{"green"});
  EXPECT_EQ(condition(comparison, "clean").n_records, 60);
  EXPECT_EQ(condition(comparison, "joint:0.5").n_records, 59);
  EXPECT_EQ(comparison.n_patients, 44);  // p0 ... p39, and 4 records without a patient
}

TEST(Comparison, FiguresAreThoseOfTheEvaluation) {
  const auto one = answers(1.5, 1), other = answers(.5, 2);
  const auto comparison = compare_models({model(one)}, {model(other)}, quick());
  ScoreTable table;
  table.classes = one.classes;
  table.rows = 60;
  table.scores = one.rules[0].scores;
  table.labels = one.labels;
  EXPECT_DOUBLE_EQ(condition(comparison, "clean").difference->a, *score_task(table).macro_auroc);
  std::vector<Resolution> resolutions;
  for (std::size_t i = 0; i < one.cmrs->rows.size(); ++i) {
    if (one.cmrs->critical[1][i]) resolutions.push_back({one.cmrs->clean[i], *one.cmrs->critical[1][i]});
  }
  EXPECT_NEAR(condition(comparison, "cmrs:0.5").difference->a, *resolution_score(resolutions), 1e-14);
  EXPECT_NEAR(condition(comparison, "cmrs").difference->a,
              (condition(comparison, "cmrs:0.25").difference->a + condition(comparison, "cmrs:0.5").difference->a) / 2,
              1e-14);
  const auto intervals = own_intervals(model(one), quick().bootstrap);
  EXPECT_LT(intervals[0]->low, condition(comparison, "clean").difference->a);
  EXPECT_GT(intervals[0]->high, condition(comparison, "clean").difference->a);
}

TEST(Comparison, GroupsArePairedBySeedAndTheWiderIntervalIsNamed) {
  const auto a1 = answers(2, 1), a2 = answers(2, 2), b1 = answers(.3, 1), b2 = answers(.3, 2);
  const auto comparison = compare_models({model(a1), model(a2)}, {model(b1), model(b2)}, quick());
  const auto& clean = condition(comparison, "clean");
  EXPECT_EQ(comparison.n_seeds, 2);
  EXPECT_EQ(clean.of_a.size(), 2u);
  EXPECT_NEAR(clean.difference->difference, (clean.of_a[0] + clean.of_a[1] - clean.of_b[0] - clean.of_b[1]) / 2, 1e-14);
  ASSERT_TRUE(clean.difference->seeds);
  EXPECT_EQ(
      clean.difference->source,
      clean.difference->seeds->interval.width() > clean.difference->patients->interval.width() ? "seeds" : "patients");
  EXPECT_GT(clean.difference->difference, .15);
}

TEST(Comparison, DoesNotDependOnThreads) {
  const auto a = model(answers(2, 1)), b = model(answers(1, 2));
  auto options = quick();
  const auto one = compare_models({a}, {b}, options);
  options.bootstrap.jobs = 3;
  const auto three = compare_models({a}, {b}, options);
  for (std::size_t i = 0; i < one.conditions.size(); ++i) {
    const auto &x = *one.conditions[i].difference->patients, &y = *three.conditions[i].difference->patients;
    EXPECT_EQ(x.interval.low, y.interval.low);
    EXPECT_EQ(x.interval.high, y.interval.high);
    EXPECT_EQ(x.p, y.p);
  }
}

TEST(Comparison, EndpointsShareTheLevelAndOthersHaveNone) {
  auto options = quick();
  options.endpoints = {"clean", "cmrs"};
  const auto comparison = compare_models({model(answers(2, 1))}, {model(answers(.2, 2))}, options);
  const double p = condition(comparison, "clean").difference->taken->p;
  EXPECT_DOUBLE_EQ(*condition(comparison, "clean").holm_p, std::min(1.0, 2 * p));
  EXPECT_TRUE(condition(comparison, "cmrs").holm_p);
  EXPECT_FALSE(condition(comparison, "joint:0.5").holm_p);
  options.endpoints = {"lead:0.5"};
  EXPECT_THROW((void)compare_models({model(answers(2, 1))}, {model(answers(.2, 2))}, options), Error);
}

TEST(Comparison, ConditionsThatAFileLacksAreListed) {
  auto without = answers(1, 2);
  without.cmrs.reset();
  without.rules.pop_back();
  const auto comparison = compare_models({model(answers(2, 1))}, {model(without)}, quick());
  EXPECT_EQ(comparison.conditions.size(), 3u);
  EXPECT_EQ(comparison.not_in_all.size(), 7u);
  EXPECT_EQ(comparison.not_in_all.front(), "joint:0.5");
}

struct Difference {
  const char* says;
  std::function<void(ZeroShotScores&)> change;
};

// T32: figures of different questions are not set side by side.
TEST(Comparison, RefusesFilesThatAnswerDifferentQuestionsAndNamesBoth) {
  const Difference differences[] = {
      {"task", [](auto& s) { s.task = "shape"; }},
      {"classes", [](auto& s) { s.classes[1] = "blue"; }},
      {"records", [](auto& s) { s.ids[5] = "another"; }},
      {"patients", [](auto& s) { s.patients[5] = "another"; }},
      {"labels",
       [](auto& s) {
         s.labels[9] ^= 1;  // of a record that is in no sample
       }},
      {"prompts", [](auto& s) { s.prompts_sha256 = sha256_hex("others"); }},
      {"label_rule", [](auto& s) { s.provenance = R"({"label_rule":"published","window":10})"; }},
      {"window", [](auto& s) { s.provenance = R"({"label_rule":"exact"})"; }},
      {"high_pass", [](auto& s) { s.provenance = R"({"label_rule":"exact","window":10,"high_pass":0.5})"; }},
      {"masks under joint:0.5", [](auto& s) { s.rules[1].mask_sha256 = sha256_hex("others"); }},
      {"scored records under joint:0.5",
       [](auto& s) {
         s.rules[1].rows.pop_back();
         s.rules[1].scores.resize(s.rules[1].scores.size() - 2);
       }},
      {"origin of masks under critical:0.5", [](auto& s) { s.samples[0].masks = "transferred"; }},
      {"structure of masks under critical:0.5", [](auto& s) { s.samples[0].structure = "tokens"; }},
      {"units of masks under critical:0.5", [](auto& s) { s.block_ms = 1000; }},
      {"sampled positives and negatives under critical:0.5", [](auto& s) { s.samples[0].members.pop_back(); }},
      {"masks under random:0.5", [](auto& s) { s.samples[1].mask_sha256 = sha256_hex("others"); }},
      {"rules of CMRS", [](auto& s) { s.cmrs->rules = R"({"negatives":10})"; }},
  };
  for (const auto& difference : differences) {
    auto other = answers(1, 2);
    difference.change(other);
    try {
      (void)compare_models({model(answers(2, 1), "one.scores")}, {model(other, "other.scores")}, quick());
      ADD_FAILURE() << "compared in spite of other " << difference.says;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::store_mismatch) << difference.says;
      for (const char* named : {difference.says, "one.scores", "other.scores"}) {
        EXPECT_NE(std::string(error.what()).find(named), std::string::npos) << error.what();
      }
    }
  }
  auto own = answers(1, 2);
  own.samples[0].mask_sha256 = sha256_hex("another attack");
  EXPECT_NO_THROW((void)compare_models({model(answers(2, 1))}, {model(own)}, quick())) << "own masks differ by nature";
  own.store_sha256 = sha256_hex("at another rate");
  EXPECT_NO_THROW((void)compare_models({model(answers(2, 1))}, {model(own)}, quick()));
}

TEST(Comparison, TransferredMasksMustBeTheSame) {
  auto one = answers(2, 1), other = answers(1, 2);
  for (auto* scores : {&one, &other}) scores->samples[0].masks = scores->cmrs->masks = "transferred";
  one.cmrs->mask_sha256 = other.cmrs->mask_sha256;
  EXPECT_THROW((void)compare_models({model(one)}, {model(other)}, quick()), Error);
  one.samples[0].mask_sha256 = other.samples[0].mask_sha256;
  EXPECT_NO_THROW((void)compare_models({model(one)}, {model(other)}, quick()));
  one.cmrs->mask_sha256 = sha256_hex("others");
  EXPECT_THROW((void)compare_models({model(one)}, {model(other)}, quick()), Error);
}

Code refusal(const std::vector<ZeroShotScores>& a, const std::vector<ZeroShotScores>& b) {
  const auto models = [](const std::vector<ZeroShotScores>& group) {
    std::vector<ComparedModel> out;
    for (const auto& scores : group) out.push_back(model(scores));
    return out;
  };
  try {
    (void)compare_models(models(a), models(b), quick());
  } catch (const Error& error) {
    return error.code();
  }
  return Code{};
}

TEST(Comparison, RefusesGroupsThatAreNoPairsOfSeeds) {
  const auto a1 = answers(2, 1), a2 = answers(2, 2), b1 = answers(1, 1), b2 = answers(1, 2);
  EXPECT_EQ(refusal({a1, a2}, {b1, b2}), Code{});
  EXPECT_EQ(refusal({a1, a2}, {b2, b1}), Code::contradiction) << "seeds in another order";
  EXPECT_EQ(refusal({a1, a2}, {b1}), Code::usage);
  EXPECT_EQ(refusal({}, {}), Code::usage);
  EXPECT_EQ(refusal({a1, a1}, {b1, b1}), Code::contradiction) << "one model twice";
  EXPECT_EQ(refusal({a1}, {b2}), Code{}) << "one pair has no interval over seeds";
  auto unknown = b1;
  unknown.seed.reset();
  EXPECT_EQ(refusal({a1, a2}, {unknown, b2}), Code{});
}

void expect_equal(const ZeroShotScores& x, const ZeroShotScores& y) {
  const auto figures = compare_models({model(x)}, {model(y)}, quick());
  for (const auto& row : figures.conditions) EXPECT_EQ(row.difference->difference, 0) << row.name;
  EXPECT_TRUE(figures.not_in_all.empty());
}

TEST(ZeroShotScores, ComeBackFromTheirFileAsTheyWere) {
  const test::TemporaryFolder folder;
  auto scores = answers(1.5, 9);
  save_zero_shot_scores(scores, folder / "a.scores");
  const auto again = load_zero_shot_scores(folder / "a.scores");
  expect_equal(scores, again);
  EXPECT_EQ(again.seed, 9u);
  EXPECT_EQ(again.run, "runs/test");
  EXPECT_EQ(again.split, "test");
  EXPECT_EQ(again.store_sha256, scores.store_sha256);
  EXPECT_EQ(again.rules[1].rows, scores.rules[1].rows);
  EXPECT_EQ(again.rules[1].scores, scores.rules[1].scores);
  EXPECT_FALSE(again.samples[0].members[3].score);
  EXPECT_EQ(again.cmrs->critical, scores.cmrs->critical);
  EXPECT_EQ(again.cmrs->rates, scores.cmrs->rates);
  scores.seed.reset();
  scores.cmrs.reset();
  scores.samples.clear();
  save_zero_shot_scores(scores, folder / "a.scores");
  const auto short_one = load_compared_model(folder / "a.scores");
  EXPECT_EQ(short_one.conditions.size(), 2u);
  EXPECT_FALSE(short_one.seed);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1) << "no temporary is left";
}

TEST(ZeroShotScores, AFileThatCannotBeTrustedIsRefusedWithWhatIsWrong) {
  const test::TemporaryFolder folder;
  save_zero_shot_scores(answers(1.5, 9), folder / "good.scores");
  const auto good = tensor::load_safetensors(folder / "good.scores");
  const auto refused = [&](const std::string& says, const std::function<void(Json&, tensor::NamedTensors&)>& change) {
    auto document = parse_json(good.metadata.at("scar_scores"), "test", 3002);
    tensor::NamedTensors tensors;
    for (const auto& [name, value] : good.tensors) tensors[name] = value.clone();
    change(document, tensors);
    tensor::save_safetensors(folder / "bad.scores", tensors, {{"scar_scores", document.dump()}});
    try {
      (void)load_compared_model(folder / "bad.scores");
      ADD_FAILURE() << "read in spite of: " << says;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::data_unreadable) << error.what();
      EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << says << " is not said by " << error.what();
      EXPECT_NE(std::string(error.what()).find("bad.scores"), std::string::npos) << error.what();
    }
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  refused("format version", [](Json& d, auto&) { d["version"] = 2; });
  refused("not a file of scores", [](Json& d, auto&) { d["format"] = "scar-masks"; });
  refused("kind", [](Json& d, auto&) { d["kind"] = "poem"; });
  refused("lacks 'task'", [](Json& d, auto&) { d.erase("task"); });
  refused("not a text", [](Json& d, auto&) { d["task"] = 7; });
  refused("repeated", [](Json& d, auto&) { d["records"][1] = d["records"][0]; });
  refused("'classes' is empty", [](Json& d, auto&) { d["classes"] = Json::array(); });
  refused("differ in number", [](Json& d, auto&) { d["patients"].push_back("x"); });
  refused("SHA-256", [](Json& d, auto&) { d["prompts_sha256"] = "abc"; });
  refused("seed", [](Json& d, auto&) { d["run"]["seed"] = -1; });
  refused("that of another", [](Json& d, auto&) { d["rules"][1]["condition"] = "clean"; });
  refused("origin", [](Json& d, auto&) { d["samples"][0]["masks"] = "borrowed"; });
  refused("not an object", [](Json& d, auto&) { d["cmrs"] = 3; });
  refused("'labels' has another type", [](Json&, auto& t) { t["labels"] = t["labels"].slice(0, 1).contiguous(); });
  refused("'labels' is out of range", [](Json&, auto& t) { t["labels"].fill_(2); });
  refused("'rule.0.rows' is missing", [](Json&, auto& t) { t.erase("rule.0.rows"); });
  refused("do not ascend", [](Json&, auto& t) { t["rule.0.rows"][1] = 0; });
  refused("'rule.0.rows' is out of range", [](Json&, auto& t) { t["rule.0.rows"][59] = 60; });
  refused("'rule.1.scores' is out of range", [&](Json&, auto& t) { t["rule.1.scores"][0][0] = nan; });
  refused("another type", [](Json&, auto& t) { t["rule.1.scores"] = t["rule.1.scores"].to(at::kFloat); });
  refused("twice", [](Json&, auto& t) { t["sample.0.rows"][1] = t["sample.0.rows"][0].clone(); });
  refused("label says", [](Json&, auto& t) { t["sample.0.positive"][0] = 0; });
  refused("'sample.0.classes' is out of range", [](Json&, auto& t) { t["sample.0.classes"][0] = 2; });
  refused("'cmrs.clean' is out of range", [](Json&, auto& t) { t["cmrs.clean"][0] = .5; });
  refused("'cmrs.critical' is out of range", [](Json&, auto& t) { t["cmrs.critical"][0][0] = 1.5; });
  refused("not positive", [](Json&, auto& t) { t["cmrs.rows"][0] = 1; });
  refused("no rate", [](Json&, auto& t) { t["cmrs.rates"] = t["cmrs.rates"].slice(0, 2).contiguous(); });

  std::ofstream(folder / "text.scores") << "not safetensors";
  EXPECT_THROW((void)load_compared_model(folder / "text.scores"), Error);
  tensor::save_safetensors(folder / "weights.scores", good.tensors);
  EXPECT_THROW((void)load_compared_model(folder / "weights.scores"), Error);
  EXPECT_THROW((void)load_compared_model(folder / "gone.scores"), Error);
  EXPECT_THROW((void)load_compared_model(folder.path()), Error);
}

}  // namespace
}  // namespace scar::evaluation
