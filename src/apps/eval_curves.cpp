#include <algorithm>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/evaluation/curve_results.h"
#include "scar/evaluation/encoder_scorer.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/token_measures.h"
#include "scar/evaluation/zero_shot.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample = "scar-eval curves runs/tiny --data stores/synth --task synth --max-positives 50";

struct CurveFlags : EvaluationFlags {
  std::string split = "auto", prompts;
  long long seed = 0, limit = 0, max_positives = 100, random_orders = 4;
};

void check(const CurveFlags& flags) {
  const auto require = [](const char* name, long long value, long long low, long long high, const char* wanted) {
    if (value >= low && value <= high) return;
    throw Error(Code::out_of_range, cat(name, " is out of range")).at("command line").got(cat(value)).wanted(wanted);
  };
  require("--max-positives", flags.max_positives, 1, 1'000'000, "1 or more");
  require("--random-orders", flags.random_orders, 1, 100, "1 to 100");
  require("--limit", flags.limit, 0, 1'000'000'000, "0 (no limit) or more");
}

/// At most so many positives per class, the first by hash: those that the critical masks take, too. Rows of `records`.
std::vector<CurvePair> choose_pairs(const data::Store& store, const TaskRecords& records, const CurveFlags& flags) {
  const auto ids = records.ids(store);
  const auto labels = labels_of(store, records.task, records.records);
  std::vector<CurvePair> pairs;
  for (std::size_t c = 0; c < records.classes.size(); ++c) {
    std::vector<std::int64_t> positives;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      if (labels[row * records.classes.size() + c] == 1) positives.push_back(static_cast<std::int64_t>(row));
    }
    positives =
        hash_order(std::move(positives), ids, static_cast<std::uint64_t>(flags.seed), "positives", records.classes[c]);
    positives.resize(std::min(positives.size(), static_cast<std::size_t>(flags.max_positives)));
    for (const auto row : positives) {
      CurvePair pair;
      pair.target = {row, static_cast<std::int64_t>(c)};
      pair.id = ids[static_cast<std::size_t>(row)];
      pair.patient = store.patient(records.records[static_cast<std::size_t>(row)]);
      pairs.push_back(std::move(pair));
    }
  }
  if (pairs.empty())
    throw Error(Code::undefined_score, "no record of the folds is positive for any class").at(records.task);
  return pairs;
}

/// Fills in what is visible and what each measure says. Returns the names of the measures.
std::vector<std::string> measure_pairs(model::DualEncoder& model, const data::Store& store, const TaskRecords& records,
                                       const at::Tensor& classes, EmbedOptions options, std::vector<CurvePair>& pairs) {
  constexpr std::int64_t kTokensAtOnce = 4096;  // of a pass with derivatives
  const auto tokens_per_record = 12 * (store.samples() / model.options().ecg.patch_samples);
  options.batch = std::clamp<std::int64_t>(kTokensAtOnce / tokens_per_record, 1, options.batch);
  std::vector<std::int64_t> numbers, labels;
  for (const auto& pair : pairs) {
    numbers.push_back(records.records[static_cast<std::size_t>(pair.target.record)]);
    labels.push_back(pair.target.label);
  }
  const auto targets = classes.index_select(0, at::tensor(labels, at::kLong)).to(options.device);
  std::vector<std::string> names = {"attention", "saliency"};
  if (pooling_weighs(model.options())) names.insert(names.begin(), "selector");
  for_each_token_batch(model, store, numbers, options, [&](std::int64_t first, const model::Tokens& tokens) {
    const auto count = tokens.visible.size(0);
    const auto measures = measure_tokens(model, tokens, targets.narrow(0, first, count), /*with_masker=*/false);
    const auto visible = tokens.visible.to(at::kCPU, at::kByte).contiguous();
    for (const auto& measure : {measures.selector, measures.attention, measures.saliency}) {
      if (!measure.defined()) continue;
      const auto values = measure.to(at::kCPU, at::kDouble).contiguous();
      for (std::int64_t i = 0; i < count; ++i) {
        const auto* row = values.data_ptr<double>() + i * tokens_per_record;
        pairs[static_cast<std::size_t>(first + i)].measures.emplace_back(row, row + tokens_per_record);
      }
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const auto* row = visible.data_ptr<std::uint8_t>() + i * tokens_per_record;
      pairs[static_cast<std::size_t>(first + i)].visible.assign(row, row + tokens_per_record);
    }
  });
  return names;
}

/// Scores of the pairs' records alone: others need no memory.
std::vector<PairCurves> curves_of(model::DualEncoder& model, const data::Store& store, const TaskRecords& records,
                                  const at::Tensor& classes, const EncoderScorerOptions& scoring,
                                  std::vector<CurvePair>& pairs, const CurveOptions& options) {
  std::map<std::int64_t, std::int64_t> row_of;
  for (const auto& pair : pairs) row_of.emplace(pair.target.record, 0);
  std::vector<std::int64_t> used;
  for (auto& [record, row] : row_of) {
    row = static_cast<std::int64_t>(used.size());
    used.push_back(records.records[static_cast<std::size_t>(record)]);
  }
  for (auto& pair : pairs) pair.target.record = row_of.at(pair.target.record);
  EncoderScorer scorer(model, store, used, classes, scoring);
  auto curves = removal_curves(scorer, pairs, options, [](std::int64_t done, std::int64_t total) {
    log::progress(cat("curves: ", done, "/", total, " (record, class) pairs"));
  });
  log::end_progress();
  log::debug(cat(scorer.passes(), " records encoded, ", scorer.tokens_passed(), " tokens"));
  return curves;
}

