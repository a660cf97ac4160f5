#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/evaluation/critical_study.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/encoder_scorer.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/evaluation/zero_shot_scores.h"

namespace scar::apps {

namespace {

using namespace evaluation;

struct ZeroShotFlags : EvaluationFlags {
  std::vector<std::string> masks;
  std::string split = "auto", prompts, structure = "leads", masks_file, save_masks, save_scores;
  long long seed = 0, limit = 0, max_positives = 200, max_negatives = 500;
  bool cmrs = false;
};

std::string cmrs_table(const CmrsStudy& study) {
  std::vector<std::string> head = {"CMRS", "coverage"};
  for (const double rate : study.critical.rates) head.push_back(cat("critical ", rate));
  for (const double rate : study.random.rates) head.push_back(cat("random ", rate));
  TextTable table(std::move(head));
  for (std::size_t label = 0; label < study.plan.size(); ++label) {
    std::vector<std::string> row = {study.plan[label].name, three_digits(study.plan[label].coverage())};
    for (const auto& value : study.critical.classes[label].by_rate) row.push_back(three_digits(value));
    for (const auto& value : study.random.classes[label].by_rate) row.push_back(three_digits(value));
    table.add(std::move(row));
  }
  std::vector<std::string> mean = {"mean", ""};
  for (const auto& value : study.critical.by_rate) mean.push_back(three_digits(value));
  for (const auto& value : study.random.by_rate) mean.push_back(three_digits(value));
  table.add(std::move(mean));
  std::string out = table.text();
  for (const auto& plan : study.plan) {
    if (!plan.left_out.empty()) out += cat("left out: ", plan.name, " (", plan.left_out, ")\n");
  }
  out += cat("CMRS ", three_digits(study.critical.value), ", under random masks ", three_digits(study.random.value),
             ", gap ", three_digits(study.gap()), "\n");
  return out;
}

std::string family_table(const std::vector<std::pair<std::string, const ZeroShotResult*>>& conditions) {
  std::vector<std::string> head = {"recorder family", "records"};
  for (const auto& [name, result] : conditions) head.push_back(name);
  TextTable table(std::move(head));
  for (const auto& family : conditions.front().second->families) {
    std::vector<std::string> row = {family.family, cat(family.score.rows)};
    for (const auto& [name, result] : conditions) {
      std::optional<double> value;
      for (const auto& other : result->families) {
        if (other.family == family.family) value = other.score.macro_auroc;
      }
      row.push_back(three_digits(value));
    }
    table.add(std::move(row));
  }
  return table.text();
}

struct Condition {
  std::string name;
  RecordMasks masks;
  ZeroShotResult result;
};

int zero_shot_command(const ZeroShotFlags& flags, const Arguments& arguments) {
  std::vector<data::MaskSpec> specs;
  std::vector<double> critical_rates;
  for (const auto& text : flags.masks) {
    const auto spec = data::parse_mask(text);
    if (spec.mode == data::MaskMode::critical)
      critical_rates.push_back(spec.rate);
    else
      specs.push_back(spec);
  }
  const auto structure = parse_structure(flags.structure);
  for (const auto& [name, value] :
       {std::pair{"--max-positives", flags.max_positives}, std::pair{"--max-negatives", flags.max_negatives}}) {
    if (value < 1)
      throw Error(Code::out_of_range, cat(name, " is out of range"))
          .at("command line")
          .got(cat(value))
          .wanted("1 or more");
  }
  if (flags.limit < 0)
    throw Error(Code::out_of_range, "--limit is out of range")
        .at("command line")
        .got(cat(flags.limit))
        .wanted("0 (no limit) or more");
  const bool attacks = flags.cmrs || !critical_rates.empty() || !flags.masks_file.empty();
  if (!flags.save_masks.empty() && !attacks) {
    throw Error(Code::usage, "--save-masks has nothing to save")
        .at("command line")
        .hint("add --mask critical:0.5 or --cmrs");
  }

  check_can_save(flags.save_scores, "--save-scores");
  auto inputs = load_inputs(flags);
  auto& model = *inputs.run.model;
  const auto patch = model.options().ecg.patch_samples;
  const auto split = choose_split(inputs.store, flags.split);
  const auto prompts = text::PromptPack::load(find_prompts(flags.prompts, inputs.store.info().kind));
  const auto records = select_task_records(inputs.store, flags.task, split.folds, patch, flags.limit);
  const auto trained = check_untrained(flags, inputs, records.records);
  log::info(cat(flags.task, ": ", records.n_in, " records of the ", split.rule, "; ", records.records.size(),
                " scored, ", records.excluded.size(), " excluded; prompts ", prompts.origin()));
  const auto classes = embed_classes(model, *inputs.run.tokenizer, prompts, flags.task, records.classes, inputs.device,
                                     inputs.precision);
  EmbedOptions embed_options;
  embed_options.device = inputs.device;
  embed_options.precision = inputs.precision;
  embed_options.batch = flags.batch;
  const auto seed = static_cast<std::uint64_t>(flags.seed);

  std::vector<Condition> conditions;
  conditions.push_back({"clean", {}, zero_shot(model, inputs.store, records, classes, embed_options)});
  for (const auto& spec : specs) {
    Condition condition{spec.text(), make_record_masks(inputs.store, records.records, spec, seed, patch), {}};
    condition.result = zero_shot(model, inputs.store, records, classes, embed_options, &condition.masks);
    log::info(cat(condition.name, ": macro AUROC ", three_digits(condition.result.score.macro_auroc)));
    conditions.push_back(std::move(condition));
  }

  auto document = result_head("zero-shot", inputs, arguments);
  document["task"] = flags.task;
  document["split"] = {{"name", split.name}, {"folds", split.folds}, {"rule", split.rule}};
  document["prompts"] = {{"file", prompts.origin()}, {"sha256", prompts.hash()}};
  const auto& info = inputs.store.info();
  const double block_ms =
      1000.0 * static_cast<double>(data::unit_grid(info.samples, info.rate_hz, patch).block_samples) / info.rate_hz;
  document["unit"] = {{"block_ms", block_ms}};
  document["seed"] = seed;
  document["limit"] = flags.limit;
  document["records"] = {
      {"n_in", records.n_in}, {"n_scored", records.records.size()}, {"excluded", excluded_json(records.excluded)}};
  document["trained_on"] = trained;
  auto& list = document["conditions"] = Json::array();
  for (const auto& condition : conditions) {
    list.push_back(
        condition_json(condition.name, condition.result, condition.name == "clean" ? nullptr : &condition.masks));
  }

  auto scores = scores_head(inputs, flags.task, split, records, prompts, block_ms);
  std::vector<NamedScore> columns;
  std::vector<std::string> measured;  // what each column is called in files of scores
  std::vector<std::pair<std::string, const ZeroShotResult*>> with_families;
  for (const auto& condition : conditions) {
    columns.push_back({condition.name, condition.result.score});
    measured.push_back(condition.name);
    scores.rules.push_back(
        rule_scores(condition.name, condition.result, condition.name == "clean" ? nullptr : &condition.masks));
    with_families.emplace_back(condition.name, &condition.result);
  }
  std::string critical_text, transferred_hash;
  if (attacks) {
    const auto& clean = conditions.front().result;  // every record has something visible: its rows are all records
    const auto& ids = scores.ids;
    EncoderScorerOptions scorer_options;
    scorer_options.device = inputs.device;
    scorer_options.precision = inputs.precision;
    EncoderScorer scorer(model, inputs.store, records.records, classes, scorer_options);
    CriticalStudyOptions options;
    options.cmrs = flags.cmrs;
    options.attack.structure = structure;
    options.attack.seed = options.sample.seed = options.cmrs_options.seed = seed;
    options.sample.max_positives = flags.max_positives;
    options.sample.max_negatives = flags.max_negatives;
    options.cmrs_options.most_resolved = flags.max_positives;
    auto asked = critical_rates;
    if (flags.cmrs) asked.insert(asked.end(), options.cmrs_options.rates.begin(), options.cmrs_options.rates.end());
    options.attack.rates = attack_rates(asked);
    std::optional<MaskBook> transferred;
    if (!flags.masks_file.empty()) {
      transferred =
          load_book(flags.masks_file, scorer.grid(), flags.task, inputs.store.manifest_hash(), ids, records.classes);
      for (const double rate : asked) (void)transferred->rate_index(rate);
      transferred_hash = transferred->hash();
    }
    auto study = study_critical(scorer, clean.table, ids, options, transferred ? &*transferred : nullptr,
                                [](std::int64_t done, std::int64_t total) {
                                  log::progress(cat("attacking ", done, "/", total, " (record, class) pairs"));
                                });
    log::end_progress();
    log::debug(cat(scorer.passes(), " records encoded, ", scorer.tokens_passed(), " tokens"));
    if (!transferred) {
      study.book.origin.task = flags.task;
      study.book.origin.store_hash = inputs.store.manifest_hash();
      study.book.origin.weights_hash = inputs.run.weights_sha256;
    }
    if (!flags.save_masks.empty()) save_book(study.book, scorer.grid(), flags.save_masks);
    document["critical"] = critical_json(study, asked);
    add_study(scores, study, options.cmrs_options, asked);
    for (const auto& rate : study.rates) {
      const auto is_asked = [&](double wanted) { return std::abs(wanted - rate.rate) < 1e-9; };
      if (!asked.empty() && std::none_of(asked.begin(), asked.end(), is_asked)) continue;
      columns.push_back({cat("critical:", rate.rate), rate.critical.score});
      columns.push_back({cat("(random:", rate.rate, ")"), rate.random.score});
      measured.insert(measured.end(), {cat("critical:", rate.rate), cat("random:", rate.rate)});
      if (rate.attack_failed()) {
        log::warn(61,
                  cat("the attack at rate ", rate.rate, " lowers scores no more than random masks of equal number do: ",
                      "its figures say nothing about robustness"));
      }
    }
    critical_text = cat("critical: ", structure_name(study.book.structure), ", ", study.book.origin.kind,
                        " masks, at most ", flags.max_positives, " positives and ", flags.max_negatives,
                        " negatives per class, mask-matched; random: equal number, same records\n");
    if (study.cmrs) {
      document["cmrs"] = cmrs_json(*study.cmrs, options.cmrs_options);
      critical_text += "\n" + cmrs_table(*study.cmrs);
    }
  }

  const auto intervals = intervals_of(scores, seed, bootstrap_jobs(flags.threads), document["ci95"]);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].ci95 = intervals.at(measured[i]);
  if (const auto cmrs = intervals.find("cmrs"); cmrs != intervals.end()) {
    critical_text += cat("95 % intervals over patients: CMRS ", three_digits(cmrs->second), ", under random masks ",
                         three_digits(intervals.at("random-cmrs")), "\n");
  }
  if (!flags.save_scores.empty()) save_zero_shot_scores(scores, flags.save_scores);

