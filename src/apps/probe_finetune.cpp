#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <numeric>
#include <set>

#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "evaluation_scores.h"
#include "probe_inputs.h"
#include "probe_labels.h"
#include "probe_report.h"
#include "probe_verb.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/evaluation/classify.h"
#include "scar/evaluation/results.h"
#include "scar/model/weights.h"
#include "scar/tensor/safetensors.h"
#include "scar/training/fine_tuning.h"

namespace scar::apps {

namespace {

using namespace evaluation;

/// Where training begins.
struct Start {
  std::string row;
  tensor::NamedTensors encoder;
};

class FinetuneVerb final : public Verb {
 public:
  explicit FinetuneVerb(Arguments& arguments)
      : Verb(arguments.verb(
            "finetune",
            "Trains the whole encoder with a linear head for the task, lower layers slower, and shows the best of the "
            "selection folds on the test folds. It cannot be continued: stopped, it begins anew.",
            "scar-probe finetune runs/tiny --data stores/synth --task synth --fraction 0.1")) {
    fractions_.subset_seeds = 1;
    flags_.declare(command_);
    fractions_.declare(command_);
    command_.option("--epochs", epochs_, "passes over the training records; judged on the selection folds as often");
    command_.option("--least-updates", least_updates_, "where the epochs of few records are fewer");
    command_.option("--patience", patience_, "judgements without a gain that end a training");
    command_.option("--train-batch", train_batch_, "records of an update");
    command_.option("--learning-rate", rate_, "of the head, at its peak; AdamW, warm-up, then half a cosine to 0");
    command_.option("--layer-decay", decay_, "factor of the learning rate from each block to the one below");
    command_.option("--weight-decay", weight_decay_, "of matrices");
    command_.option("--warmup", warmup_, "share of the updates");
    command_.option("--fine-tune-seed", fine_tune_seed_, "order of the records, dropout");
    command_.flag("--from-scratch", from_scratch_, "beside it the same training of a fresh encoder");
    command_.option("--save", save_, "write encoder and head to this file (one --fraction, one subset seed)");
  }
  int run(const Arguments& arguments) override {
    check();
    install_stop_handlers();
    auto inputs = load_probe_inputs(flags_);
    const auto choices = fractions_.choices(inputs);
    const auto fits = std::accumulate(choices.begin(), choices.end(), std::size_t{0},
                                      [](std::size_t sum, const LabelChoice& one) { return sum + one.sets.size(); });
    if (!save_.empty() && (fits != 1 || from_scratch_)) {
      throw Error(Code::contradiction, "--save writes one encoder")
          .at("command line")
          .got(cat(fits * (from_scratch_ ? 2 : 1), " trainings"))
          .hint("one --fraction, and --subset-seeds 1, without --from-scratch");
    }
    options_.device = inputs.loaded.device;
    options_.precision = inputs.loaded.precision;
    show_schedule(inputs);

    std::vector<Start> starts;
    starts.push_back({"fine-tuned", model::named_tensors(*inputs.loaded.run.model->ecg)});
    std::unique_ptr<model::DualEncoder> fresh;
    if (from_scratch_) {
      fresh = std::make_unique<model::DualEncoder>(inputs.loaded.run.model->options(), options_.seed);
      starts.push_back({"from scratch", model::named_tensors(*fresh->ecg)});
    }
    ProbeReport report(inputs, flags_, arguments, "fine-tuning", "fine-tuning of the whole encoder");
    report.document()["schedule"] = schedule_json();
    report.document()["selection_rule"] = "weights of the best macro AUROC on the selection folds, the first of equals";
    for (const auto& start : starts) {
      for (const auto& choice : choices) {
        std::vector<std::vector<ProbeAnswer>> answers(inputs.conditions.size());
        std::vector<std::vector<std::int64_t>> evaluated(inputs.conditions.size());
        for (const auto& set : choice.sets) {
          const auto tuned = train(inputs, start, choice, set);
          if (stop_signal() != 0) {
            log::info("stopped by a signal: nothing was written, and the same command begins anew");
            return 128 + stop_signal();
          }
          report.add_fit(answer(inputs, tuned, start, choice, set, report, answers, evaluated));
          if (!save_.empty()) save(inputs, tuned);
        }
        for (std::size_t condition = 0; condition < inputs.conditions.size(); ++condition) {
          report.add(start.row, inputs.conditions[condition].name, choice, answers[condition], evaluated[condition]);
        }
      }
    }
    return report.finish({fractions_.settings(), schedule_json(), from_scratch_});
  }

