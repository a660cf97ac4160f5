#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/loader.h"
#include "scar/data/record_source.h"
#include "scar/model/ecg_encoder.h"
#include "scar/objective/contrastive.h"
#include "scar/text/tokenizer.h"
#include "scar/training/options.h"

namespace scar::training {

/// A batch of (ECG, text) pairs on the device, with who belongs to whom. Row i of everything is one record.
struct PairBatch {
  model::EcgInput ecg;
  at::Tensor ids, lengths;  // [B, L], [B] int64
  objective::PairTargets targets;
  std::vector<std::int64_t> records;  // numbers in the source

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(records.size()); }
  /// Rows [first, first + count) as views; targets stay those of the whole batch.
  [[nodiscard]] PairBatch rows(std::int64_t first, std::int64_t count) const;
};

/// Turns what the loader read into pairs: reads the report, takes a span of it if asked (a function of seed, epoch and
/// record), tokenizes, and compares texts. Identity travels with the pair: it is the report's, whatever the span.
class PairBuilder {
 public:
  PairBuilder(const data::RecordSource& source, const text::Tokenizer& tokenizer, const TrainOptions& options,
              c10::Device device);
  [[nodiscard]] PairBatch build(const data::Batch& batch, bool spans) const;

 private:
  const data::RecordSource& source_;
  const text::Tokenizer& tokenizer_;
  double span_probability_;
  std::int64_t max_tokens_, patch_samples_;
  std::uint64_t seed_;
  bool identity_targets_;
  c10::Device device_;
};

}  // namespace scar::training
