#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/synthetic/calibration.h"
#include "scar/data/synthetic/store.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/evidence_results.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/token_measures.h"
#include "scar/evaluation/zero_shot.h"
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample = "scar-eval evidence runs/tiny --data stores/synth --rate 0.1 --rate 0.5";
constexpr const char* kTask = "synth";
constexpr double kLargestLeak = 1e-5;

struct EvidenceFlags : TaskFlags {
  std::vector<std::string> rates;
  std::string save_scores;
};

/// Evidence is known by 250 ms units; a longer token would mix them.
void require_short_tokens(const EvaluationInputs& inputs, const EvidenceFlags& flags) {
  const auto patch = inputs.run.model->options().ecg.patch_samples;
  const double rate_hz = inputs.store.info().rate_hz;
  const auto block = std::llround(rate_hz / 4);
  if (patch <= block) return;
  throw Error(Code::store_mismatch, "the model's tokens are longer than the units of the evidence")
      .at(flags.run)
      .got(cat(1000.0 * static_cast<double>(patch) / rate_hz, " ms (", patch, " samples at ", rate_hz, " Hz)"))
      .wanted(cat("at most 250 ms (", block, " samples)"))
      .hint(cat("train with model.ecg.patch_samples of at most rate / 4, here ", block));
}

int evidence_command(const EvidenceFlags& flags, const Arguments& arguments) {
  EnrichmentOptions options;
  if (!flags.rates.empty()) options.rates = parse_rates(flags.rates);
  check_can_save(flags.save_scores, "--save-scores");

  auto task = load_without_task(flags);
  const auto& inputs = task.inputs;
  const auto generator = data::synthetic_options(inputs.store.info(), flags.store);
  require_short_tokens(inputs, flags);
  add_task(task, flags, kTask);
  auto& model = task.model();
  const auto& records = task.records;

  options.min_visible = inputs.run.options.game.min_visible;
  options.masker = model.masker && inputs.run.options.game.masking == "masker";
  options.seed = options.bootstrap.seed = task.seed;
  options.bootstrap.jobs = bootstrap_jobs(flags.threads);
  options.embed = task.embed;
  const auto enrichment = study_enrichment(
      model, *inputs.run.tokenizer, inputs.store, records.records, options,
      [](std::int64_t done, std::int64_t total) { log::progress(cat("enrichment: ", done, "/", total, " records")); });
  log::end_progress();
  const auto secondary =
      study_secondary_weight(model, *inputs.run.tokenizer, inputs.store, records.records,
                             inputs.run.options.objective.selector_temperature, options.embed, options.bootstrap);
  const auto scores = score_twins(
      model, inputs.store, generator, records.records, task.classes, options.embed, bootstrap_jobs(flags.threads),
      [](std::int64_t done, std::int64_t total) { log::progress(cat("twins: ", done, "/", total, " pairs")); });
  log::end_progress();
  const auto oracle = study_oracle(scores, data::calibrate(generator), options.bootstrap);
  const bool leaks = scores.largest_difference > kLargestLeak;
  if (leaks && inputs.precision == tensor::Precision::fp32) {
    log::warn(66, cat("with all evidence removed, embeddings of records and their twins differ by up to ",
                      scores.largest_difference, ", allowed ", kLargestLeak,
                      ": removed evidence reaches the embedding, and the oracle figures mean nothing"));
  }
  std::string notes;
  if (!options.masker) notes += "masker: this run trained none\n";
  if (!pooling_weighs(model.options())) notes += cat("selector: ", pooling_weights_meaning(model.options()), "\n");

  auto document = task_head("evidence", task, flags, arguments);
  document["parameters_sha256"] = data::parameters_hash();
  document["has_masker"] = options.masker;
  document["selector_is"] = pooling_weights_meaning(model.options());
  document["enrichment"] = enrichment_json(enrichment, options);
  document["secondary_weight"] = secondary_weight_json(secondary);
  document["oracle"] = oracle_json(oracle, scores);
  document["leak"] = leaks;

  if (!flags.save_scores.empty()) {
    Json about;
    for (const char* member : {"task", "split", "run", "store", "prompts", "parameters_sha256", "precision", "seed"})
      about[member] = document[member];
    save_evidence_scores(flags.save_scores, enrichment, scores, std::move(about));
  }
  const auto path = write_result(inputs.results, cat("evidence-", kTask, "-", task.split.name),
                                 {task_identity(document), options.rates}, task.split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout << "evidence, " << task.split.rule << ", " << records.records.size() << " records\n\n"
            << "enrichment: share of the primary evidence that is removed / share of the tokens that is removed\n"
            << enrichment.records.size() << " records of one localised finding, mean over the findings\n"
            << enrichment_table(enrichment) << notes << "\n"
            << (secondary.figures.empty()
                    ? std::string()
                    : cat("with the primary evidence removed: weight on the secondary evidence / its share of what is "
                          "left\n",
                          secondary_weight_table(secondary), "\n"))
            << "AUROC of records against their twins, which lack the finding\n"
            << oracle_table(oracle)
            << "largest difference of the embeddings with all evidence removed: " << cat(scores.largest_difference)
            << "\n\nresult: " << path.string() << "\n";
  return 0;
}

class EvidenceVerb final : public Verb {
 public:
  explicit EvidenceVerb(Arguments& arguments)
      : Verb(arguments.verb("evidence",
                            "On synthetic records: how much of what is removed is evidence, and what is left of a "
                            "diagnosis without it.",
                            kExample)) {
    flags_.declare(command_, "of random masks and of the bootstrap", /*with_task=*/false);
    command_.option("--rate", flags_.rates,
                    "share of the visible tokens to remove, for the enrichment; may be repeated (0.1, 0.3, 0.5)");
    command_.option("--save-scores", flags_.save_scores,
                    "write the scores of records and twins to this safetensors file");
  }
  int run(const Arguments& arguments) override { return evidence_command(flags_, arguments); }

 private:
  EvidenceFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> evidence_verb(Arguments& arguments) { return std::make_unique<EvidenceVerb>(arguments); }

}  // namespace scar::apps
