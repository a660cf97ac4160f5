#include "critical_inputs.h"

#include <algorithm>
#include <chrono>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/evaluation/encoder_scorer.h"
#include "scar/evaluation/results.h"

namespace scar::apps {

using namespace evaluation;

namespace {

constexpr std::size_t kTimedPairs = 4;

EncoderScorer make_scorer(const TaskInputs& task) {
  EncoderScorerOptions options;
  options.device = task.inputs.device;
  options.precision = task.inputs.precision;
  return {task.model(), task.inputs.store, task.records.records, task.classes, options};
}

CriticalStudyOptions study_options(const TaskInputs& task, const CriticalFlags& flags, std::vector<double>& asked) {
  CriticalStudyOptions options;
  options.cmrs = flags.cmrs;
  options.attack.structure = parse_structure(flags.structure);
  options.attack.seed = options.sample.seed = options.cmrs_options.seed = task.seed;
  options.sample.max_positives = flags.max_positives;
  options.sample.max_negatives = flags.max_negatives;
  options.cmrs_options.most_resolved = flags.max_positives;
  if (flags.cmrs) asked.insert(asked.end(), options.cmrs_options.rates.begin(), options.cmrs_options.rates.end());
  options.attack.rates = attack_rates(asked);
  return options;
}

}  // namespace

void CriticalFlags::declare(Command& command) {
  command.flag("--cmrs", cmrs,
               "the Counterfactual Missingness Resolution Score, with its attack at rates .25, .5, .75");
  command.option("--structure", structure, "what critical masks remove as a whole: leads | segments | tokens | joint");
  command.option("--max-positives", max_positives, "positives per class that are attacked, chosen by hash");
  command.option("--max-negatives", max_negatives, "negatives per class under critical masks, chosen by hash");
  command.option("--masks", masks_file,
                 "use the critical masks of this file (another model's) instead of an own attack");
}

void CriticalFlags::check() const {
  (void)parse_structure(structure);
  require_range("--max-positives", max_positives, 1, 1'000'000'000, "1 or more");
  require_range("--max-negatives", max_negatives, 1, 1'000'000'000, "1 or more");
}

CriticalAnswer ask_critical(const TaskInputs& task, const CriticalFlags& flags, std::vector<double> rates,
                            const ScoreTable& clean) {
  const auto ids = task.records.ids(task.inputs.store);
  const auto& store_hash = task.inputs.store.manifest_hash();
  auto scorer = make_scorer(task);
  const auto options = study_options(task, flags, rates);
  std::optional<MaskBook> transferred;
  CriticalAnswer out;
  if (!flags.masks_file.empty()) {
    transferred = load_book(flags.masks_file, scorer.grid(), task.records.task, store_hash, ids, task.records.classes);
    for (const double rate : rates) (void)transferred->rate_index(rate);
    out.transferred_hash = transferred->hash();
  }
  out.study = study_critical(scorer, clean, ids, options, transferred ? &*transferred : nullptr,
                             [](std::int64_t done, std::int64_t total) {
                               if (stop_signal() != 0) throw Stopped{};
                               log::progress(cat("attacking ", done, "/", total, " (record, class) pairs"));
                             });
  log::end_progress();
  log::debug(cat(scorer.passes(), " records encoded, ", scorer.tokens_passed(), " tokens"));
  if (!transferred) {
    out.study.book.origin.task = task.records.task;
    out.study.book.origin.store_hash = store_hash;
    out.study.book.origin.weights_hash = task.inputs.run.weights_sha256;
  }
  out.cmrs_options = options.cmrs_options;
  out.asked = std::move(rates);
  for (const auto& rate : out.study.rates) {
    if (rate.attack_failed() && is_asked(out.asked, rate.rate)) {
      log::warn(61, cat("the attack at rate ", rate.rate,
                        " lowers scores no more than random masks of equal number "
                        "do: its figures say nothing about robustness"));
    }
  }
  return out;
}

AttackCost time_attack(const TaskInputs& task, const CriticalFlags& flags, const std::vector<double>& rates,
                       const ScoreTable& clean) {
  auto asked = rates;
  const auto options = study_options(task, flags, asked);
  const auto ids = task.records.ids(task.inputs.store);
  auto targets = study_targets(clean, ids, options);
  AttackCost out{static_cast<std::int64_t>(targets.size()), 0};
  if (targets.empty() || !flags.masks_file.empty()) return out;
  targets.resize(std::min(targets.size(), kTimedPairs));
  auto scorer = make_scorer(task);
  const auto begin = std::chrono::steady_clock::now();
  (void)attack(scorer, targets, ids, clean.classes, options.attack);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  out.seconds_each = took.count() / static_cast<double>(targets.size());
  return out;
}

std::string critical_caption(const CriticalAnswer& answer, const CriticalFlags& flags) {
  return cat("critical: ", structure_name(answer.study.book.structure), ", ", answer.study.book.origin.kind,
             " masks, at most ", flags.max_positives, " positives and ", flags.max_negatives,
             " negatives per class, mask-matched; random: equal number, same records\n");
}

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

}  // namespace scar::apps
