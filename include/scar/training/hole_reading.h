#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "scar/model/ecg_encoder.h"

namespace scar::training {

/// Whether the encoder reads the holes (docs/method.md, section 6, check M5): for text i and a foreign signal x_j without
/// i's findings, does the mask that the masker made for i raise the score of x_j with text i?
struct HoleReading {
  std::int64_t n = 0;
  double auroc = 0.5;  // of s(x_j; mask of i, t_i) against s(x_j; mask of r, t_i), ties 1/2
  double high = 1;     // upper end of its 95 % interval

  static constexpr std::int64_t kFewest = 512;  // below, the interval is too wide to say anything
  static constexpr double kLimit = 0.55;        // `high` above it: holes are read
};

/// own[k], other[k]: the two scores of the k-th (text, foreign signal); n >= 2. The interval treats the k as independent
/// and the two scores of one k as dependent: the AUROC is a U-statistic, its variance that of the mean influence
/// (Sen, 1960; DeLong et al., 1988).
[[nodiscard]] HoleReading hole_reading(const std::vector<double>& own, const std::vector<double>& other);

/// For each text i a foreign signal j and another record r, both without i's findings, j != r, drawn by (seed, i).
struct ForeignPair {
  std::int64_t text = 0, signal = 0, other = 0;
};
/// foreign(i, j): record j of `rows` has none of i's findings (and may be compared). Texts with fewer than two foreign
/// records are left out.
[[nodiscard]] std::vector<ForeignPair> foreign_pairs(std::int64_t rows, std::uint64_t seed,
                                                     const std::function<bool(std::int64_t, std::int64_t)>& foreign);

/// The two scores of each pair, added to what is there.
struct HoleScores {
  std::vector<double> own, other;
};
/// text [b, D] unit embeddings, kept [b, N] bool: the masks made for each record; all of the same b records as tokens.
void read_holes(model::EcgEncoder& encoder, const model::Tokens& tokens, const at::Tensor& text, const at::Tensor& kept,
                const std::vector<ForeignPair>& pairs, HoleScores& scores);

}  // namespace scar::training
