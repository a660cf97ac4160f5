#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "scar/data/store/store_set.h"

namespace scar::training {

/// Writes hashes of the signals and patients of these records, sorted, into a safetensors file: what a run remembers of
/// its training records, at 16 bytes each.
void save_trained_on(const std::filesystem::path& path, const data::StoreSet& stores,
                     const std::vector<std::int64_t>& records);

/// How many of some records took part in a training, by what the run remembers.
struct TrainedShare {
  std::int64_t signals = 0;   // records whose stored samples are those of a training record
  std::int64_t patients = 0;  // other records of a patient who trained (in a store of the same kind)
};

/// No value if there is no such file. Errors: as load_safetensors; weights_invalid for other contents.
[[nodiscard]] std::optional<TrainedShare> count_trained(const std::filesystem::path& path, const data::Store& store,
                                                        const std::vector<std::int64_t>& records);

}  // namespace scar::training
