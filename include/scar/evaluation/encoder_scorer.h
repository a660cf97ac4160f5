#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/scorer.h"
#include "scar/model/dual_encoder.h"

namespace scar::evaluation {

struct EncoderScorerOptions {
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
  std::int64_t tokens_at_once = 8192;              // visible tokens of a forward pass
  std::int64_t saliency_tokens_at_once = 3072;     // of a pass with derivatives, which needs more memory
  std::size_t cache_bytes = std::size_t{1} << 30;  // for token embeddings, which do not depend on the mask
};

/// A model asked about records of a store: the score is the cosine of ECG and class embedding. Removed tokens are left
/// out of the pass (it costs the share that is kept); derivatives come from the dense path over the tokens that are
/// left, by the keep weight of each. What is visible in each record stays in memory, and the token embeddings of all
/// records if they fit into cache_bytes; else samples are read again for each pass.
class EncoderScorer final : public Scorer {
 public:
  /// class_embeddings [C, D]. Records without a visible token must not be among `records`.
  EncoderScorer(model::DualEncoder& model, const data::Store& store, std::vector<std::int64_t> records,
                const at::Tensor& class_embeddings, const EncoderScorerOptions& options);

  [[nodiscard]] const data::UnitGrid& grid() const override { return grid_; }
  [[nodiscard]] std::int64_t records() const override { return static_cast<std::int64_t>(records_.size()); }
  [[nodiscard]] const std::uint8_t* available(std::int64_t record) const override;
  [[nodiscard]] bool visible_under(std::int64_t record, const data::UnitMask& mask) const override;
  [[nodiscard]] std::vector<double> score(std::span<const Query> queries) override;
  [[nodiscard]] std::vector<float> saliency(std::span<const Query> queries) override;

  [[nodiscard]] std::int64_t passes() const { return passes_; }         // records encoded so far
  [[nodiscard]] std::int64_t tokens_passed() const { return tokens_; }  // and their tokens

 private:
  struct Chunk;  // queries of about equal length, encoded together
  [[nodiscard]] std::vector<Chunk> chunks(std::span<const Query> queries, std::int64_t tokens_at_once) const;
  [[nodiscard]] std::vector<std::uint8_t> kept_tokens(const Query& query) const;
  [[nodiscard]] model::Tokens kept_of(std::span<const Query> queries, const Chunk& chunk);
  [[nodiscard]] at::Tensor classes_of(std::span<const Query> queries, const Chunk& chunk) const;
  [[nodiscard]] at::Tensor embed_tokens(const std::vector<std::int64_t>& rows);

  model::DualEncoder& model_;
  const data::Store& store_;
  std::vector<std::int64_t> records_;
  EncoderScorerOptions options_;
  data::UnitGrid grid_;
  std::int64_t patch_, tokens_per_record_;
  at::Tensor classes_;                     // [C, D] on the device
  std::vector<std::uint8_t> visible_;      // [records, 12 P]
  std::vector<std::uint8_t> available_;    // [records, units]
  std::vector<std::int64_t> token_units_;  // token -> the units that it touches: [first, last] block of its lead
  at::Tensor cache_;                       // [records, N, d] on the device, or undefined
  std::int64_t passes_ = 0, tokens_ = 0;
};

}  // namespace scar::evaluation
