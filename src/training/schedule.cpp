#include "scar/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/data/epoch_order.h"

namespace scar::training {

Plan make_plan(const TrainOptions& options, const std::vector<std::int64_t>& group_sizes,
               const std::vector<double>& group_weights) {
  Plan plan;
  for (std::size_t g = 0; g < group_sizes.size(); ++g) {
    plan.updates_per_epoch +=
        data::batches_of_group(group_sizes[g], group_weights.empty() ? 1.0 : group_weights[g], options.train.batch);
  }
  if (plan.updates_per_epoch < 1) {
    throw Error(Code::split_empty, "the training records do not fill one batch")
        .got(cat(std::accumulate(group_sizes.begin(), group_sizes.end(), std::int64_t{0}), " records"))
        .wanted(cat("at least train.batch = ", options.train.batch))
        .hint("make train.batch smaller or add folds");
  }
  const auto length = [&](const std::string& text, const char* key) {
    return std::max<std::int64_t>(1, parse_duration(text, key).updates(plan.updates_per_epoch));
  };
  plan.updates = length(options.train.duration, "train.duration");
  plan.warmup = parse_duration(options.train.warmup, "train.warmup").updates(plan.updates_per_epoch);
  plan.validate_every = length(options.train.validate_every, "train.validate_every");
  plan.save_every = length(options.train.save_every, "train.save_every");
  plan.adversary_start = plan.masker_start = plan.updates;
  const bool masker = options.game.masking == "masker";
  if (masker || options.game.masking == "attention" || options.game.masking == "saliency") {
    plan.adversary_start = std::llround(std::ceil(options.game.adversary_start * static_cast<double>(plan.updates)));
    if (masker) {
      plan.adversary_start = std::max(plan.adversary_start, options.game.warmup_steps);
      plan.masker_start = plan.adversary_start - options.game.warmup_steps;
      if (plan.adversary_start >= plan.updates) {
        throw Error(Code::contradiction, "the masker would never play: its warm-up is as long as the run")
            .got(cat("game.warmup_steps = ", options.game.warmup_steps, ", ", plan.updates, " updates in all"))
            .hint("make train.duration longer or game.warmup_steps smaller");
      }
    }
  }
  return plan;
}

double learning_rate(const LoopOptions& options, const Plan& plan, std::int64_t update) {
  if (update < plan.warmup) {
    return options.learning_rate * static_cast<double>(update + 1) / static_cast<double>(plan.warmup);
  }
  const auto length = std::max<std::int64_t>(1, plan.updates - plan.warmup);
  const double done = std::min(1.0, static_cast<double>(update - plan.warmup) / static_cast<double>(length));
  const double low = options.final_share * options.learning_rate;
  return low + (options.learning_rate - low) * 0.5 * (1.0 + std::cos(std::numbers::pi * done));
}

namespace {

// 0 at `start`, 1 at `end`, linear between.
double ramp(std::int64_t update, std::int64_t start, std::int64_t end) {
  if (end <= start) return 1.0;
  return std::clamp(static_cast<double>(update - start) / static_cast<double>(end - start), 0.0, 1.0);
}

}  // namespace

double masker_temperature(const GameOptions& options, const Plan& plan, std::int64_t update) {
  const double done = ramp(update, plan.masker_start, plan.updates);
  return options.temperature_start * std::pow(options.temperature_end / options.temperature_start, done);
}

double adversarial_cap(const GameOptions& options, const Plan& plan, std::int64_t update) {
  const double done = ramp(update, plan.adversary_start, std::max(plan.adversary_start + 1, plan.updates / 2));
  return options.cap_start + (options.cap_end - options.cap_start) * done;
}

double removal_share(const GameOptions& options, std::uint64_t seed, std::int64_t update) {
  CounterRandom random(seed, "removal-share", static_cast<std::uint64_t>(update));
  return random.uniform(options.share_low, options.share_high);
}

model::Structure removal_structure(const GameOptions& options, std::uint64_t seed, std::int64_t update) {
  CounterRandom random(seed, "removal-structure", static_cast<std::uint64_t>(update));
  const double u = random.uniform();
  if (u < options.structures[0]) return model::Structure::free;
  return u < options.structures[0] + options.structures[1] ? model::Structure::lead : model::Structure::segment;
}

bool masker_step_due(const GameOptions& options, const Plan& plan, std::int64_t update) {
  if (update < plan.masker_start) return false;
  if (update < plan.adversary_start) return true;
  return options.schedule == "alternating" && (update - plan.adversary_start) % options.every == 0;
}

}  // namespace scar::training
