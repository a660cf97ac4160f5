#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "scar/data/record_source.h"
#include "scar/model/ecg_classifier.h"
#include "scar/tensor/autocast.h"

/// Training of a whole encoder for one task, from the weights that pretraining left.
namespace scar::training {

struct FineTuneOptions {
  double learning_rate = 1e-3;       // of the head, at the peak
  double layer_decay = .75;          // (0, 1]: factor of the rate from each block to the one below; 1: none
  double weight_decay = .05;         // AdamW, of matrices
  double clip = 1;                   // joint 2-norm of the gradients; 0: never
  double warmup = .1;                // share of the updates, linear; then half a cosine to 0
  std::int64_t batch = 64;           // or all records, if they are fewer
  std::int64_t epochs = 20;          // passes over the records; judged as many times
  std::int64_t least_updates = 200;  // where epochs of few records are fewer than that
  std::int64_t patience = 5;         // judgements without a better one that end the training
  std::uint64_t seed = 0;            // order of the records, dropout
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
};

/// The training in updates.
struct FineTunePlan {
  std::int64_t batch = 0, updates_per_epoch = 0, updates = 0, warmup = 0, judge_every = 0;
};
[[nodiscard]] FineTunePlan fine_tune_plan(const FineTuneOptions& options, std::int64_t records);
/// Of the head, in update 0, 1, ...
[[nodiscard]] double fine_tune_rate(const FineTuneOptions& options, const FineTunePlan& plan, std::int64_t update);
/// What the rate of a parameter of EcgClassifier is multiplied by: 1 for head, pooling and last norm,
/// decay^(blocks - i) for block i, decay^(blocks + 1) for what makes tokens.
[[nodiscard]] double layer_rate(const std::string& parameter, std::int64_t blocks, double decay);

struct FineTuned {
  std::shared_ptr<model::EcgClassifier> classifier;  // with the best weights, in evaluation mode
  FineTunePlan plan;
  std::vector<double> judged;  // in order
  std::int64_t best = 0;       // place of the best in `judged`, the first of equals
  std::int64_t updates = 0;    // taken
};

/// Larger is better. Called in evaluation mode.
using Judge = std::function<double(model::EcgClassifier& classifier)>;

/// Fine-tunes a copy of `encoder` (tensors of an EcgEncoder; they stay as they are) on `records` of the source with
/// targets [records, classes] of 0 and 1: binary cross-entropy, mean over records and classes; dropout as in
/// pretraining; no augmentation. Weights are kept when `judge` gives more than ever before. On the CPU the same options,
/// records and threads give the same weights, bit for bit. `told` hears (update, of all, loss). Errors: split_empty,
/// loss_not_finite. A stop signal ends it between two updates: the result then has fewer updates than it should, and
/// stop_signal() says why.
[[nodiscard]] FineTuned fine_tune(const model::ModelOptions& model, const tensor::NamedTensors& encoder,
                                  const data::RecordSource& source, const std::vector<std::int64_t>& records,
                                  const at::Tensor& targets, const FineTuneOptions& options, const Judge& judge,
                                  const std::function<void(std::int64_t, std::int64_t, double)>& told = {});

}  // namespace scar::training
