#include "scar/training/validation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "scar/data/loader.h"
#include "scar/training/alignment_saliency.h"

namespace scar::training {

namespace {

constexpr double kShare = 0.5;
constexpr std::int64_t kValidationStep = -1;  // noise key of masks that are the same in every validation

std::vector<double> rows_of(const at::Tensor& values) {
  const auto numbers = values.to(at::kCPU, at::kDouble).contiguous();
  return {numbers.data_ptr<double>(), numbers.data_ptr<double>() + numbers.numel()};
}

/// Mean and the lower end of its 95 % interval, normal approximation.
std::pair<double, double> mean_and_low(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, square = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) square += (value - mean) * (value - mean);
  return {mean, mean - 1.96 * std::sqrt(square / std::max(1.0, n - 1) / n)};
}

enum class Adversary { masker, saliency };  // who makes masks for a text

/// Texts and foreign records of a batch whose visible tokens are alike; its first record is record `first` of `findings`.
std::vector<ForeignPair> foreigners(const at::Tensor& tokens_visible, const PairBatch& pairs,
                                    const KnownFindings& findings, std::int64_t first) {
  const auto visible = tokens_visible.to(at::kCPU).contiguous();
  const auto apart = [](const at::Tensor& matrix) {
    return matrix.defined() ? matrix.to(at::kCPU).contiguous() : at::Tensor();
  };
  const auto positive = apart(pairs.targets.positive), excluded = apart(pairs.targets.excluded);
  const auto says = [&](const at::Tensor& matrix, std::int64_t i, std::int64_t j) {
    return matrix.defined() && matrix.data_ptr<bool>()[i * pairs.size() + j];
  };
  const auto tokens = visible.size(1);
  const auto* seen = visible.data_ptr<bool>();
  return foreign_pairs(pairs.size(), static_cast<std::uint64_t>(first), [&](std::int64_t i, std::int64_t j) {
    return !says(positive, i, j) && !says(excluded, i, j) && !findings.share(first + i, first + j) &&
           std::equal(seen + i * tokens, seen + (i + 1) * tokens, seen + j * tokens);
  });
}

/// One batch of held-out pairs and what the model makes of it.
class HeldOut {
 public:
  HeldOut(model::DualEncoder& model, const PairBatch& pairs, std::int64_t min_visible, std::int64_t first)
      : model_(model), pairs_(pairs), min_visible_(min_visible), first_(first) {
    text = model.text->forward(pairs.ids, pairs.lengths);
    tokens = model.ecg->embed(pairs.ecg);
  }

  [[nodiscard]] objective::PairFeatures features(const at::Tensor& ecg) const {
    return {.ecg = ecg, .text = text, .logit_scale = model_.logit_scale};
  }
  [[nodiscard]] std::vector<double> losses(const at::Tensor& keep) const {
    return rows_of(objective::contrastive_rows(features(model_.ecg->encode(tokens, keep).embedding), pairs_.targets));
  }
  /// Removes half of what is visible; without noise the highest logits go.
  [[nodiscard]] at::Tensor kept(const at::Tensor& logits, model::Structure structure, bool noise) const {
    const model::NoiseKey key{.seed = 0, .step = kValidationStep, .purpose = 1, .first_sample = first_};
    return model::remove(logits, tokens.visible, kShare, structure, 1.0, min_visible_,
                         noise ? std::optional(key) : std::nullopt)
        .hard;
  }
  [[nodiscard]] at::Tensor level() const {
    return at::zeros(tokens.visible.sizes(), tokens.visible.options().dtype(at::kFloat));
  }

  model::Tokens tokens;
  at::Tensor text;

 private:
  model::DualEncoder& model_;
  const PairBatch& pairs_;
  std::int64_t min_visible_, first_;
};

}  // namespace