std::string verdict(const CurveStudy& study, const std::string& selector_is) {
  const auto& names = study.measures;
  const auto place = std::find(names.begin(), names.end(), "selector");
  if (place == names.end()) return cat("selector: ", selector_is, "\n");
  const auto m = static_cast<std::size_t>(place - names.begin());
  const auto says = [&](bool insertion) { return study.beats_random(m, insertion) ? "beats" : "is not shown to beat"; };
  return cat("selector = ", selector_is, ": ", says(false), " random order on deletion, ", says(true),
             " it on insertion\n");
}

int curves_command(const CurveFlags& flags, const Arguments& arguments) {
  check(flags);
  auto inputs = load_inputs(flags);
  auto& model = *inputs.run.model;
  const auto patch = model.options().ecg.patch_samples;
  const auto split = choose_split(inputs.store, flags.split);
  const auto prompts = text::PromptPack::load(find_prompts(flags.prompts, inputs.store.info().kind));
  const auto records = select_task_records(inputs.store, flags.task, split.folds, patch, flags.limit);
  const auto trained = check_untrained(flags, inputs, records.records);
  auto pairs = choose_pairs(inputs.store, records, flags);
  log::info(cat(flags.task, ": ", records.n_in, " records of the ", split.rule, ", ", pairs.size(),
                " (record, class) pairs; prompts ", prompts.origin()));
  const auto classes = embed_classes(model, *inputs.run.tokenizer, prompts, flags.task, records.classes, inputs.device,
                                     inputs.precision);
  EmbedOptions embed_options;
  embed_options.device = inputs.device;
  embed_options.precision = inputs.precision;
  embed_options.batch = flags.batch;
  const auto measures = measure_pairs(model, inputs.store, records, classes, embed_options, pairs);
  EncoderScorerOptions scoring;
  scoring.device = inputs.device;
  scoring.precision = inputs.precision;
  CurveOptions options;
  options.random_orders = static_cast<int>(flags.random_orders);
  options.seed = options.bootstrap.seed = static_cast<std::uint64_t>(flags.seed);
  options.bootstrap.jobs = bootstrap_jobs(flags.threads);
  const auto curves = curves_of(model, inputs.store, records, classes, scoring, pairs, options);
  const auto study = study_curves(records.classes, measures, pairs, curves, options);
  const auto selector_is = pooling_weights_meaning(model.options());

  auto document = result_head("curves", inputs, arguments);
  document["task"] = flags.task;
  document["split"] = {{"name", split.name}, {"folds", split.folds}, {"rule", split.rule}};
  document["prompts"] = {{"file", prompts.origin()}, {"sha256", prompts.hash()}};
  document["token_ms"] = 1000.0 * static_cast<double>(patch) / inputs.store.info().rate_hz;
  document["seed"] = options.seed;
  document["limit"] = flags.limit;
  document["max_positives"] = flags.max_positives;
  document["records"] = {
      {"n_in", records.n_in}, {"n_scored", records.records.size()}, {"excluded", excluded_json(records.excluded)}};
  document["trained_on"] = trained;
  document["selector_is"] = selector_is;
  document["curves"] = curves_json(study, options);
  const Json identity = {document["run"]["weights_sha256"],
                         document["store"]["manifest_sha256"],
                         document["prompts"]["sha256"],
                         split.folds,
                         options.random_orders,
                         options.seed,
                         flags.limit,
                         flags.max_positives,
                         document["precision"]};
  const auto path = write_result(inputs.results, cat("curves-", flags.task, "-", split.name), identity,
                                 split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout
      << "curves " << flags.task << ", " << split.rule << ", " << pairs.size() << " (record, class) pairs\n\n"
      << "mean score while the first tokens of an order go; an order that finds what the score needs is below random\n"
      << curves_table(study, false)
      << "\nmean score while only the first tokens of an order are shown; such an order is above random\n"
      << curves_table(study, true) << "\n"
      << verdict(study, selector_is) << "\nresult: " << path.string() << "\n";
  return 0;
}

class CurvesVerb final : public EvalVerb {
 public:
  explicit CurvesVerb(Arguments& arguments)
      : command_(
            arguments.verb("curves",
                           "Deletion and insertion curves: do the selector's weights find the tokens that the score "
                           "needs?",
                           kExample)) {
    flags_.declare(command_);
    declare_split(command_, flags_.split);
    declare_prompts(command_, flags_.prompts);
    command_.option("--max-positives", flags_.max_positives, "positives per class, chosen by hash");
    command_.option("--random-orders", flags_.random_orders, "random orders per record to compare with");
    command_.option("--seed", flags_.seed, "of choices by hash, of random orders and of the bootstrap");
    command_.option("--limit", flags_.limit, "at most so many records, chosen by hash; 0: all");
  }
  [[nodiscard]] bool chosen() const override { return command_.chosen(); }
  int run(const Arguments& arguments) override { return curves_command(flags_, arguments); }

 private:
  Command& command_;
  CurveFlags flags_;
};

}  // namespace

std::unique_ptr<EvalVerb> curves_verb(Arguments& arguments) { return std::make_unique<CurvesVerb>(arguments); }

}  // namespace scar::apps
