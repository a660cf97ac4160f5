#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"

namespace scar::data {

/// What a store holds, counted from its metadata; no signal is read.
struct TaskCard {
  std::string name;
  std::int64_t records = 0;             // that are part of the task
  std::vector<std::int64_t> positives;  // per class
};
struct SplitCard {
  std::string name{};  // "train", "validation", "test", "no split"
  std::vector<int> folds{};
  std::int64_t records = 0, patients = 0;
  std::int64_t without_patient = 0, without_report = 0;
  std::map<std::string, std::int64_t> languages{}, recorders{};  // "" = unknown
  std::vector<TaskCard> tasks{};                                 // in the order of the store
};
struct StoreCard {
  std::array<SplitCard, 4> splits;
  std::int64_t distinct_reports = 0;    // of those that are not empty
  std::array<std::int64_t, 3> words{};  // of the cleaned reports that are not empty: 5th, 50th, 95th percentile
};

[[nodiscard]] StoreCard make_card(const Store& store);

}  // namespace scar::data
