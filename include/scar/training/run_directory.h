#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <c10/core/Device.h>

#include "scar/data/store/signal_form.h"
#include "scar/model/dual_encoder.h"
#include "scar/text/tokenizer.h"
#include "scar/training/options.h"

namespace scar::training {

/// Files of a run:
///   config.yaml run.json trained_on.safetensors lock train.log metrics.jsonl status.json vocabulary.model best.json results/
///   checkpoints/step-00012000/
struct RunPaths {
  explicit RunPaths(std::filesystem::path run) : directory(std::move(run)) {}
  std::filesystem::path directory;
  [[nodiscard]] std::filesystem::path config() const { return directory / "config.yaml"; }
  [[nodiscard]] std::filesystem::path identity() const { return directory / "run.json"; }
  [[nodiscard]] std::filesystem::path trained_on() const { return directory / "trained_on.safetensors"; }
  [[nodiscard]] std::filesystem::path lock() const { return directory / "lock"; }
  [[nodiscard]] std::filesystem::path log() const { return directory / "train.log"; }
  [[nodiscard]] std::filesystem::path metrics() const { return directory / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path status() const { return directory / "status.json"; }
  [[nodiscard]] std::filesystem::path vocabulary() const { return directory / "vocabulary.model"; }
  [[nodiscard]] std::filesystem::path best() const { return directory / "best.json"; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return directory / "checkpoints"; }
  [[nodiscard]] std::filesystem::path results() const { return directory / "results"; }
  [[nodiscard]] std::filesystem::path data() const {
    return directory / "data";
  }  // synthetic store of a run without files
};

/// A trained model with all that is needed to use it.
struct LoadedRun {
  TrainOptions options;
  std::shared_ptr<model::DualEncoder> model;  // on the device, in evaluation mode
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::filesystem::path directory, checkpoint;
  std::int64_t step = 0;
  bool is_best = false;
  std::string weights_sha256;              // of model.safetensors
  std::string config_sha256;               // of config.yaml
  std::optional<data::SignalForm> signal;  // of its training data; none: older runs, and stores of several forms
};

/// Loads the best checkpoint of a run, or the last one if none was marked best. `run` is a run directory, or one of its
/// checkpoint folders. Errors: checkpoint_missing, checkpoint_corrupt, weights_mismatch, vocabulary_changed.
[[nodiscard]] LoadedRun load_run(const std::filesystem::path& run, c10::Device device);

/// Reads a run's config.yaml (or any training config) strictly.
[[nodiscard]] TrainOptions read_options(const std::filesystem::path& path);

}  // namespace scar::training
