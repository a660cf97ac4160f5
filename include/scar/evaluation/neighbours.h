#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/probe.h"

namespace scar::evaluation {

struct NeighbourOptions {
  std::vector<std::int64_t> ks = {1, 2, 5, 10, 20, 50, 100, 200, 500};  // to choose from, ascending
  double temperature = .07;                                             // of the weights; Wu et al., CVPR 2018
  bool standardise = false;         // features by the training rows first: for features of different units
  std::int64_t query_chunk = 256;   // rows that are asked about at a time
  std::int64_t train_chunk = 8192;  // rows that they are compared with at a time
};

/// k nearest neighbours by the cosine s of their features. The score of a class is the share of positives among the k
/// nearest training rows, each counting exp((s - 1) / temperature): a number in [0, 1] per class, so several classes may
/// be positive at once. Nothing is fitted; memory holds query_chunk x (train_chunk + largest k) cosines at a time.
struct NeighbourProbe {
  std::vector<std::string> classes;
  ProbePart train;  // features double, unit length
  NeighbourOptions options;
  at::Tensor mean, deviation;  // undefined: features are taken as they are
  std::int64_t k = 0;
  std::vector<std::int64_t> ks;                        // those that the training rows allow
  std::vector<std::optional<double>> selection_auroc;  // macro, per entry of ks
  std::vector<std::string> absent;

  [[nodiscard]] ScoreTable answer(const ProbePart& part) const;
};

/// k by the best macro AUROC on the selection rows, the smallest of equals; a k above the number of training rows is not
/// tried, and if all are, k is that number.
[[nodiscard]] NeighbourProbe fit_neighbours(const ProbePart& train, const ProbePart& selection,
                                            const std::vector<std::string>& classes,
                                            const NeighbourOptions& options = {});

}  // namespace scar::evaluation
