#include "scar/evaluation/embed.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include "read_batches.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/model/ecg_classifier.h"
#include "scar/text/report_cleaning.h"
#include "scar/training/ecg_input.h"

namespace scar::evaluation {
namespace {

at::Tensor unit_rows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{-1}, /*keepdim=*/true).clamp_min(1e-12);
}

data::LoaderOptions once_through(std::int64_t records, std::int64_t patch, const EmbedOptions& options) {
  data::LoaderOptions loading;
  loading.batch = std::clamp<std::int64_t>(records, 1, options.batch);
  loading.patch = patch;
  loading.workers = options.workers;
  loading.sequential = true;
  return loading;
}

at::Tensor features_of(model::DualEncoder& model, const data::RecordSource& source, const data::Batch& batch,
                       const EmbedOptions& options) {
  const auto encoded = model.ecg->encode(model.ecg->embed(
      training::ecg_input(batch, source.samples(), model.options().ecg.patch_samples, options.device)));
  return options.features == FeatureKind::embedding ? encoded.embedding : model::pooled_tokens(encoded);
}

}  // namespace

EvaluationMode::EvaluationMode(model::DualEncoder& model)
    : model_(model), was_training_(model.is_training()), was_recording_(c10::GradMode::is_enabled()) {
  model_.eval();
  c10::GradMode::set_enabled(false);
}

EvaluationMode::~EvaluationMode() {
  c10::GradMode::set_enabled(was_recording_);
  model_.train(was_training_);
}

FeatureKind parse_features(const std::string& name) {
  for (const auto kind : {FeatureKind::embedding, FeatureKind::pooled}) {
    if (name == features_name(kind)) return kind;
  }
  throw Error(Code::usage, cat("unknown features '", name, "'")).wanted("embedding or pooled");
}

const char* features_name(FeatureKind kind) { return kind == FeatureKind::embedding ? "embedding" : "pooled"; }

double EmbeddedRecords::removed_share() const {
  return tokens_available == 0 ? 0.0 : static_cast<double>(tokens_removed) / static_cast<double>(tokens_available);
}

void read_batches(const data::RecordSource& source, const std::vector<std::int64_t>& records, std::int64_t patch,
                  const EmbedOptions& options, const RemoveTokens& remove,
                  const std::function<bool(EmbeddedBatch& seen, const data::Batch& batch)>& use) {
  const auto tokens = 12 * (source.samples() / patch);
  const auto count_visible = [&](const std::uint8_t* visible) {
    std::int64_t count = 0;
    for (std::int64_t token = 0; token < tokens; ++token) count += visible[token];
    return count;
  };
  data::Loader loader(source, records, once_through(static_cast<std::int64_t>(records.size()), patch, options));
  std::int64_t done = 0;
  while (const auto* batch = loader.next()) {
    EmbeddedBatch seen;
    seen.first = done;
    for (std::int64_t b = 0; b < batch->size(); ++b) {
      auto* visible = batch->visible + b * tokens;
      const auto before = count_visible(visible);
      if (remove) remove(done + b, visible);
      const auto after = count_visible(visible);
      seen.tokens_available += before;
      seen.tokens_removed += before - after;
      seen.empty.push_back(after == 0 ? 1 : 0);
    }
    if (!use(seen, *batch)) return;
    done += batch->size();
  }
}

EmbeddedRecords read_records(const data::RecordSource& source, const std::vector<std::int64_t>& records,
                             std::int64_t patch, const EmbedOptions& options, const RemoveTokens& remove,
                             const std::function<at::Tensor(const data::Batch& batch)>& features) {
  EmbeddedRecords out;
  out.empty.reserve(records.size());
  std::vector<at::Tensor> rows;
  read_batches(source, records, patch, options, remove, [&](EmbeddedBatch& seen, const data::Batch& batch) {
    rows.push_back(features(batch).to(at::kCPU, at::kFloat));
    out.empty.insert(out.empty.end(), seen.empty.begin(), seen.empty.end());
    out.tokens_available += seen.tokens_available;
    out.tokens_removed += seen.tokens_removed;
    return true;
  });
  out.features = at::cat(rows);
  return out;
}

void for_each_embedded_batch(model::DualEncoder& model, const data::RecordSource& source,
                             const std::vector<std::int64_t>& records, const EmbedOptions& options,
                             const std::function<bool(const EmbeddedBatch& batch)>& use, const RemoveTokens& remove) {
  const EvaluationMode mode(model);
  const tensor::Autocast autocast(options.device, options.precision);
  const auto patch = model.options().ecg.patch_samples;
  read_batches(source, records, patch, options, remove, [&](EmbeddedBatch& seen, const data::Batch& batch) {
    seen.features = features_of(model, source, batch, options).to(at::kCPU, at::kFloat).contiguous();
    return use(seen);
  });
}

EmbeddedRecords embed_records(model::DualEncoder& model, const data::RecordSource& source,
                              const std::vector<std::int64_t>& records, const EmbedOptions& options,
                              const RemoveTokens& remove) {
  const EvaluationMode mode(model);
  const tensor::Autocast autocast(options.device, options.precision);
  return read_records(source, records, model.options().ecg.patch_samples, options, remove,
                      [&](const data::Batch& batch) { return features_of(model, source, batch, options); });
}

void for_each_token_batch(model::DualEncoder& model, const data::RecordSource& source,
                          const std::vector<std::int64_t>& records, const EmbedOptions& options,
                          const std::function<void(std::int64_t first, const model::Tokens& tokens)>& use) {
  const EvaluationMode mode(model);
  const tensor::Autocast autocast(options.device, options.precision);
  const auto patch = model.options().ecg.patch_samples;
  data::Loader loader(source, records, once_through(static_cast<std::int64_t>(records.size()), patch, options));
  std::int64_t done = 0;
  while (const auto* batch = loader.next()) {
    use(done, model.ecg->embed(training::ecg_input(*batch, source.samples(), patch, options.device)));
    done += batch->size();
  }
}

at::Tensor embed_texts(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                       const std::vector<std::string>& texts, c10::Device device, tensor::Precision precision) {
  const EvaluationMode mode(model);
  const tensor::Autocast autocast(device, precision);
  auto batch = text::pad_batch(tokenizer, texts, model.options().text.max_tokens);
  const auto whole = at::TensorOptions().dtype(at::kLong);
  const auto count = static_cast<std::int64_t>(texts.size());
  const auto ids = at::from_blob(batch.ids.data(), {count, batch.length}, whole).clone().to(device);
  const auto lengths = at::from_blob(batch.lengths.data(), {count}, whole).clone().to(device);
  return unit_rows(model.text->forward(ids, lengths).to(at::kFloat)).to(at::kCPU);
}

at::Tensor embed_classes(model::DualEncoder& model, const text::Tokenizer& tokenizer, const text::PromptPack& prompts,
                         const std::string& task, const std::vector<std::string>& classes, c10::Device device,
                         tensor::Precision precision) {
  prompts.check_covers(task, classes);
  std::vector<at::Tensor> rows;
  for (const auto& name : classes) {
    std::vector<std::string> texts;
    for (const auto& prompt : prompts.texts(task, name))
      texts.push_back(text::normalise(prompt, true, prompts.origin()));
    rows.push_back(unit_rows(embed_texts(model, tokenizer, texts, device, precision).mean(0)));
  }
  return at::stack(rows);
}

}  // namespace scar::evaluation
