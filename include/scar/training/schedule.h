#pragma once

#include <cstdint>
#include <vector>

#include "scar/model/removal.h"
#include "scar/training/options.h"

namespace scar::training {

/// The run in updates, worked out once from the options and the numbers of training records.
struct Plan {
  std::int64_t updates_per_epoch = 0;  // whole batches of all groups; the rest is left out, others in each epoch
  std::int64_t updates = 0;            // all
  std::int64_t warmup = 0;
  std::int64_t validate_every = 0, save_every = 0;
  std::int64_t adversary_start = 0;  // first update with adversarial masks; = updates if there are none
  std::int64_t masker_start = 0;     // first update with a masker step; = updates if there are none
};
/// `group_sizes`: training records of each group (Corpus::groups); `group_weights`: one each, empty: 1. Error split_empty if they make no batch; contradiction if the masker's warm-up does not fit into the run.
[[nodiscard]] Plan make_plan(const TrainOptions& options, const std::vector<std::int64_t>& group_sizes,
                             const std::vector<double>& group_weights = {});

// Everything below is a pure function of the update's number (0 = first), so there is nothing to save and nothing to replay.
[[nodiscard]] double learning_rate(const LoopOptions& options, const Plan& plan, std::int64_t update);
[[nodiscard]] double masker_temperature(const GameOptions& options, const Plan& plan,
                                        std::int64_t update);                                             // geometric
[[nodiscard]] double adversarial_cap(const GameOptions& options, const Plan& plan, std::int64_t update);  // linear
[[nodiscard]] double removal_share(const GameOptions& options, std::uint64_t seed, std::int64_t update);  // uniform
[[nodiscard]] model::Structure removal_structure(const GameOptions& options, std::uint64_t seed, std::int64_t update);
/// Whether the masker takes a step in this update: each during its warm-up, then one in options.every.
[[nodiscard]] bool masker_step_due(const GameOptions& options, const Plan& plan, std::int64_t update);

}  // namespace scar::training