 private:
  void check() {
    fractions_.check();
    check_can_save(save_, "--save");
    require_range("--epochs", epochs_, 1, 10000);
    require_range("--least-updates", least_updates_, 1, 10000000);
    require_range("--patience", patience_, 1, 10000);
    require_range("--train-batch", train_batch_, 1, 65536);
    require_range("--learning-rate", rate_, 1e-8, 1);
    require_range("--layer-decay", decay_, .01, 1);
    require_range("--weight-decay", weight_decay_, 0, 1);
    require_range("--warmup", warmup_, 0, .9);
    options_.epochs = epochs_;
    options_.least_updates = least_updates_;
    options_.patience = patience_;
    options_.batch = train_batch_;
    options_.learning_rate = rate_;
    options_.layer_decay = decay_;
    options_.weight_decay = weight_decay_;
    options_.warmup = warmup_;
    options_.seed = static_cast<std::uint64_t>(fine_tune_seed_);
  }

  void show_schedule(const ProbeInputs& inputs) const {
    const auto& model = inputs.loaded.run.model->options();
    std::set<double> rates;
    for (const auto& [name, value] : model::named_tensors(*inputs.loaded.run.model->ecg))
      rates.insert(training::layer_rate(cat("ecg.", name), model.ecg.blocks, options_.layer_decay));
    std::string by_layer;
    for (const double rate : rates) by_layer += cat(by_layer.empty() ? "" : ", ", options_.learning_rate * rate);
    log::info(cat("fine-tuning: binary cross-entropy, AdamW, weight decay ", options_.weight_decay,
                  ", gradients clipped at ", options_.clip, ", dropout ", model.ecg.dropout, ", no augmentation, ",
                  tensor::precision_name(options_.precision)));
    log::info(cat("learning rates from the stem to the head: ", by_layer, "; warm-up over ", options_.warmup,
                  " of the updates, then half a cosine to 0"));
    log::info(cat(options_.epochs, " epochs, at least ", options_.least_updates, " updates; judged ", options_.epochs,
                  " times, ended after ", options_.patience, " without a gain"));
  }

  [[nodiscard]] Json schedule_json() const {
    return {{"epochs", options_.epochs},
            {"least_updates", options_.least_updates},
            {"patience", options_.patience},
            {"batch", options_.batch},
            {"learning_rate", options_.learning_rate},
            {"layer_decay", options_.layer_decay},
            {"weight_decay", options_.weight_decay},
            {"warmup", options_.warmup},
            {"clip", options_.clip},
            {"seed", options_.seed}};
  }

  [[nodiscard]] EmbedOptions embed_options() const {
    EmbedOptions out;
    out.device = options_.device;
    out.precision = options_.precision;
    out.batch = flags_.batch;
    return out;
  }

  [[nodiscard]] static std::vector<std::int64_t> records_of(const ProbeInputs& inputs, const LabelSet& set) {
    std::vector<std::int64_t> out;
    for (const auto row : set.rows) out.push_back(inputs.parts[kTrain].records[static_cast<std::size_t>(row)]);
    return out;
  }

  [[nodiscard]] training::FineTuned train(const ProbeInputs& inputs, const Start& start, const LabelChoice& choice,
                                          const LabelSet& set) const {
    const auto classes = static_cast<std::int64_t>(inputs.classes().size());
    const auto records = records_of(inputs, set);
    const auto targets =
        at::tensor(labels_of(inputs.loaded.store, flags_.task, records), at::TensorOptions().dtype(at::kByte))
            .view({-1, classes});
    const auto plan = training::fine_tune_plan(options_, static_cast<std::int64_t>(records.size()));
    const auto what = cat(start.row, ", ", choice.name, set.seed ? cat(", seed ", *set.seed) : "");
    log::info(cat(what, ": ", records.size(), " records, batch ", plan.batch, ", ", plan.updates_per_epoch,
                  " updates an epoch, ", plan.updates, " in all, warm-up ", plan.warmup, ", judged every ",
                  plan.judge_every));
    const auto& selection = inputs.parts[kSelection];
    const training::Judge judge = [&](model::EcgClassifier& classifier) {
      const auto logits =
          classify_records(classifier, inputs.loaded.store, selection.records, embed_options()).features;
      const auto macro = mean_defined(column_aurocs(logits, selection.labels));
      if (!macro) {
        throw Error(Code::undefined_score, "no class has positives and negatives among the records that judge")
            .got(cat(selection.records.size(), " records"));
      }
      log::end_progress();
      log::info(cat(what, ": macro AUROC ", three_digits(macro), " on the selection folds"));
      return *macro;
    };
    auto tuned = training::fine_tune(
        inputs.loaded.run.model->options(), start.encoder, inputs.loaded.store, records, targets, options_, judge,
        [&](std::int64_t update, std::int64_t all, double loss) {
          log::progress(cat(what, ": update ", update, "/", all, ", loss ", three_digits(std::optional(loss))));
        });
    log::end_progress();
    return tuned;
  }