ValidationReport validate_model(model::DualEncoder& model, const data::RecordSource& source,
                                const std::vector<std::int64_t>& records, const PairBuilder& builder,
                                const KnownFindings& findings, const TrainOptions& options, c10::Device device,
                                tensor::Precision precision) {
  at::NoGradGuard no_grad;
  const bool was_training = model.is_training();
  model.eval();
  const auto total = static_cast<std::int64_t>(records.size());
  // Batches of nearly equal size, so that no small last one has an easier task.
  const auto batches = (total + options.train.batch - 1) / options.train.batch;
  data::LoaderOptions loading;
  loading.batch = (total + batches - 1) / batches;
  loading.patch = options.model.ecg.patch_samples;
  loading.workers = options.data.workers;
  loading.sequential = true;
  data::Loader loader(source, records, loading);
  ValidationReport report;
  report.has_masker = options.game.masking == "masker";
  const bool salience = options.game.masking == "saliency" || (report.has_masker && options.game.saliency_rows > 0);
  double clean = 0, masked = 0, matched = 0;
  std::vector<double> gains, saliency_gains;
  std::map<std::pair<Adversary, model::Structure>, HoleScores> holes;
  std::int64_t first = 0;
  while (const auto* batch = loader.next()) {
    const auto pairs = builder.build(*batch, /*spans=*/false);
    tensor::Autocast autocast(device, precision);
    const HeldOut held(model, pairs, options.game.min_visible, first);
    const auto clean_features = model.ecg->encode(held.tokens);
    const auto whole = held.features(clean_features.embedding);
    for (const double loss : rows_of(objective::contrastive_rows(whole, pairs.targets))) clean += loss;
    matched += objective::matched_share(whole, pairs.targets).item<double>() * static_cast<double>(pairs.size());
    const auto random = held.losses(held.kept(held.level(), model::Structure::lead, true));
    for (const double loss : random) masked += loss;

    at::Tensor chosen, salient;
    if (report.has_masker) chosen = model.masker->logits(model.ecg->read(held.tokens, clean_features), held.text);
    if (report.has_masker || salience) {
      salient = alignment_saliency(model, held.tokens, held.text, pairs.targets,
                                   options.train.batch / options.train.accumulate);
    }
    if (report.has_masker) {
      const auto over_random = [&](const at::Tensor& scores, std::vector<double>& out) {
        const auto losses = held.losses(held.kept(scores, model::Structure::lead, false));
        for (std::size_t i = 0; i < losses.size(); ++i) out.push_back(losses[i] - random[i]);
      };
      over_random(chosen, gains);
      over_random(salient, saliency_gains);
    }

    if (report.has_masker || salience) {
      const auto list = foreigners(held.tokens.visible, pairs, findings, first);
      for (const auto structure : {model::Structure::free, model::Structure::lead, model::Structure::segment}) {
        if (options.game.structures[static_cast<std::size_t>(structure)] <= 0) continue;
        const auto read = [&](Adversary adversary, const at::Tensor& logits) {
          read_holes(*model.ecg, held.tokens, held.text, held.kept(logits, structure, false), list,
                     holes[{adversary, structure}]);
        };
        if (report.has_masker) read(Adversary::masker, chosen);
        if (salience) read(Adversary::saliency, salient);
      }
    }
    first += pairs.size();
  }
  model.train(was_training);
  const auto n = static_cast<double>(total);
  report.records = total;
  report.clean = clean / n;
  report.masked = masked / n;
  report.matched = matched / n;
  report.score = 0.5 * (report.clean + report.masked);
  if (report.has_masker) {
    std::tie(report.masker_gain, report.masker_gain_low) = mean_and_low(gains);
    report.saliency_gain = mean_and_low(saliency_gains).first;
  }
  for (const auto& [which, scores] : holes) {
    if (scores.own.size() < 2) continue;
    const auto reading = hole_reading(scores.own, scores.other);
    if (report.holes.n == 0 || reading.high > report.holes.high) report.holes = reading;
  }
  return report;
}

}  // namespace scar::training
