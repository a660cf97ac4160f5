#include <algorithm>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
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
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kExample = "scar-eval curves runs/tiny --data stores/synth --task synth --max-positives 50";

struct CurveFlags : TaskFlags {
  long long max_positives = 100, random_orders = 4;
};

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
  require_range("--max-positives", flags.max_positives, 1, 1'000'000, "1 or more");
  require_range("--random-orders", flags.random_orders, 1, 100);
  const auto task = load_task(flags);
  auto& model = task.model();
  const auto& store = task.inputs.store;
  const auto& records = task.records;
  auto pairs = choose_pairs(store, records, flags);
  log::info(cat(pairs.size(), " (record, class) pairs"));
  const auto measures = measure_pairs(model, store, records, task.classes, task.embed, pairs);
  EncoderScorerOptions scoring;
  scoring.device = task.inputs.device;
  scoring.precision = task.inputs.precision;
  CurveOptions options;
  options.random_orders = static_cast<int>(flags.random_orders);
  options.seed = options.bootstrap.seed = task.seed;
  options.bootstrap.jobs = bootstrap_jobs(flags.threads);
  const auto curves = curves_of(model, store, records, task.classes, scoring, pairs, options);
  const auto study = study_curves(records.classes, measures, pairs, curves, options);
  const auto selector_is = pooling_weights_meaning(model.options());

  auto document = task_head("curves", task, flags, arguments);
  document["max_positives"] = flags.max_positives;
  document["selector_is"] = selector_is;
  document["curves"] = curves_json(study, options);
  const auto path = write_result(task.inputs.results, cat("curves-", flags.task, "-", task.split.name),
                                 {task_identity(document), options.random_orders, flags.max_positives},
                                 task.split.name == "test", document);
  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  std::cout
      << "curves " << flags.task << ", " << task.split.rule << ", " << pairs.size() << " (record, class) pairs\n\n"
      << "mean score while the first tokens of an order go; an order that finds what the score needs is below random\n"
      << curves_table(study, false)
      << "\nmean score while only the first tokens of an order are shown; such an order is above random\n"
      << curves_table(study, true) << "\n"
      << verdict(study, selector_is) << "\nresult: " << path.string() << "\n";
  return 0;
}

class CurvesVerb final : public Verb {
 public:
  explicit CurvesVerb(Arguments& arguments)
      : Verb(arguments.verb("curves",
                            "Deletion and insertion curves: do the selector's weights find the tokens that the score "
                            "needs?",
                            kExample)) {
    flags_.declare(command_, "of choices by hash, of random orders and of the bootstrap");
    command_.option("--max-positives", flags_.max_positives, "positives per class, chosen by hash");
    command_.option("--random-orders", flags_.random_orders, "random orders per record to compare with");
  }
  int run(const Arguments& arguments) override { return curves_command(flags_, arguments); }

 private:
  CurveFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> curves_verb(Arguments& arguments) { return std::make_unique<CurvesVerb>(arguments); }

}  // namespace scar::apps
