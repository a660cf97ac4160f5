#pragma once

#include <cstdint>
#include <vector>

#include "scar/data/store/store_set.h"

namespace scar::training {

/// Labels of some records, asked for nothing but whether two of them share a finding (check M5). Training reads no labels.
class KnownFindings {
 public:
  /// Labels of all tasks of each record's store. A class that more than half of its task's records have (sinus rhythm) is
  /// no finding here: nobody would be without it.
  KnownFindings(const data::StoreSet& stores, const std::vector<std::int64_t>& records);

  /// a, b: positions in `records`. Records of stores without tasks share nothing that is known.
  [[nodiscard]] bool share(std::int64_t a, std::int64_t b) const;

 private:
  std::vector<std::vector<std::int64_t>> findings_;  // sorted numbers of (store, task, class), one list per record
};

}  // namespace scar::training
