#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "scar/evaluation/macro_mean.h"
#include "scar/evaluation/patient_bootstrap.h"

/// How well ECGs and reports find each other (docs/metrics.md, "Retrieval"). A hit is any item that says the same as the
/// query's own: thousands of reports say "sinus rhythm. normal ecg.", and none of them is a mistake.
namespace scar::evaluation {

inline constexpr std::array<int, 3> kRecallAt = {1, 5, 10};

/// Where a query meets its first hit: expectations over the order of tied items, which is a matter of chance. So an
/// embedder that tells nothing apart has the figures of chance, and no order of records changes a figure.
struct FirstHit {
  double rank = 0;                               // 1 is best
  double reciprocal = 0;                         // of the rank
  std::array<double, kRecallAt.size()> found{};  // probability that it is among the first 1, 5, 10
};
/// `above` items rank before the first hit; then come `misses` and `hits` (1 or more) in random order.
[[nodiscard]] FirstHit expected_first_hit(std::int64_t above, std::int64_t misses, std::int64_t hits);

/// Scores nearer than this are tied: what rounding and the size of a batch may do to a cosine.
inline constexpr float kTie = 1e-6F;

/// What is searched.
struct Gallery {
  at::Tensor embeddings;               // [m, D] float, unit rows, on the CPU
  std::vector<std::int64_t> identity;  // [m]: items of one number say the same
  std::vector<std::int64_t> count;     // [m]: items that this row stands for; a row of 0 is not there
};
/// One per query [q, D]; each has at least one item of its identity in the gallery. In chunks: never more than some
/// hundred MB of scores are in memory.
[[nodiscard]] std::vector<FirstHit> first_hits(const at::Tensor& queries, const std::vector<std::int64_t>& identity,
                                               const Gallery& gallery);

/// Figures of one direction: means over the records, each of which asks once.
struct RetrievalFigures {
  std::array<MacroMean, kRecallAt.size()> recall;
  MacroMean reciprocal;  // MRR
  double median_rank = 0;
  FirstHit chance;  // the same means for a ranking that knows nothing; rank: the median
};

struct Retrieval {
  std::int64_t records = 0, distinct_texts = 0;  // of the records; by the words of the texts
  RetrievalFigures to_report;                    // ECG -> reports of all records
  RetrievalFigures to_text;                      // ECG -> each text once
  RetrievalFigures to_ecg;                       // report -> ECGs of all records
};

/// Texts as retrieval sees them: each string once.
struct DistinctTexts {
  std::vector<std::string> strings;    // in the order in which they come
  std::vector<std::int64_t> identity;  // [strings]: by their words (text::number_texts)
  std::vector<std::int64_t> of;        // [records]: number of each record's string
};
[[nodiscard]] DistinctTexts distinct_texts(const std::vector<std::string>& reports);

/// ecg [n, D] and patients of n records; text_of[i] is the number of record i's string in texts and in
/// text_embeddings [strings, D]. Strings of no record are not in the galleries.
[[nodiscard]] Retrieval study_retrieval(const at::Tensor& ecg, const at::Tensor& text_embeddings,
                                        const DistinctTexts& texts, const std::vector<std::int64_t>& text_of,
                                        const std::vector<std::string>& patients, const BootstrapOptions& options);

}  // namespace scar::evaluation
