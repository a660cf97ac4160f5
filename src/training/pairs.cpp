#include "scar/training/pairs.h"

#include <ATen/ATen.h>

#include "scar/text/pair_identity.h"
#include "scar/text/span_sampling.h"
#include "scar/training/ecg_input.h"

namespace scar::training {

PairBatch PairBatch::rows(std::int64_t first, std::int64_t count) const {
  PairBatch part;
  part.ecg.signal = ecg.signal.narrow(0, first, count);
  part.ecg.visible = ecg.visible.narrow(0, first, count);
  part.ecg.leads = ecg.leads;
  part.ids = ids.narrow(0, first, count);
  part.lengths = lengths.narrow(0, first, count);
  part.targets = targets;
  part.records.assign(records.begin() + first, records.begin() + first + count);
  return part;
}

PairBuilder::PairBuilder(const data::RecordSource& source, const text::Tokenizer& tokenizer,
                         const TrainOptions& options, c10::Device device)
    : source_(source),
      tokenizer_(tokenizer),
      span_probability_(options.text.span_probability),
      max_tokens_(options.model.text.max_tokens),
      patch_samples_(options.model.ecg.patch_samples),
      seed_(options.seed),
      identity_targets_(options.objective.targets == "identity"),
      device_(device) {}

PairBatch PairBuilder::build(const data::Batch& batch, bool spans) const {
  const auto size = batch.size();
  PairBatch pairs;
  pairs.records = batch.records;
  pairs.ecg = ecg_input(batch, source_.samples(), patch_samples_, device_);

  std::vector<std::string> reports, texts;
  for (const auto record : batch.records) {
    reports.push_back(source_.report(record));
    texts.push_back(spans ? text::sample_span(reports.back(), span_probability_, seed_, batch.epoch, record)
                          : reports.back());
  }
  auto tokens = text::pad_batch(tokenizer_, texts, max_tokens_);
  const auto whole = at::TensorOptions().dtype(at::kLong);
  pairs.ids = at::from_blob(tokens.ids.data(), {size, tokens.length}, whole).clone().to(device_);
  pairs.lengths = at::from_blob(tokens.lengths.data(), {size}, whole).clone().to(device_);

  if (!identity_targets_) {
    auto identity = text::pair_identity(reports, texts);
    const auto bytes = at::TensorOptions().dtype(at::kByte);
    pairs.targets.positive = at::from_blob(identity.positive.data(), {size, size}, bytes).to(at::kBool).to(device_);
    pairs.targets.excluded = at::from_blob(identity.excluded.data(), {size, size}, bytes).to(at::kBool).to(device_);
  }
  return pairs;
}

}  // namespace scar::training