  /// One entry of "fits"; the answers go to `answers`, by condition.
  [[nodiscard]] Json answer(const ProbeInputs& inputs, const training::FineTuned& tuned, const Start& start,
                            const LabelChoice& choice, const LabelSet& set, ProbeReport& report,
                            std::vector<std::vector<ProbeAnswer>>& answers,
                            std::vector<std::vector<std::int64_t>>& evaluated) const {
    const auto& classes = inputs.classes();
    const auto& part = inputs.parts[kEvaluation];
    const auto absent = absent_classes(labels_of(inputs.loaded.store, flags_.task, records_of(inputs, set)), classes);
    Json entry = {{"encoder", start.row},
                  {choice.key, choice.amount},
                  {"label_seed", set.seed ? Json(*set.seed) : Json(nullptr)},
                  {"train_records", set.rows.size()},
                  {"absent_classes", absent},
                  {"updates", tuned.updates},
                  {"planned_updates", tuned.plan.updates},
                  {"selection_macro_auroc", tuned.judged},
                  {"best", tuned.best}};
    auto& evaluations = entry["evaluations"] = Json::array();
    for (std::size_t i = 0; i < inputs.conditions.size(); ++i) {
      const auto& condition = inputs.conditions[i];
      const auto& masks = condition.masks[kEvaluation];
      const auto seen = classify_records(*tuned.classifier, inputs.loaded.store, part.records, embed_options(),
                                         masks ? removal_by(*masks, inputs.patch_samples()) : RemoveTokens{});
      report.describe(condition, seen.removed_share(), seen.empty);
      ScoreTable all;
      all.classes = classes;
      all.rows = static_cast<std::int64_t>(part.records.size());
      all.labels = part.labels;
      const auto logits = seen.features.to(at::kDouble).contiguous();
      all.scores.assign(logits.data_ptr<double>(), logits.data_ptr<double>() + logits.numel());
      evaluated[i].clear();
      for (std::size_t row = 0; row < seen.empty.size(); ++row) {
        if (seen.empty[row] == 0) evaluated[i].push_back(static_cast<std::int64_t>(row));
      }
      ProbeAnswer one{start.row,
                      set.seed,
                      static_cast<std::int64_t>(set.rows.size()),
                      absent,
                      cat("judged ", tuned.judged.size(), " times, best ", tuned.best + 1),
                      all.subset(evaluated[i]),
                      {}};
      one.score = score_task(one.table);
      require_defined(one.score, "the evaluated records");
      const auto present = macro_without(one.score, absent);
      evaluations.push_back({{"condition", condition.name},
                             {"macro_auroc_present_classes", present ? Json(*present) : Json(nullptr)},
                             {"score", score_json(one.score)}});
      answers[i].push_back(std::move(one));
    }
    return entry;
  }

  /// Written beside and renamed: an old file stays whole.
  void save(const ProbeInputs& inputs, const training::FineTuned& tuned) const {
    Json classes = inputs.classes();
    const std::filesystem::path part = save_ + ".part";
    model::save_weights(*tuned.classifier, part,
                        {{"scar_fine_tuned", "1"},
                         {"task", flags_.task},
                         {"classes", classes.dump()},
                         {"run_weights_sha256", inputs.loaded.run.weights_sha256}});
    std::filesystem::rename(part, save_);
    log::info(cat("encoder and head: ", save_));
  }

  ProbeFlags flags_;
  FractionFlags fractions_;
  training::FineTuneOptions options_;
  long long epochs_ = options_.epochs, least_updates_ = options_.least_updates, patience_ = options_.patience,
            train_batch_ = options_.batch, fine_tune_seed_ = 0;
  double rate_ = options_.learning_rate, decay_ = options_.layer_decay, weight_decay_ = options_.weight_decay,
         warmup_ = options_.warmup;
  std::string save_;
  bool from_scratch_ = false;
};

}  // namespace

std::unique_ptr<Verb> finetune_verb(Arguments& arguments) { return std::make_unique<FinetuneVerb>(arguments); }

}  // namespace scar::apps
