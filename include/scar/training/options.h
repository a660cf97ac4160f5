#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scar/core/error.h"
#include "scar/core/fields.h"
#include "scar/data/synthetic/options.h"
#include "scar/model/model_options.h"
#include "scar/tensor/optimizer.h"
#include "scar/text/tokenizer_training.h"

namespace scar::training {

/// Where records come from and which of them train.
struct DataOptions {
  std::vector<std::string> store;  // folders made by scar-prepare; none: synthetic records, made in the run directory
  std::vector<double> weights;     // one per store: how often an epoch shows each of its records; empty: once
  std::vector<std::string> kept_apart;  // stores whose evaluation records must not train
  bool allow_shared = false;            // warn of what stands in kept_apart too, instead of refusing it
  std::string missing;                  // a mask (data/masks.h) of every training and validation record; "": none
  data::SyntheticOptions synthetic;
  std::vector<double> train_folds;  // empty: the store's training folds
  double holdout =
      0.0;  // share of the training folds' patients kept out for validation; 0: the store's validation folds
  std::int64_t validation_records = 1024;  // at most so many, chosen by hash
  std::string batch_by = "language";       // what the records of a batch share beside their store
  bool rotate = true;                      // each epoch begins a record at another sample
  int workers = 1;
};
template <class Visitor>
void visit_fields(DataOptions& o, Visitor&& visit) {
  visit("store", o.store, Any{},
        "folder made by scar-prepare, or several of one rate and length; empty: synthetic records, made in the run "
        "directory");
  visit("weights", o.weights, Range{0.001, 1000},
        "one per store: how often an epoch shows each of its records (0.25: a quarter of them, others in each epoch); "
        "empty: once");
  visit("kept_apart", o.kept_apart, Any{},
        "stores that will be evaluated on: refuse to train if a patient or a signal of their records outside of their "
        "training folds is among the training records");
  visit("allow_shared", o.allow_shared, Any{}, "only warn of what data.kept_apart shares with the training records");
  visit(
      "missing", o.missing, Any{},
      "what no training or validation record has, as a mask of scar-eval: clinical:i-ii-v2, without:V2+V3, joint:0.5; "
      "empty: all is there that was recorded");
  visit.group("synthetic", o.synthetic);
  visit("train_folds", o.train_folds, Range{0, 1000}, "folds that train; empty: the training folds of the store");
  visit("holdout", o.holdout, Range{0, 0.5},
        "share of the training folds' patients kept out for validation; 0: validate on the store's validation folds");
  visit("validation_records", o.validation_records, Range{2, 1e6},
        "at most so many validation records, chosen by hash");
  visit("batch_by", o.batch_by, OneOf{{"nothing", "language"}},
        "what the records of a batch share beside their store: nothing, or the language of their report; either would "
        "else be the easiest way to tell the pairs of a batch apart");
  visit("rotate", o.rotate, Any{},
        "begin each training record at another sample in each epoch; its first part then follows its last");
  visit("workers", o.workers, Range{1, 64}, "threads that decode records");
}

struct TextOptions {
  std::string vocabulary;            // sentencepiece model; "": trained on the training reports
  text::TokenizerOptions tokenizer;  // used when vocabulary is empty
  double span_probability = 0.7;     // a contiguous span of the report instead of all of it
};
template <class Visitor>
void visit_fields(TextOptions& o, Visitor&& visit) {
  visit("vocabulary", o.vocabulary, Any{},
        "sentencepiece model; empty: trained on the reports of the training records");
  visit.group("tokenizer", o.tokenizer);
  visit("span_probability", o.span_probability, Range{0, 1},
        "probability that a span of the report is used instead of all of it");
}

/// Weights and forms of the loss (docs/method.md, sections 5, 7, 8).
struct ObjectiveOptions {
  std::string targets = "text";     // text: pairs with equal reports belong together; identity: each pair alone
  double masked_weight = 1.0;       // lambda_m
  double selector_weight = 0.3;     // lambda_s
  double consistency_weight = 0.1;  // lambda_c
  std::string selector_target = "reweight";
  double selector_temperature = 0.3;  // tau_s
};
template <class Visitor>
void visit_fields(ObjectiveOptions& o, Visitor&& visit) {
  visit("targets", o.targets, OneOf{{"text", "identity"}},
        "what counts as a match: equal texts, or only the record itself");
  visit("masked_weight", o.masked_weight, Range{0, 100}, "weight of the masked pass's alignment");
  visit("selector_weight", o.selector_weight, Range{0, 100}, "weight of the selector's supervision; 0 switches it off");
  visit("consistency_weight", o.consistency_weight, Range{0, 100},
        "weight of 1 - cos(masked, clean) on randomly masked records");
  visit("selector_target", o.selector_target, OneOf{{"reweight", "masked", "clean"}}, "what the selector is taught");
  visit("selector_temperature", o.selector_temperature, Range{0.001, 100}, "temperature of the selector's target");
}

/// What is removed in training, and the masker's side of the game (docs/method.md, section 6).
struct GameOptions {
  std::string masking = "masker";                    // none | lead_half | random | attention | saliency | masker
  double share_low = 0.1, share_high = 0.9;          // law of the share removed
  std::vector<double> structures = {0.2, 0.7, 0.1};  // probabilities of free tokens, whole leads, segments
  std::int64_t min_visible = 4;                      // tokens that stay, for free tokens
  double adversary_start = 0.3;                      // share of all updates before the first adversarial mask
  double adversarial_rows = 0.75;          // share of an update's records that the adversary masks from then on
  double saliency_rows = 0.5;              // share that one gradient of the alignment masks, of these, beside a masker
  double cap_start = 0.3, cap_end = 0.75;  // largest share it removes, ramped from the start to half of the run
  double temperature_start = 1.0, temperature_end = 0.3;
  std::int64_t warmup_steps = 150;  // masker steps before its first use, one per update
  std::int64_t every = 2;           // then one masker step per so many updates
  std::int64_t batch = 64;          // records of a masker step
  double learning_rate = 2e-3;
  std::string scope = "sample";          // sample: a mask of its own per record; group: leader masks
  std::int64_t group = 8;                // most records that share a leader's mask
  std::string schedule = "alternating";  // alternating: masker steps of their own; reversal: one pass for both sides
  double entropy_weight = 0.02;          // against one fixed region
  double contiguity_weight = 0.01;       // against salt and pepper
  double clip = 1.0;
  double sample_clip = 4.0;  // of one record's gradient, in medians of the batch
};
template <class Visitor>
void visit_fields(GameOptions& o, Visitor&& visit) {
  visit("masking", o.masking, OneOf{{"none", "lead_half", "random", "attention", "saliency", "masker"}},
        "what the masked pass removes: nothing; each lead with p = 1/2; random; or for a part of the records "
        "(game.adversarial_rows) what the pooling weighs most, what one gradient of the alignment names, or what the "
        "masker chooses");
  visit("share_low", o.share_low, Range{0.01, 0.95}, "smallest share of visible tokens removed");
  visit("share_high", o.share_high, Range{0.01, 0.95}, "largest share of visible tokens removed");
  visit("structures", o.structures, Range{0, 1},
        "probabilities of free tokens, whole leads and all-lead segments; sum 1");
  visit("min_visible", o.min_visible, Range{1, 4096}, "tokens that stay visible when free tokens are removed");
  visit("adversary_start", o.adversary_start, Range{0, 1}, "share of all updates with random masks only");
  visit("adversarial_rows", o.adversarial_rows, Range{0.01, 1},
        "share of an update's records that the adversary masks once it plays; the others are masked at random");
  visit("saliency_rows", o.saliency_rows, Range{0, 0.99},
        "share of an update's records that lose what one gradient of the alignment names, out of the adversary's; the "
        "masker chooses for the others of these (game.masking: masker)");
  visit("cap_start", o.cap_start, Range{0.01, 0.95},
        "largest share of the visible tokens that the adversary removes, at its start");
  visit("cap_end", o.cap_end, Range{0.01, 0.95}, "the same from half of the run on");
  visit("temperature_start", o.temperature_start, Range{0.01, 10}, "temperature of the soft removal at the start");
  visit("temperature_end", o.temperature_end, Range{0.01, 10}, "temperature of the soft removal at the end");
  visit("warmup_steps", o.warmup_steps, Range{0, 100000},
        "masker steps, one per update, before the first adversarial mask");
  visit("every", o.every, Range{1, 1000}, "updates per masker step once it plays");
  visit("batch", o.batch, Range{2, 4096}, "records of a masker step (at most train.batch)");
  visit("learning_rate", o.learning_rate, Range{0, 1}, "learning rate of the masker");
  visit("scope", o.scope, OneOf{{"sample", "group"}},
        "sample: the masker gives each record a mask of its own; group: records share the mask of one of them and are "
        "compared only with each other, so that holes say nothing");
  visit("group", o.group, Range{2, 4096}, "most records that share a mask (game.scope: group)");
  visit("schedule", o.schedule, OneOf{{"alternating", "reversal"}},
        "alternating: the masker takes steps of its own against the towers as they stand; reversal: it learns from the "
        "towers' own pass by the reversed gradient at the keep weights, in every update");
  visit("entropy_weight", o.entropy_weight, Range{0, 100}, "weight of the entropy of where the masker removes");
  visit("contiguity_weight", o.contiguity_weight, Range{0, 100}, "weight against salt-and-pepper removal");
  visit("clip", o.clip, Range{0, 1e6}, "largest norm of the masker's gradient; 0: no limit");
  visit("sample_clip", o.sample_clip, Range{0, 1e6},
        "largest norm of one record's gradient at the masker's logits, in medians of its batch; 0: no limit");
}

struct LoopOptions {
  std::string duration = "10e";  // e: epochs, u: updates
  std::int64_t batch = 128;      // records per update
  std::int64_t accumulate = 1;   // pieces the batch is computed in; the result is that of the whole batch
  double learning_rate = 1e-3;
  double final_share = 0.02;  // learning rate at the end, as a share of the peak
  std::string warmup = "200u";
  double clip = 1.0;
  tensor::AdamWOptions adamw;
  std::string validate_every = "1e";
  std::string save_every = "1e";
  std::int64_t keep = 2;        // checkpoints kept beside the best one
  std::int64_t log_every = 20;  // updates
};
template <class Visitor>
void visit_fields(LoopOptions& o, Visitor&& visit) {
  visit("duration", o.duration, Any{}, "length of the run: 10e = epochs, 300u = updates");
  visit("batch", o.batch, Range{2, 1e6}, "records per update");
  visit("accumulate", o.accumulate, Range{1, 4096},
        "pieces a batch is computed in; must divide it. The result is that of the whole batch");
  visit("learning_rate", o.learning_rate, Range{0, 10}, "peak learning rate");
  visit("final_share", o.final_share, Range{0, 1}, "learning rate at the end, as a share of the peak (cosine)");
  visit("warmup", o.warmup, Any{}, "linear warm-up: 1e or 200u");
  visit("clip", o.clip, Range{0, 1e6}, "largest norm of the gradient; 0: no limit");
  visit.group("adamw", o.adamw);
  visit("validate_every", o.validate_every, Any{}, "1e or 500u");
  visit("save_every", o.save_every, Any{}, "1e or 500u");
  visit("keep", o.keep, Range{1, 1000}, "latest checkpoints kept, beside the best one");
  visit("log_every", o.log_every, Range{1, 1e6}, "updates between two lines of metrics");
}

struct TrainOptions {
  std::uint64_t seed = 1;
  std::string device = "auto";
  std::string precision = "auto";  // fp32 | bf16 | auto
  int threads = 0;                 // 0: all cores
  DataOptions data;
  TextOptions text;
  model::ModelOptions model;
  ObjectiveOptions objective;
  GameOptions game;
  LoopOptions train;
};
template <class Visitor>
void visit_fields(TrainOptions& o, Visitor&& visit) {
  visit("seed", o.seed, Any{}, "decides initial weights, order, spans and masks");
  visit("device", o.device, Any{}, "auto | cpu | cuda | cuda:1");
  visit("precision", o.precision, OneOf{{"auto", "fp32", "bf16"}},
        "of matrix products; auto: bf16 where the hardware is faster with it");
  visit("threads", o.threads, Range{0, 1024}, "CPU threads; 0: all cores");
  visit.group("data", o.data);
  visit.group("text", o.text);
  visit.group("model", o.model);
  visit.group("objective", o.objective);
  visit.group("game", o.game);
  visit.group("train", o.train);
}

/// A length in epochs ("10e") or updates ("300u").
struct Duration {
  std::int64_t value = 0;
  bool epochs = false;

  [[nodiscard]] std::int64_t updates(std::int64_t updates_per_epoch) const {
    return epochs ? value * updates_per_epoch : value;
  }
};
/// Error wrong_type, naming `key`.
[[nodiscard]] Duration parse_duration(const std::string& text, const std::string& key);

/// What no single field shows. Adds every problem.
void validate(const TrainOptions& options, Problems& problems);

}  // namespace scar::training
