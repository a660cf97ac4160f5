#include <algorithm>
#include <array>
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
#include "scar/data/store/splits.h"
#include "scar/evaluation/decisions.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/subgroups.h"
#include "scar/evaluation/task_intervals.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/evaluation/zero_shot_scores.h"
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;

struct ZeroShotFlags : TaskFlags {
  std::vector<std::string> masks;
  std::string save_masks, save_scores, thresholds_from = "auto", threshold_rule = "f1";
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

/// Folds that choose thresholds and fit probabilities. Empty: none, and `why` says so.
struct ReferenceFolds {
  std::vector<int> folds;
  std::string why;
};
ReferenceFolds reference_folds(const ZeroShotFlags& flags, const TaskInputs& task) {
  if (flags.thresholds_from == "none") return {{}, "not asked for"};
  if (flags.thresholds_from != "auto") return {parse_folds(flags.thresholds_from, "--thresholds-from"), "as asked"};
  if (task.split.name != "test") return {{}, "these are not the test folds: name others with --thresholds-from"};
  const auto& validation = task.inputs.store.info().validation_folds;
  const auto& evaluated = task.split.folds;
  if (std::find_first_of(validation.begin(), validation.end(), evaluated.begin(), evaluated.end()) != validation.end())
    return {{}, "validation folds are among these: name others with --thresholds-from"};
  return {validation, "the validation folds"};
}

/// Whole records of the reference folds; nothing if there are none.
struct Reference {
  ZeroShotResult result;
  std::optional<training::TrainedShare> trained;
};
std::optional<Reference> score_reference(const ReferenceFolds& reference, const TaskInputs& task) {
  if (reference.folds.empty()) return std::nullopt;
  const auto& store = task.inputs.store;
  (void)data::check_patients_disjoint(store, reference.folds, task.split.folds);
  const auto records = select_task_records(store, task.records.task, reference.folds, task.patch());
  Reference out;
  out.trained =
      training::count_trained(training::RunPaths(task.inputs.run.directory).trained_on(), store, records.records);
  if (out.trained && out.trained->signals + out.trained->patients > 0) {
    log::warn(70, cat(out.trained->signals, " of ", records.records.size(),
                      " records that choose the thresholds trained the run, ", out.trained->patients,
                      " more are of patients who did: scores there are higher than elsewhere, and F1 and ECE "
                      "suffer; name other folds with --thresholds-from"));
  }
  out.result = zero_shot(task.model(), store, records, task.classes, task.embed);
  return out;
}

std::vector<Grouping> groupings_of(const TaskInputs& task, const std::vector<std::int64_t>& rows) {
  std::vector<Grouping> out = {{"sex", {}}, {"age", {}}, {"recorder", {}}, {"device", {}}, {"site", {}}};
  for (const auto row : rows) {
    const auto record = task.records.records[static_cast<std::size_t>(row)];
    const auto& background = task.inputs.store.background(record);
    const std::array<std::string, 5> values = {background.sex, age_group(background.age),
                                               task.inputs.store.recorder(record), background.device, background.site};
    for (std::size_t i = 0; i < out.size(); ++i) out[i].of_record.push_back(values[i]);
  }
  return out;
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
  const auto threshold_rule = parse_threshold_rule(flags.threshold_rule);
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

  const auto& clean = conditions.front().result;  // every record has something visible: its rows are all records
  const auto reference_from = reference_folds(flags, task);
  const auto reference = score_reference(reference_from, task);
  BootstrapOptions bootstrap;
  bootstrap.seed = task.seed;
  bootstrap.jobs = bootstrap_jobs(flags.threads);

  auto document = task_head("zero-shot", task, flags, arguments);
  document["thresholds_from"] = {{"folds", reference_from.folds}, {"why", reference_from.why}};
  if (reference) document["thresholds_from"]["trained_on"] = trained_json(reference->trained);
  auto& list = document["conditions"] = Json::array();
  std::vector<Decisions> decisions;  // one per condition, none without reference folds
  for (const auto& condition : conditions) {
    list.push_back(
        condition_json(condition.name, condition.result, condition.name == "clean" ? nullptr : &condition.masks));
    if (!reference) continue;
    decisions.push_back(decide(reference->result.table, condition.result.table, threshold_rule));
    list.back()["decisions"] = decisions_json(decisions.back(), records.classes);
  }

  auto scores = scores_head(task);
  const auto by_class = task_intervals(clean.table, scores.patients, bootstrap);
  add_intervals(list[0]["score"], by_class);
  const auto subgroups = score_subgroups(clean.table, scores.patients, groupings_of(task, clean.rows), bootstrap);
  list[0]["subgroups"] = subgroups_json(subgroups);
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
    const auto answer = ask_critical(task, flags.critical, critical_rates, clean.table);
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

  const Json identity = {task_identity(document),      flags.masks,
                         flags.critical.structure,     transferred_hash,
                         flags.critical.cmrs,          flags.critical.max_positives,
                         flags.critical.max_negatives, reference_from.folds,
                         flags.threshold_rule};
  const auto path = write_result(task.inputs.results, cat("zeroshot-", flags.task, "-", task.split.name), identity,
                                 task.split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
  } else {
    std::cout << "zero-shot " << flags.task << ", " << task.split.rule << ", " << clean.score.rows << " records\n\n"
              << score_table(columns) << "\nclean, by class\n"
              << class_table(clean.score, by_class);
    if (reference) {
      std::cout << "\nclean, thresholds (" << flags.threshold_rule << ") and probabilities (Platt) from folds "
                << join(reference_from.folds) << "\n"
                << decisions_table(decisions.front(), records.classes);
    } else {
      std::cout << "\nno F1 and no ECE: " << reference_from.why << "\n";
    }
    if (!subgroups.empty()) std::cout << "\nclean, by subgroup\n" << subgroups_table(subgroups);
    if (!clean.families.empty()) std::cout << "\nmacro AUROC within recorder families\n" << family_table(with_families);
    if (!critical_text.empty()) std::cout << "\n" << critical_text;
    std::cout << "\nresult: " << path.string() << "\n";
  }
  return 0;
}

class ZeroShotVerb final : public Verb {
 public:
  explicit ZeroShotVerb(Arguments& arguments)
      : Verb(arguments.verb("zeroshot",
                            "Zero-shot diagnosis: the score of a class is the cosine of the ECG with its prompts.",
                            kEvalExample)) {
    flags_.declare(command_, "of masks and of choices by hash");
    command_.option("--mask", flags_.masks,
                    cat(data::mask_grammar(), " or critical:RATE; may be repeated, clean always comes first"));
    flags_.critical.declare(command_);
    command_.option(
        "--thresholds-from", flags_.thresholds_from,
        "folds that choose thresholds and fit probabilities, for F1 and ECE: auto (the validation folds, for "
        "the test folds) | none | 8 or 7,8");
    command_.option("--threshold-rule", flags_.threshold_rule, "f1 | youden: what the thresholds maximise there");
    command_.option("--save-masks", flags_.save_masks, "write the critical masks to this file");
    command_.option("--save-scores", flags_.save_scores, "write all scores to this file, for scar-eval compare");
  }
  int run(const Arguments& arguments) override { return zero_shot_command(flags_, arguments); }

 private:
  ZeroShotFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> zero_shot_verb(Arguments& arguments) { return std::make_unique<ZeroShotVerb>(arguments); }

}  // namespace scar::apps
