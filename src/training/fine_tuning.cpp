#include "scar/training/fine_tuning.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <unordered_map>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/stop_flag.h"
#include "scar/data/loader.h"
#include "scar/model/weights.h"
#include "scar/tensor/generator.h"
#include "scar/tensor/optimizer.h"
#include "scar/training/ecg_input.h"

namespace scar::training {

namespace {

/// One optimizer for each learning rate.
class LayerwiseAdamW {
 public:
  LayerwiseAdamW(const model::EcgClassifier& classifier, std::int64_t blocks, const FineTuneOptions& options)
      : clip_(options.clip) {
    std::map<double, std::vector<tensor::NamedParameter>> by_rate;
    for (auto& item : classifier.named_parameters())
      by_rate[layer_rate(item.key(), blocks, options.layer_decay)].push_back({item.key(), item.value()});
    tensor::AdamWOptions adamw;
    adamw.beta2 = .999;  // fine-tuning is short and its batches alike
    adamw.epsilon = 1e-8;
    adamw.weight_decay = options.weight_decay;
    for (auto& [rate, parameters] : by_rate) layers_.emplace_back(rate, tensor::AdamW(std::move(parameters), adamw));
  }

  void zero_grad() {
    for (auto& [rate, optimizer] : layers_) optimizer.zero_grad();
  }
  void step(double learning_rate) {
    clip_together();
    for (auto& [rate, optimizer] : layers_) optimizer.step(learning_rate * rate);
  }

 private:
  /// The norm is that of all layers together.
  void clip_together() {
    if (clip_ <= 0) return;
    const at::NoGradGuard no_grad;
    at::Tensor square;
    for (auto& [rate, optimizer] : layers_) {
      const auto own = optimizer.clip_gradients(0).square();
      square = square.defined() ? square + own : own;
    }
    const auto factor = (clip_ / (square.sqrt() + 1e-6)).clamp_max(1.0);
    for (auto& [rate, optimizer] : layers_) {
      for (const auto& parameter : optimizer.parameters()) {
        if (parameter.value.grad().defined()) parameter.value.mutable_grad().mul_(factor);
      }
    }
  }

  std::vector<std::pair<double, tensor::AdamW>> layers_;
  double clip_;
};

tensor::NamedTensors copies_of(const model::EcgClassifier& classifier) {
  tensor::NamedTensors out;
  for (const auto& [name, value] : model::named_tensors(classifier)) out[name] = value.detach().clone();
  return out;
}

/// Log odds of each class, half a record of either kind added.
at::Tensor log_odds(const at::Tensor& targets) {
  const auto positives = targets.sum(0) + .5;
  return (positives / (static_cast<double>(targets.size(0)) + 1 - positives)).log();
}

}  // namespace

FineTunePlan fine_tune_plan(const FineTuneOptions& options, std::int64_t records) {
  if (records < 1) throw Error(Code::split_empty, "there is no record to fine-tune on");
  FineTunePlan plan;
  plan.batch = std::min(options.batch, records);
  plan.updates_per_epoch = records / plan.batch;
  plan.updates = std::max(options.epochs * plan.updates_per_epoch, options.least_updates);
  plan.warmup = static_cast<std::int64_t>(std::llround(options.warmup * static_cast<double>(plan.updates)));
  plan.judge_every = (plan.updates + options.epochs - 1) / options.epochs;
  return plan;
}

double fine_tune_rate(const FineTuneOptions& options, const FineTunePlan& plan, std::int64_t update) {
  if (update < plan.warmup)
    return options.learning_rate * static_cast<double>(update + 1) / static_cast<double>(plan.warmup);
  const auto length = std::max<std::int64_t>(1, plan.updates - plan.warmup);
  const double done = static_cast<double>(update - plan.warmup) / static_cast<double>(length);
  return options.learning_rate * .5 * (1 + std::cos(std::numbers::pi * done));
}

double layer_rate(const std::string& parameter, std::int64_t blocks, double decay) {
  constexpr const char* kBlocks = "ecg.transformer.blocks.";
  for (const char* top : {"head.", "ecg.selector.", "ecg.projection", "ecg.transformer.norm."}) {
    if (parameter.starts_with(top)) return 1;
  }
  if (!parameter.starts_with(kBlocks)) return std::pow(decay, static_cast<double>(blocks + 1));
  const auto block = std::stoll(parameter.substr(std::char_traits<char>::length(kBlocks)));
  return std::pow(decay, static_cast<double>(blocks - block));
}

FineTuned fine_tune(const model::ModelOptions& model, const tensor::NamedTensors& encoder,
                    const data::RecordSource& source, const std::vector<std::int64_t>& records,
                    const at::Tensor& targets, const FineTuneOptions& options, const Judge& judge,
                    const std::function<void(std::int64_t, std::int64_t, double)>& told) {
  FineTuned out;
  out.plan = fine_tune_plan(options, static_cast<std::int64_t>(records.size()));
  const auto y = targets.to(at::kFloat);
  out.classifier = std::make_shared<model::EcgClassifier>(model, encoder, log_odds(y));
  auto& classifier = *out.classifier;
  classifier.to(options.device);
  tensor::seed_generators(options.seed, options.device);
  LayerwiseAdamW optimizer(classifier, model.ecg.blocks, options);

  std::unordered_map<std::int64_t, std::int64_t> row_of;
  for (std::size_t row = 0; row < records.size(); ++row) row_of[records[row]] = static_cast<std::int64_t>(row);
  data::LoaderOptions loading;
  loading.batch = out.plan.batch;
  loading.patch = model.ecg.patch_samples;
  loading.seed = options.seed;
  data::Loader loader(source, records, loading);

  auto best = copies_of(classifier);
  std::optional<double> best_value;
  std::int64_t without_gain = 0;
  while (out.updates < out.plan.updates && without_gain < options.patience) {
    if (stop_signal() != 0) break;
    const auto* batch = loader.next();
    std::vector<std::int64_t> rows;
    for (const auto record : batch->records) rows.push_back(row_of.at(record));
    const auto wanted = y.index_select(0, at::tensor(rows, at::TensorOptions().dtype(at::kLong))).to(options.device);
    classifier.train();
    optimizer.zero_grad();
    at::Tensor loss;
    {
      const tensor::Autocast autocast(options.device, options.precision);
      const auto logits =
          classifier.forward(ecg_input(*batch, source.samples(), model.ecg.patch_samples, options.device));
      loss = at::binary_cross_entropy_with_logits(logits, wanted);
    }
    torch::autograd::backward({loss}, {});
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw Error(Code::loss_not_finite, "the loss of fine-tuning is not finite")
          .at(cat("update ", out.updates))
          .hint("a smaller learning rate");
    }
    optimizer.step(fine_tune_rate(options, out.plan, out.updates));
    ++out.updates;
    if (told) told(out.updates, out.plan.updates, value);
    if (out.updates % out.plan.judge_every != 0 && out.updates != out.plan.updates) continue;
    classifier.eval();
    out.judged.push_back(judge(classifier));
    ++without_gain;
    if (best_value && out.judged.back() <= *best_value) continue;
    best_value = out.judged.back();
    out.best = static_cast<std::int64_t>(out.judged.size()) - 1;
    best = copies_of(classifier);
    without_gain = 0;
  }
  optimizer.zero_grad();
  model::load_weights(classifier, best, "the best weights");
  classifier.eval();
  return out;
}

}  // namespace scar::training