  Json identity = {document["run"]["weights_sha256"],
                   document["store"]["manifest_sha256"],
                   document["prompts"]["sha256"],
                   flags.masks,
                   flags.structure,
                   transferred_hash,
                   seed,
                   flags.limit,
                   flags.cmrs,
                   flags.max_positives,
                   flags.max_negatives,
                   document["precision"]};
  const auto path = write_result(inputs.results, cat("zeroshot-", flags.task, "-", split.name), identity,
                                 split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
  } else {
    std::cout << "zero-shot " << flags.task << ", " << split.rule << ", " << conditions.front().result.score.rows
              << " records\n\n"
              << score_table(columns);
    if (!conditions.front().result.families.empty())
      std::cout << "\nmacro AUROC within recorder families\n" << family_table(with_families);
    if (!critical_text.empty()) std::cout << "\n" << critical_text;
    std::cout << "\nresult: " << path.string() << "\n";
  }
  return 0;
}

class ZeroShotVerb final : public EvalVerb {
 public:
  explicit ZeroShotVerb(Arguments& arguments)
      : command_(arguments.verb("zeroshot",
                                "Zero-shot diagnosis: the score of a class is the cosine of the ECG with its prompts.",
                                kEvalExample)) {
    flags_.declare(command_);
    command_.option("--mask", flags_.masks,
                    "lead:RATE, segment:RATE, joint:RATE, clinical:SET or critical:RATE; may be repeated, clean always "
                    "comes first");
    declare_split(command_, flags_.split);
    declare_prompts(command_, flags_.prompts);
    command_.flag("--cmrs", flags_.cmrs,
                  "the Counterfactual Missingness Resolution Score, with its attack at rates .25, .5, .75");
    command_.option("--structure", flags_.structure,
                    "what critical masks remove as a whole: leads | segments | tokens");
    command_.option("--max-positives", flags_.max_positives, "positives per class that are attacked, chosen by hash");
    command_.option("--max-negatives", flags_.max_negatives,
                    "negatives per class under critical masks, chosen by hash");
    command_.option("--masks", flags_.masks_file,
                    "use the critical masks of this file (another model's) instead of an own attack");
    command_.option("--save-masks", flags_.save_masks, "write the critical masks to this file");
    command_.option("--save-scores", flags_.save_scores, "write all scores to this file, for scar-eval compare");
    command_.option("--seed", flags_.seed, "of masks and of choices by hash");
    command_.option("--limit", flags_.limit, "at most so many records, chosen by hash; 0: all");
  }
  [[nodiscard]] bool chosen() const override { return command_.chosen(); }
  int run(const Arguments& arguments) override { return zero_shot_command(flags_, arguments); }

 private:
  Command& command_;
  ZeroShotFlags flags_;
};

}  // namespace

std::unique_ptr<EvalVerb> zero_shot_verb(Arguments& arguments) { return std::make_unique<ZeroShotVerb>(arguments); }

}  // namespace scar::apps
