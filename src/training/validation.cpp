#include "scar/training/validation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "scar/data/loader.h"

namespace scar::training {

namespace {

constexpr double kShare = 0.5;
constexpr std::int64_t kValidationStep = -1;  // noise key of masks that are the same in every validation

std::vector<double> rows_of(const at::Tensor& losses) {
  const auto values = losses.to(at::kCPU, at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

}  // namespace

ValidationReport validate_model(model::DualEncoder& model, const data::RecordSource& source,
                                const std::vector<std::int64_t>& records, const PairBuilder& builder,
                                const TrainOptions& options, c10::Device device, tensor::Precision precision) {
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
  double clean = 0, masked = 0, matched = 0;
  std::vector<double> gains;
  std::int64_t first = 0;
  while (const auto* batch = loader.next()) {
    const auto pairs = builder.build(*batch, /*spans=*/false);
    tensor::Autocast autocast(device, precision);
    const auto text = model.text->forward(pairs.ids, pairs.lengths);
    const auto tokens = model.ecg->embed(pairs.ecg);
    const auto scale = model.logit_scale;
    const auto full = model.ecg->encode(tokens);
    const objective::PairFeatures whole{.ecg = full.embedding, .text = text, .logit_scale = scale};
    for (const double loss : rows_of(objective::contrastive_rows(whole, pairs.targets))) clean += loss;
    matched += objective::matched_share(whole, pairs.targets).item<double>() * static_cast<double>(pairs.size());

    const auto under = [&](const at::Tensor& keep) {
      const auto features = model.ecg->encode(tokens, keep);
      return rows_of(
          objective::contrastive_rows({.ecg = features.embedding, .text = text, .logit_scale = scale}, pairs.targets));
    };
    const auto remove = [&](const at::Tensor& logits, std::int64_t purpose) {
      const model::NoiseKey noise{.seed = 0, .step = kValidationStep, .purpose = purpose, .first_sample = first};
      return model::remove(logits, tokens.visible, kShare, model::Structure::lead, 1.0, options.game.min_visible, noise)
          .hard;
    };
    const auto random = under(remove(at::zeros(tokens.visible.sizes(), tokens.z.options().dtype(at::kFloat)), 1));
    for (const double loss : random) masked += loss;
    if (report.has_masker) {
      const auto adversarial = under(remove(model.masker->logits(tokens, text), 2));
      for (std::size_t i = 0; i < random.size(); ++i) gains.push_back(adversarial[i] - random[i]);
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
    double mean = 0, square = 0;
    for (const double gain : gains) mean += gain / n;
    for (const double gain : gains) square += (gain - mean) * (gain - mean);
    report.masker_gain = mean;
    report.masker_gain_low = mean - 1.96 * std::sqrt(square / std::max(1.0, n - 1) / n);
  }
  return report;
}

}  // namespace scar::training
