#include "scar/evaluation/results.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/evaluation/critical_study.h"
#include "support/temporary_folder.h"
#include "toy_scorer.h"

namespace scar::evaluation {
namespace {

const std::vector<std::string> kClasses = {"one", "two"};

// T23: undefined is null; a class with one positive has its figure.
TEST(Results, UndefinedFiguresAreNullInJsonAndADashInTables) {
  ScoreTable table;
  table.classes = {"a", "b"};
  table.rows = 3;
  table.scores = {.1, .2, .3, .4, .5, .6};
  table.labels = {0, 0, 0, 0, 1, 0};
  const auto score = score_task(table);
  const auto json = score_json(score);
  EXPECT_EQ(json.at("macro_auroc"), 1.0);
  EXPECT_EQ(json.at("n_defined"), 1);
  EXPECT_EQ(json.at("n_total"), 2);
  EXPECT_TRUE(json.at("classes")[1].at("auroc").is_null());
  EXPECT_TRUE(json.at("classes")[1].at("ap").is_null());
  const auto text = score_table({{"clean", score}});
  EXPECT_EQ(text,
            "class            positives  clean\n"
            "a                        1  1.000\n"
            "b                        0      -\n"
            "macro AUROC                 1.000\n"
            "macro AP                    1.000\n"
            "classes defined               1/2\n");
}

// T24: other looks at the test split are counted.
TEST(Results, RepetitionReplacesItsOwnFileAndCountsOthersOnTheTestSplit) {
  const test::TemporaryFolder folder;
  Json document;
  document["figure"] = 1;
  const auto first = write_result(folder / "results", "zeroshot-t-test", {{"weights", "a"}}, true, document);
  EXPECT_EQ(document.at("test_peeks"), 0);
  const auto again = write_result(folder / "results", "zeroshot-t-test", {{"weights", "a"}}, true, document);
  EXPECT_EQ(again, first);
  EXPECT_EQ(document.at("test_peeks"), 0);
  const auto other = write_result(folder / "results", "zeroshot-t-test", {{"weights", "b"}}, true, document);
  EXPECT_NE(other, first);
  EXPECT_EQ(document.at("test_peeks"), 1);
  EXPECT_EQ(read_json(first, 3002).at("figure"), 1);
  (void)write_result(folder / "results", "zeroshot-t-validation", {{"weights", "b"}}, false, document);
  EXPECT_EQ(read_json(first, 3002).at("test_peeks"), 0);
}

/// Positives keep a share of their score with each lead; lead 0 is all that class "one" has.
double fragile(std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
  const double left = label == 0 ? (mask.removed(0, 0) ? 0.0 : 1.0) : 1.0 - mask.removed_share() / 2;
  return (toy_positive(record, label) ? left : 0.0) + .3 * noise(8, record, label);
}

CriticalStudyOptions study_options() {
  CriticalStudyOptions options;
  options.attack.rates = attack_rates({.5, .75});
  options.sample.max_positives = 80;
  options.sample.max_negatives = 300;
  options.cmrs = true;
  options.cmrs_options.most_resolved = 30;
  return options;
}

TEST(CriticalStudy, FindsWhatAClassHangsOnAndRandomMasksMostlyDoNot) {
  ToyScorer scorer(400, fragile);
  const auto ids = toy_ids(400);
  const auto study = study_critical(scorer, clean_table(scorer, kClasses), ids, study_options());
  ASSERT_EQ(study.rates.size(), 3u);
  EXPECT_NEAR(*study.rates[0].critical.score.classes[0].auroc, .5, .1);
  EXPECT_GT(*study.rates[0].random.score.classes[0].auroc, .75);
  EXPECT_GT(*study.rates[2].critical.score.classes[1].auroc, .99);
  EXPECT_FALSE(study.rates[0].attack_failed());
  EXPECT_LT(*study.cmrs->critical.classes[0].by_rate[0], .3);
  EXPECT_GT(*study.cmrs->critical.classes[1].by_rate[2], .9);
  EXPECT_GT(*study.cmrs->gap(), 0);
  for (const auto& result : study.book.masks) EXPECT_TRUE(result.first.label == 1 || result.second[0].removed(0, 0));

  const auto json = cmrs_json(*study.cmrs, study_options().cmrs_options);
  EXPECT_EQ(json.at("version"), 1);
  EXPECT_EQ(json.at("classes").size(), 2u);
  EXPECT_TRUE(json.at("classes")[0].at("left_out").is_null());
  const auto critical = critical_json(study, {.5});
  ASSERT_EQ(critical.at("rates").size(), 1u);
  EXPECT_EQ(critical.at("rates")[0].at("rate"), .5);
  EXPECT_EQ(critical.at("mask_sha256"), study.book.hash());
  EXPECT_EQ(critical.at("sample")[0].at("positives"), 80);
  EXPECT_EQ(critical.at("sample")[0].at("of_positives"), 100);
}

TEST(CriticalStudy, AttackThatLowersNothingIsReportedAsFailed) {
  ToyScorer scorer(400, [](std::int64_t record, std::int64_t label, const auto&) {
    return (toy_positive(record, label) ? 1.0 : 0.0) + .3 * noise(8, record, label);
  });
  const auto study = study_critical(scorer, clean_table(scorer, kClasses), toy_ids(400), study_options());
  for (const auto& rate : study.rates) EXPECT_TRUE(rate.attack_failed());
}

TEST(CriticalStudy, TransferredMasksAreUsedAsTheyAre) {
  ToyScorer reference(400, fragile);
  const auto ids = toy_ids(400);
  auto options = study_options();
  const auto own = study_critical(reference, clean_table(reference, kClasses), ids, options);
  ToyScorer other(400, [](std::int64_t record, std::int64_t label, const data::UnitMask& mask) {
    return (toy_positive(record, label) ? (mask.removed(11, 0) ? 0.0 : 1.0) : 0.0) + .3 * noise(12, record, label);
  });
  const auto transferred = study_critical(other, clean_table(other, kClasses), ids, options, &own.book);
  EXPECT_EQ(transferred.book.hash(), own.book.hash());
  const auto attacked = study_critical(other, clean_table(other, kClasses), ids, options);
  EXPECT_GT(*transferred.rates[0].critical.score.macro_auroc, *attacked.rates[0].critical.score.macro_auroc);
}

TEST(CriticalStudy, AttackRatesKeepTheUsualStages) {
  EXPECT_EQ(attack_rates({.5}), (std::vector<double>{.25, .5}));
  EXPECT_EQ(attack_rates({.9, .5}), (std::vector<double>{.25, .5, .75, .9}));
  EXPECT_EQ(attack_rates({.25}), (std::vector<double>{.25}));
}

}  // namespace
}  // namespace scar::evaluation
