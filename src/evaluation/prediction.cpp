#include "scar/evaluation/prediction.h"

#include <algorithm>
#include <cassert>

#include <ATen/ops/matmul.h>

#include "scar/data/lead_names.h"
#include "scar/data/loader.h"
#include "scar/data/visibility.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/token_measures.h"
#include "scar/training/ecg_input.h"

namespace scar::evaluation {

std::vector<Prediction> predict(model::DualEncoder& model, std::vector<RecordSignal> records,
                                const at::Tensor& class_embeddings, const PredictionOptions& options) {
  if (records.empty()) return {};
  const EvaluationMode mode(model);
  const tensor::Autocast autocast(options.device, options.precision);
  const auto patch = model.options().ecg.patch_samples;
  const auto values = records.front().samples.size();
  const auto samples = static_cast<std::int64_t>(values) / data::kLeads, tokens = data::kLeads * (samples / patch);

  data::Batch batch;  // as the loader would hand it over
  std::vector<std::int16_t> signal;
  std::vector<std::uint8_t> visible(records.size() * static_cast<std::size_t>(tokens));
  for (std::size_t b = 0; b < records.size(); ++b) {
    assert(records[b].samples.size() == values);
    data::token_visibility(records[b].samples.data(), samples, options.rate_hz, patch,
                           visible.data() + b * static_cast<std::size_t>(tokens));
    signal.insert(signal.end(), records[b].samples.begin(), records[b].samples.end());
    batch.records.push_back(static_cast<std::int64_t>(b));
    batch.scale_mv.push_back(records[b].scale_mv);
  }
  batch.signal = signal.data();
  batch.visible = visible.data();

  const auto embedded = model.ecg->embed(training::ecg_input(batch, samples, patch, options.device));
  const auto encoded = model.ecg->encode(embedded);
  const auto embedding = encoded.embedding.to(at::kCPU, at::kFloat).contiguous();
  const auto scores =
      at::matmul(embedding.to(at::kDouble), class_embeddings.to(at::kCPU, at::kDouble).t()).contiguous();
  at::Tensor weights;
  if (pooling_weighs(model.options()))
    weights = model::at_tokens(encoded.weights, encoded, tokens).to(at::kCPU, at::kFloat).contiguous();

  const auto row_of = [](const auto* data, std::size_t row, std::int64_t width) {
    const auto* begin = data + row * static_cast<std::size_t>(width);
    return std::vector(begin, begin + width);
  };
  std::vector<Prediction> out(records.size());
  for (std::size_t b = 0; b < out.size(); ++b) {
    out[b].visible = row_of(visible.data(), b, tokens);
    out[b].empty = std::find(out[b].visible.begin(), out[b].visible.end(), 1) == out[b].visible.end();
    out[b].scores = row_of(scores.const_data_ptr<double>(), b, scores.size(1));
    out[b].embedding = row_of(embedding.const_data_ptr<float>(), b, embedding.size(1));
    if (weights.defined()) out[b].weights = row_of(weights.const_data_ptr<float>(), b, tokens);
  }
  return out;
}

}  // namespace scar::evaluation
