#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "scar/data/record_source.h"
#include "scar/model/dual_encoder.h"
#include "scar/tensor/autocast.h"
#include "scar/text/prompts.h"
#include "scar/text/tokenizer.h"

namespace scar::evaluation {

/// While it lives, the model is in evaluation mode and no gradient is recorded; afterwards it is as before.
class EvaluationMode {
 public:
  explicit EvaluationMode(model::DualEncoder& model);
  ~EvaluationMode();
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  model::DualEncoder& model_;
  bool was_training_, was_recording_;
};

/// What of a record is taken: its unit-length embedding [D], or the tokens pooled by their weights before projection
/// and normalisation [d], which keeps what alignment with texts had no use for.
enum class FeatureKind { embedding, pooled };
[[nodiscard]] FeatureKind parse_features(const std::string& name);  // "embedding", "pooled"; throws Error(usage)
[[nodiscard]] const char* features_name(FeatureKind kind);

struct EmbedOptions {
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
  std::int64_t batch = 64;  // records at a time; the result does not depend on it
  int workers = 1;          // decode threads
  FeatureKind features = FeatureKind::embedding;
};

/// Takes tokens of a record away: `visible` [12, P], 1 = visible, is that of the i-th record asked for. It may set
/// entries to 0, never to 1.
using RemoveTokens = std::function<void(std::int64_t i, std::uint8_t* visible)>;

struct EmbeddedRecords {
  at::Tensor features;                // [n, D or d] float, on the CPU, in the order of the records asked for
  std::vector<std::uint8_t> empty;    // [n]: nothing visible was left; the row of features says nothing
  std::int64_t tokens_available = 0;  // visible in the records themselves
  std::int64_t tokens_removed = 0;    // of these, taken away by `remove`

  [[nodiscard]] double removed_share() const;
};

struct EmbeddedBatch {
  std::int64_t first = 0;           // its rows belong to records[first], records[first + 1], ...
  at::Tensor features;              // [b, D or d] float, on the CPU
  std::vector<std::uint8_t> empty;  // [b], as in EmbeddedRecords
  std::int64_t tokens_available = 0, tokens_removed = 0;
};

/// The records in batches, of which one is in memory at a time, until `use` returns false. A row is that of
/// embed_records().
void for_each_embedded_batch(model::DualEncoder& model, const data::RecordSource& source,
                             const std::vector<std::int64_t>& records, const EmbedOptions& options,
                             const std::function<bool(const EmbeddedBatch& batch)>& use,
                             const RemoveTokens& remove = {});

/// Embeds records of a source, without gradient and without dropout. A record's row depends on the record and what was
/// removed from it alone: not on batch, order, or the other records.
[[nodiscard]] EmbeddedRecords embed_records(model::DualEncoder& model, const data::RecordSource& source,
                                            const std::vector<std::int64_t>& records, const EmbedOptions& options,
                                            const RemoveTokens& remove = {});

/// Calls use(first, tokens) for the records in batches: those of the batch are records[first], records[first + 1], ...
/// In evaluation mode, without gradient, in the precision of the options.
void for_each_token_batch(model::DualEncoder& model, const data::RecordSource& source,
                          const std::vector<std::int64_t>& records, const EmbedOptions& options,
                          const std::function<void(std::int64_t first, const model::Tokens& tokens)>& use);

/// One unit-length row per text [n, D] float on the CPU. Texts are taken as they are.
[[nodiscard]] at::Tensor embed_texts(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                                     const std::vector<std::string>& texts, c10::Device device,
                                     tensor::Precision precision);

/// One unit-length row per class [C, D] float on the CPU: each prompt is encoded and normalised, the mean over the
/// class's prompts is normalised again. Prompts are brought into the form in which reports reached the vocabulary (NFC,
/// lower case). Error prompts_invalid if a class has none.
[[nodiscard]] at::Tensor embed_classes(model::DualEncoder& model, const text::Tokenizer& tokenizer,
                                       const text::PromptPack& prompts, const std::string& task,
                                       const std::vector<std::string>& classes, c10::Device device,
                                       tensor::Precision precision);

}  // namespace scar::evaluation
