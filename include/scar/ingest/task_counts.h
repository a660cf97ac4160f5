#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/store/store_format.h"
#include "scar/ingest/source.h"

namespace scar::ingest {

/// Published positives of the classes of a task in train, validation and test, in the order of its columns.
struct PublishedClass {
  const char* name;
  std::array<int, 3> positives;
};

[[nodiscard]] data::TaskInfo task_info(const std::string& name, const std::vector<PublishedClass>& classes);

/// Compares the labels of a source whose folds 1, 2, 3 are train, validation and test with the published counts, and
/// `sizes` with its numbers of records that are not left out. Error counts_differ with the differences.
void check_published(const Source& source, const std::string& task, const std::array<std::int64_t, 3>& sizes,
                     const std::vector<PublishedClass>& classes);

}  // namespace scar::ingest
