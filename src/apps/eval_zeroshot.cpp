#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "critical_inputs.h"
#include "eval_verb.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/evaluation/zero_shot_scores.h"
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;

struct ZeroShotFlags : TaskFlags {
  std::vector<std::string> masks;
  std::string save_masks, save_scores;
  CriticalFlags critical;
};

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
  flags.critical.check();
  const bool attacks = flags.critical.cmrs || !critical_rates.empty() || !flags.critical.masks_file.empty();
  if (!flags.save_masks.empty() && !attacks) {
    throw Error(Code::usage, "--save-masks has nothing to save")
        .at("command line")
        .hint("add --mask critical:0.5 or --cmrs");
  }
  check_can_save(flags.save_scores, "--save-scores");

  const auto task = load_task(flags);
  const auto& store = task.inputs.store;
  const auto& records = task.records;

  std::vector<Condition> conditions;
  conditions.push_back({"clean", {}, zero_shot(task.model(), store, records, task.classes, task.embed)});
  for (const auto& spec : specs) {
    Condition condition{spec.text(), make_record_masks(store, records.records, spec, task.seed, task.patch()), {}};
    condition.result = zero_shot(task.model(), store, records, task.classes, task.embed, &condition.masks);
    log::info(cat(condition.name, ": macro AUROC ", three_digits(condition.result.score.macro_auroc)));
    conditions.push_back(std::move(condition));
  }

  auto document = task_head("zero-shot", task, flags, arguments);
  auto& list = document["conditions"] = Json::array();
  for (const auto& condition : conditions) {
    list.push_back(
        condition_json(condition.name, condition.result, condition.name == "clean" ? nullptr : &condition.masks));
  }

  auto scores = scores_head(task);
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
    // Every record has something visible, so the clean table holds all of them.
    const auto answer = ask_critical(task, flags.critical, critical_rates, conditions.front().result.table);
    const auto& study = answer.study;
    transferred_hash = answer.transferred_hash;
    if (!flags.save_masks.empty()) save_book(study.book, task.grid(), flags.save_masks);
    document["critical"] = critical_json(study, answer.asked);
    add_study(scores, study, answer.cmrs_options, answer.asked);
    for (const auto& rate : study.rates) {
      if (!is_asked(answer.asked, rate.rate)) continue;
      columns.push_back({cat("critical:", rate.rate), rate.critical.score});
      columns.push_back({cat("(random:", rate.rate, ")"), rate.random.score});
      measured.insert(measured.end(), {cat("critical:", rate.rate), cat("random:", rate.rate)});
    }
    critical_text = critical_caption(answer, flags.critical);
    if (study.cmrs) {
      document["cmrs"] = cmrs_json(*study.cmrs, answer.cmrs_options);
      critical_text += "\n" + cmrs_table(*study.cmrs);
    }
  }

  const auto intervals = intervals_of(scores, task.seed, bootstrap_jobs(flags.threads), document["ci95"]);
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].ci95 = intervals.at(measured[i]);
  if (const auto cmrs = intervals.find("cmrs"); cmrs != intervals.end()) {
    critical_text += cat("95 % intervals over patients: CMRS ", three_digits(cmrs->second), ", under random masks ",
                         three_digits(intervals.at("random-cmrs")), "\n");
  }
  if (!flags.save_scores.empty()) save_zero_shot_scores(scores, flags.save_scores);

  const Json identity = {task_identity(document),     flags.masks,
                         flags.critical.structure,    transferred_hash,
                         flags.critical.cmrs,         flags.critical.max_positives,
                         flags.critical.max_negatives};
  const auto path = write_result(task.inputs.results, cat("zeroshot-", flags.task, "-", task.split.name), identity,
                                 task.split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
  } else {
    std::cout << "zero-shot " << flags.task << ", " << task.split.rule << ", " << conditions.front().result.score.rows
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
      : EvalVerb(arguments.verb("zeroshot",
                                "Zero-shot diagnosis: the score of a class is the cosine of the ECG with its prompts.",
                                kEvalExample)) {
    flags_.declare(command_, "of masks and of choices by hash");
    command_.option("--mask", flags_.masks,
                    cat(data::mask_grammar(), " or critical:RATE; may be repeated, clean always comes first"));
    flags_.critical.declare(command_);
    command_.option("--save-masks", flags_.save_masks, "write the critical masks to this file");
    command_.option("--save-scores", flags_.save_scores, "write all scores to this file, for scar-eval compare");
  }
  int run(const Arguments& arguments) override { return zero_shot_command(flags_, arguments); }

 private:
  ZeroShotFlags flags_;
};

}  // namespace

std::unique_ptr<EvalVerb> zero_shot_verb(Arguments& arguments) { return std::make_unique<ZeroShotVerb>(arguments); }

}  // namespace scar::apps
