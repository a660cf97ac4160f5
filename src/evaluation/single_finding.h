#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/store/store_reader.h"

namespace scar::evaluation {

/// A synthetic record of exactly one finding, a localised one: its report speaks of nothing else, so nothing else is worth
/// removing or weighing.
struct SingleFinding {
  std::int64_t record = 0;    // in the store
  int finding = 0;            // of data::findings()
  std::size_t localised = 0;  // the same among the localised findings
  std::string id;
};
[[nodiscard]] std::vector<SingleFinding> records_of_one_finding(const data::Store& store,
                                                                const std::vector<std::int64_t>& records);
[[nodiscard]] std::vector<std::string> localised_findings();

}  // namespace scar::evaluation
