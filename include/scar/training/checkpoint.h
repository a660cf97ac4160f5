#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scar/data/loader.h"
#include "scar/model/dual_encoder.h"
#include "scar/tensor/optimizer.h"
#include "scar/training/game.h"

namespace scar::training {

/// Running mean and variance of a figure, for the z-scores of the step line.
struct RunningFigure {
  double mean = 0, square = 0;
  std::int64_t count = 0;
  /// z-score of a value against what came before (0 in the first 20), then takes it in.
  double take(double value);
};

/// All that decides the next update, beside tensors: a continued run goes on bit for bit.
struct TrainState {
  std::int64_t step = 0;  // updates done
  data::LoaderState loader;
  GameHealth health;
  RunningFigure loss, gradient_norm;
  std::uint64_t metrics_bytes = 0;  // length of metrics.jsonl that belongs to this state
  std::int64_t best_step = -1;      // -1: none yet
  double best_score = 0;
};

/// "step-00012000"
[[nodiscard]] std::string checkpoint_name(std::int64_t step);

/// Writes checkpoints/step-.../ as one transaction: model.safetensors, optim.safetensors, state.json, MANIFEST.json. One that
/// stands there already and verifies is kept. Then removes all but the latest `keep` and the best one. Errors: disk_full
/// (asked before anything is written), write_failed.
void save_checkpoint(const std::filesystem::path& folder, const TrainState& state, const model::DualEncoder& model,
                     const tensor::AdamW& towers, const tensor::AdamW* masker, c10::Device device, std::int64_t keep);

/// Removes what a killed process left half-written or half-deleted.
void remove_orphans(const std::filesystem::path& folder);

/// The checkpoint with the highest step whose manifest verifies, "" if there is none. What was passed over, and why, goes to
/// `passed_over`.
[[nodiscard]] std::filesystem::path latest_checkpoint(const std::filesystem::path& folder,
                                                      std::vector<std::string>& passed_over);

/// Step of a folder named by checkpoint_name(), -1 for any other name.
[[nodiscard]] std::int64_t checkpoint_step(const std::filesystem::path& path);

/// Loads everything. Errors: checkpoint_corrupt, checkpoint_version, weights_mismatch.
[[nodiscard]] TrainState load_checkpoint(const std::filesystem::path& path, model::DualEncoder& model,
                                         tensor::AdamW& towers, tensor::AdamW* masker, c10::Device device);

}  // namespace scar::training
