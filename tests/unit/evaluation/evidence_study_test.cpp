// Enrichment and oracle AUROC of a fresh model on synthetic records, and what is computed from known scores.
#include <cmath>

#include <nlohmann/json.hpp>

#include "scar/core/random.h"
#include "scar/data/store/store_writer.h"
#include "scar/data/synthetic/render.h"
#include "scar/evaluation/evidence_results.h"
#include "scar/evaluation/token_measures.h"
#include "scar/tensor/safetensors.h"
#include "synthetic_model.h"

namespace scar::evaluation {
namespace {

using Evidence = SyntheticModel;

BootstrapOptions few() {
  BootstrapOptions options;
  options.resamples = 100;
  return options;
}

OracleScores score(model::DualEncoder& model, const data::Store& store, const std::vector<std::int64_t>& records,
                   const at::Tensor& classes, std::int64_t batch = 64) {
  EmbedOptions options;
  options.batch = batch;
  return score_twins(model, store, data::synthetic_options(store.info(), "test"), records, classes, options, 2);
}

TEST_F(Evidence, WithoutAnyEvidenceRecordAndTwinScoreTheSameToTheLastBit) {
  auto model = make_model();
  const auto scores = score(model, store_, records_, classes_);
  EXPECT_EQ(scores.largest_difference, 0);
  EXPECT_TRUE(scores.excluded.empty());
  std::size_t pairs = 0;
  for (const auto& finding : scores.findings) {
    pairs += finding.ids.size();
    EXPECT_EQ(finding.record[3], finding.twin[3]) << finding.finding;
    for (std::size_t i = 0; i < finding.ids.size(); ++i) {
      EXPECT_NE(finding.record[0][i], finding.twin[0][i]);
      EXPECT_NE(finding.record[1][i], finding.record[2][i]);
    }
  }
  EXPECT_GT(pairs, 20u);
  const auto study = study_oracle(scores, data::calibrate(generator()), few());
  EXPECT_DOUBLE_EQ(*study.macro[3], .5);
  EXPECT_DOUBLE_EQ(study.intervals[3]->low, .5);
  EXPECT_DOUBLE_EQ(study.intervals[3]->high, .5);
}

TEST_F(Evidence, ScoresOfTwinsDoNotDependOnTheBatch) {
  auto model = make_model();
  const auto large = score(model, store_, records_, classes_), small = score(model, store_, records_, classes_, 7);
  for (std::size_t f = 0; f < large.findings.size(); ++f) {
    for (std::size_t c = 0; c < kEvidenceConditions; ++c) {
      for (std::size_t i = 0; i < large.findings[f].ids.size(); ++i)
        EXPECT_NEAR(large.findings[f].twin[c][i], small.findings[f].twin[c][i], 1e-6);
    }
  }
}

TEST_F(Evidence, LevelWeightsTakeNoNoticeOfTheSecondaryEvidence) {
  auto model = make_model();
  model.named_parameters()["ecg.selector.score.weight"].detach().zero_();
  EmbedOptions options;
  const auto study = study_secondary_weight(model, *tokenizer_, store_, records_, 1e6, options, few());
  ASSERT_EQ(study.figures.size(), kSecondaryWeights.size());
  ASSERT_GT(study.ids.size(), 10u);
  for (const auto& figure : study.figures) {
    for (const double ratio : figure.by_record) EXPECT_NEAR(ratio, 1.0, 1e-4) << figure.weights;
  }
}

TEST_F(Evidence, ASharpTargetPutsItsWeightOnOneTokenOrNone) {
  auto model = make_model();
  const auto study = study_secondary_weight(model, *tokenizer_, store_, records_, 1e-4, {}, few());
  const auto& masked = study.figures[2];
  for (const double ratio : masked.by_record) EXPECT_TRUE(ratio < 0.2 || ratio > 1.5) << ratio;
}

TEST_F(Evidence, RecordsThatAreNotTheGeneratorsAreRefused) {
  auto other = generator();
  other.seed = 2;
  other.records = 12;
  const auto path = folder_->path() / "foreign";
  data::StoreWriter writer(path, data::synthetic_store_info(generator()), 12, 12);  // says seed 1
  for (std::int64_t i = 0; i < 12; ++i) writer.add(data::render(other, i));
  writer.end_shard();
  (void)writer.finish();
  const auto store = data::Store::open(path);
  auto model = make_model();
  std::vector<std::int64_t> all(12);
  std::iota(all.begin(), all.end(), 0);
  try {
    (void)score(model, store, all, classes_);
    FAIL() << "a store of another seed was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::store_mismatch);
    EXPECT_NE(std::string(error.what()).find("synth-0000"), std::string::npos) << error.what();
  }
}

OracleScores known_scores() {
  OracleScores scores;
  CounterRandom random(1, "known");
  for (const char* name : {"anterior_mi", "lvh"}) {
    TwinScores finding;
    finding.finding = name;
    for (int i = 0; i < 40; ++i) {
      finding.ids.push_back("r" + std::to_string(i));
      finding.patients.push_back("p" + std::to_string(i / 2));
      const double noise = random.normal();
      const std::array<double, 4> gain = {100, i % 4 == 0 ? 100.0 : 0.0, 100, 0};
      for (std::size_t c = 0; c < 4; ++c) {
        finding.twin[c].push_back(noise);
        finding.record[c].push_back(noise + gain[c]);
      }
    }
    scores.findings.push_back(std::move(finding));
  }
  scores.findings.push_back({"rbbb", {}, {}, {}, {}});  // no record has it
  return scores;
}

TEST(OracleAuroc, ComparesAllRecordsWithAllTwins) {
  std::vector<data::CalibrationRow> calibration(3);
  calibration[0] = {.finding = "anterior_mi", .primary_auroc = .99, .secondary_auroc = .8};
  calibration[1] = {.finding = "lvh", .primary_auroc = .97, .secondary_auroc = .9};
  calibration[2] = {.finding = "rbbb", .primary_auroc = .9, .secondary_auroc = .1};
  const auto study = study_oracle(known_scores(), calibration, few());
  EXPECT_DOUBLE_EQ(*study.macro[0], 1);
  EXPECT_DOUBLE_EQ(*study.macro[3], .5);
  // A quarter of the records stand above every twin, the others among them.
  EXPECT_NEAR(*study.macro[1], .25 + .75 * .5, .05);
  EXPECT_DOUBLE_EQ(*study.secondary_optimum, .85);  // rbbb has no pairs and does not count
  EXPECT_DOUBLE_EQ(*study.gap, .85 - *study.macro[1]);
  EXPECT_DOUBLE_EQ(study.gap_interval->low, .85 - study.intervals[1]->high);
  EXPECT_LT(study.intervals[1]->low, *study.macro[1]);
  EXPECT_GT(study.intervals[1]->high, *study.macro[1]);
  EXPECT_FALSE(study.findings[2].auroc[0]);
  EXPECT_FALSE(study.findings[2].gap);
  calibration.pop_back();
  EXPECT_THROW((void)study_oracle(known_scores(), calibration, few()), Error);
}

EnrichmentStudy enrich(model::DualEncoder& model, const text::Tokenizer& tokenizer, const data::Store& store,
                       const std::vector<std::int64_t>& records) {
  EnrichmentOptions options;
  options.rates = {.25};
  options.bootstrap = few();
  options.embed.batch = 16;
  return study_enrichment(model, tokenizer, store, records, options);
}

TEST_F(Evidence, EveryMeasureIsAskedOnRecordsOfOneLocalisedFinding) {
  auto model = make_model();
  const auto study = enrich(model, *tokenizer_, store_, records_);
  ASSERT_GT(study.records.size(), 10u);
  for (std::size_t i = 0; i < study.records.size(); ++i) {
    const auto* labels = store_.labels("synth", study.records[i]);
    EXPECT_EQ(std::accumulate(labels, labels + 12, 0), 1);
    const auto column = static_cast<std::size_t>(store_.finding_index(study.findings[study.finding[i]]));
    EXPECT_EQ(labels[column], 1);
  }
  ASSERT_EQ(study.rows.size(), 3u);
  for (const auto& row : study.rows) {
    ASSERT_EQ(row.figures.size(), kEnrichmentMeasures.size() + 1);
    for (const auto& figure : row.figures) {
      EXPECT_EQ(figure.by_record.size(), study.records.size());
      EXPECT_TRUE(figure.mean.value) << figure.measure;
      const auto* bound = row.find(figure.measure == "ceiling" ? "ceiling" : "attainable");
      EXPECT_LE(*figure.mean.value, *bound->mean.value + 1e-12) << figure.measure;
    }
    EXPECT_LE(*row.find("attainable")->mean.value, *row.find("ceiling")->mean.value + 1e-12);
  }
  EXPECT_NEAR(*study.rows[0].find("attainable")->mean.value, *study.rows[0].find("ceiling")->mean.value, 1e-12);
}

TEST_F(Evidence, WhatAModelDoesNotHaveHasNoFigure) {
  options_.masker.enabled = false;
  options_.selector.kind = "mean";
  auto model = make_model();
  const auto study = enrich(model, *tokenizer_, store_, records_);
  for (const auto& row : study.rows) {
    EXPECT_EQ(row.find("masker"), nullptr);
    EXPECT_EQ(row.find("selector"), nullptr);
    EXPECT_TRUE(row.find("attention")->mean.value);
  }
  const auto json = enrichment_json(study, {});
  EXPECT_TRUE(json.at("rows")[0].at("masker").is_null());
  EXPECT_FALSE(json.at("rows")[0].at("random").is_null());
}

TEST_F(Evidence, SavedScoresAreTheScores) {
  auto model = make_model();
  const auto scores = score(model, store_, records_, classes_);
  const auto study = enrich(model, *tokenizer_, store_, records_);
  const auto path = folder_->path() / "scores.safetensors";
  save_evidence_scores(path, study, scores, {{"task", "synth"}});
  const auto file = tensor::load_safetensors(path);
  const auto document = nlohmann::json::parse(file.metadata.at("scar_scores"));
  EXPECT_EQ(document.at("kind"), "evidence");
  EXPECT_EQ(document.at("task"), "synth");
  for (const auto& finding : scores.findings) {
    EXPECT_EQ(document.at("oracle").at(finding.finding).at("records").get<std::vector<std::string>>(), finding.ids);
    const auto& saved = file.tensors.at("oracle." + finding.finding + ".primary_removed.twin");
    EXPECT_TRUE(at::equal(saved, at::tensor(finding.twin[1], at::kDouble)));
  }
  EXPECT_EQ(document.at("enrichment").at("patients").get<std::vector<std::string>>(), study.patients);
  const auto& masker = file.tensors.at("enrichment.free.0.25.masker");
  EXPECT_EQ(masker.numel(), static_cast<std::int64_t>(study.records.size()));
}

TEST_F(Evidence, MeasuresStandAtTheirTokensAndSaliencyIsTheSlope) {
  auto model = make_model();
  EmbedOptions loading;
  loading.batch = 3;
  for_each_token_batch(model, store_, {1, 2, 3}, loading, [&](std::int64_t, model::Tokens tokens) {
    tokens.visible = tokens.visible.clone();
    tokens.visible[1].narrow(0, 0, 40).zero_();
    const auto targets = classes_.narrow(0, 0, 3);
    const auto measures = measure_tokens(model, tokens, targets, true);
    for (const auto& measure : {measures.selector, measures.attention}) {
      EXPECT_NEAR((measure.sum(1) - 1).abs().max().item<double>(), 0, 1e-5);
      EXPECT_EQ(measure[1].narrow(0, 0, 40).abs().max().item<double>(), 0);
      EXPECT_GT(measure[1].narrow(0, 40, 56).min().item<double>(), 0);
    }
    EXPECT_EQ(measures.saliency[1].narrow(0, 0, 40).abs().max().item<double>(), 0);
    const auto total = [&](std::int64_t record, std::int64_t token, double change) {
      auto keep = tokens.visible.to(at::kFloat);
      keep[record][token] += change;
      return (model.ecg->encode_dense(tokens, keep).embedding * targets).sum().item<double>();
    };
    for (const std::int64_t token : {50, 77}) {
      const double slope = (total(1, token, .02) - total(1, token, -.02)) / .04;
      EXPECT_NEAR(measures.saliency[1][token].item<double>(), slope, 1e-4 + .02 * std::abs(slope));
    }
  });
}

}  // namespace
}  // namespace scar::evaluation
