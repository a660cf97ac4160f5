#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/nn/module.h>

#include "scar/model/model_options.h"

namespace scar::model {

class EcgStem;
class Transformer;
class Selector;

/// One batch of records. Samples of an invisible token may hold anything, NaN included: they are never read.
struct EcgInput {
  at::Tensor signal;                // [B, leads, T] float, mV, canonical lead order; T = P * patch_samples
  at::Tensor visible;               // [B, leads, P] bool: the token is really there
  std::vector<std::int64_t> leads;  // lead number (0 = I ... 11 = V6) of each row; empty: all 12 in order
};

/// Token embeddings before any attention. Token number = lead row * P + patch.
struct Tokens {
  at::Tensor z;        // [B, N, d]
  at::Tensor visible;  // [B, N] bool
};

/// What the encoder says about each record. M = N in the dense path and where nothing was left out, else the largest
/// number of kept tokens in the batch.
struct EcgFeatures {
  at::Tensor embedding;    // [B, D] float, unit length
  at::Tensor hidden;       // [B, M, d] encoder outputs
  at::Tensor weights;      // [B, M] float, pooling weights, sum 1, 0 where not valid
  at::Tensor log_weights;  // [B, M] float, their logarithms; 0 where not valid
  at::Tensor valid;        // [B, M] bool: the token took part (dense path: keep weight > 0)
  at::Tensor index;        // [B, M] int64, number of the token; undefined: token m stands at m. Padding: 0
};

/// What a pass says of its tokens, [B, M, ...], at their own places, [B, tokens, ...]; 0 for those that took no part.
[[nodiscard]] at::Tensor at_tokens(const at::Tensor& values, const EcgFeatures& features, std::int64_t tokens);

/// What a pass over everything visible says of each token, without graph: what the masker chooses by.
struct ReadTokens {
  at::Tensor hidden;     // [B, N, d] encoder outputs, 0 where invisible
  at::Tensor embedding;  // [B, N, D] float, each token's own embedding, unit length; anything where invisible
  at::Tensor visible;    // [B, N] bool
};

/// ECG tower (docs/method.md, sections 2, 3, 7): tokens, pre-norm transformer over all visible tokens of all leads,
/// pooling, projection. Missing is absence: a token that is invisible or not kept changes nothing (invariant V1), and
/// neither do the other records of the batch (V2). A record without any visible token gives the zero vector
/// (with `cls` and `attention` pooling: what the encoder makes of nothing), the same for all.
class EcgEncoder : public torch::nn::Module {
 public:
  explicit EcgEncoder(const ModelOptions& options);
  ~EcgEncoder() override;

  [[nodiscard]] Tokens embed(const EcgInput& input);

  /// Hard masks: only visible tokens with `keep` (bool [B, N]; undefined = all visible) go through the encoder,
  /// gathered, so the pass costs the share that is kept. Gradients reach z and the weights, never `keep`.
  [[nodiscard]] EcgFeatures encode(const Tokens& tokens, const at::Tensor& keep = {});

  /// All tokens with keep weights in [0, 1] (float [B, N]; invisible tokens count as 0): attention and pooling multiply
  /// by them. Differentiable in keep_weights, also where they are 0; equal to encode() where they are 0 or 1. Attention
  /// weights are computed in float (double stays double) even under autocast.
  [[nodiscard]] EcgFeatures encode_dense(const Tokens& tokens, const at::Tensor& keep_weights);

  /// Attention that each token receives in the last block, mean over heads and over the queries that take part (with
  /// `cls` pooling the extra token is one of them): [B, N] float, 0 where a token is invisible or not kept. A pass of its
  /// own; nothing but evaluation asks for it.
  [[nodiscard]] at::Tensor received_attention(const Tokens& tokens, const at::Tensor& keep = {});

  /// `whole` is encode(tokens) with everything visible.
  [[nodiscard]] ReadTokens read(const Tokens& tokens, const EcgFeatures& whole);

  /// Each token's own embedding, Proj(h) / |Proj(h)|, [B, M, D] float.
  [[nodiscard]] at::Tensor token_embeddings(const at::Tensor& hidden);

  [[nodiscard]] std::int64_t width() const { return options_.width; }
  [[nodiscard]] const ModelOptions& options() const { return options_; }

 private:
  EcgFeatures finish(EcgFeatures features, const at::Tensor& keep_weights, const at::Tensor& cls);

  ModelOptions options_;
  std::shared_ptr<EcgStem> stem_;
  std::shared_ptr<Transformer> transformer_;
  std::shared_ptr<Selector> selector_;
  at::Tensor lead_, time_, cls_;  // [12, d], [max_patches, d], [1, d] or undefined
  at::Tensor projection_;         // [D, d]
};

}  // namespace scar::model
