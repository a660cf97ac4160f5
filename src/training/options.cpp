#include "scar/training/options.h"

#include <charconv>
#include <cmath>

#include "scar/core/cat.h"
#include "scar/data/masks.h"

namespace scar::training {

Duration parse_duration(const std::string& text, const std::string& key) {
  Duration duration;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, duration.value);
  const bool unit = result.ec == std::errc() && end - result.ptr == 1 && (*result.ptr == 'e' || *result.ptr == 'u');
  if (!unit || duration.value < 0) {
    throw Error(Code::wrong_type, cat("'", key, "' is not a length"))
        .got(cat("'", text, "'"))
        .wanted("a whole number and a unit: 10e (epochs) or 300u (updates)");
  }
  duration.epochs = *result.ptr == 'e';
  return duration;
}

void validate(const TrainOptions& options, Problems& problems) {
  model::validate(options.model, problems, "model.");
  const auto contradiction = [&](std::string what, std::string hint) {
    problems.add({.code = Code::contradiction, .what = std::move(what), .hint = std::move(hint)});
  };
  const auto check_length = [&](const std::string& text, const char* key, std::int64_t least) {
    try {
      if (parse_duration(text, key).value < least) {
        problems.add(
            {.code = Code::out_of_range, .what = cat("'", key, "' is ", text), .wanted = cat("at least ", least)});
      }
    } catch (const Error& problem) {
      problems.add(problem.problems().front());
    }
  };
  check_length(options.train.duration, "train.duration", 1);
  check_length(options.train.warmup, "train.warmup", 0);
  check_length(options.train.validate_every, "train.validate_every", 1);
  check_length(options.train.save_every, "train.save_every", 1);
  if (options.train.batch % options.train.accumulate != 0 || options.train.batch / options.train.accumulate < 2) {
    contradiction(cat("train.accumulate = ", options.train.accumulate,
                      " does not divide train.batch = ", options.train.batch, " into pieces of 2 or more"),
                  "choose a divisor");
  }
  if (options.game.share_low > options.game.share_high) {
    contradiction("game.share_low is larger than game.share_high", "exchange them");
  }
  if (options.game.cap_start > options.game.cap_end)
    contradiction("game.cap_start is larger than game.cap_end", "the cap grows");
  double sum = 0;
  for (const double share : options.game.structures) sum += share;
  if (options.game.structures.size() != 3 || std::abs(sum - 1.0) > 1e-6) {
    contradiction("game.structures is not three probabilities that sum to 1", "for example [0.2, 0.7, 0.1]");
  }
  if (options.game.masking == "masker" && !options.model.masker.enabled) {
    contradiction("game.masking is 'masker' but model.masker.enabled is false",
                  "enable the masker or choose another masking");
  }
  if (options.game.masking == "masker" && options.game.batch > options.train.batch) {
    contradiction("game.batch is larger than train.batch", "a masker step uses records of the update");
  }
  if (options.game.schedule == "reversal" && options.train.accumulate > 1) {
    contradiction("game.schedule is 'reversal' and train.accumulate is above 1",
                  "the reversed gradient needs the batch in one piece: set train.accumulate: 1, or alternate");
  }
  if (options.game.masking == "masker" && options.game.saliency_rows >= options.game.adversarial_rows) {
    contradiction(cat("game.saliency_rows = ", options.game.saliency_rows,
                      " leaves nothing of game.adversarial_rows = ", options.game.adversarial_rows, " to the masker"),
                  "make it smaller, or take the adversary without a network: game.masking: saliency");
  }
  if (options.game.masking == "masker" && options.game.saliency_rows > 0 && options.game.scope == "group") {
    contradiction("game.saliency_rows is above 0 and game.scope is 'group'",
                  "one gradient makes a mask for each record alone: set game.saliency_rows: 0");
  }
  const auto& pooling = options.model.selector.kind;
  const bool weighs =
      pooling == "selector" || pooling == "attention";  // mean and cls have no weights to teach or to follow
  if (options.objective.selector_weight > 0 && !weighs) {
    contradiction(
        cat("objective.selector_weight is above 0 but model.selector.kind '", pooling, "' has nothing to learn"),
        "set objective.selector_weight: 0");
  }
  if (options.game.masking == "attention" && !weighs) {
    contradiction(cat("game.masking is 'attention' but model.selector.kind '", pooling, "' weighs no token"),
                  "choose another masking or another pooling");
  }
  if (!options.data.weights.empty() && options.data.weights.size() != options.data.store.size()) {
    contradiction(cat("data.weights has ", options.data.weights.size(), " numbers for ", options.data.store.size(),
                      " stores in data.store"),
                  "give one number per store, or none at all");
  }
  if (!options.data.missing.empty()) {
    try {
      if (data::parse_mask(options.data.missing).mode == data::MaskMode::critical) {
        contradiction(cat("data.missing is '", options.data.missing, "', which is the answer of an attack on a model"),
                      "name a mask that is a rule: clinical:i-ii-v2, without:V2+V3, joint:0.5");
      }
    } catch (const Error& problem) {
      problems.add(problem.problems().front());
    }
  }
  for (const double fold : options.data.train_folds) {
    if (fold != std::floor(fold)) contradiction(cat("data.train_folds holds ", fold), "folds are whole numbers");
  }
}

}  // namespace scar::training
