#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "scar/evaluation/sweep.h"

/// Cells of a sweep as files of scores of kind "sweep-cell": masks U8 [records, bytes], scores F64 [records, classes],
/// empty U8 [records], with the hash of the masks.
namespace scar::evaluation {

/// What a file of a cell must be of.
struct CellOrigin {
  std::string sweep;           // hash of all that decides the scores
  std::string records_sha256;  // of the record ids, in order
  data::UnitGrid grid;
  std::int64_t records = 0, classes = 0;
};

[[nodiscard]] std::filesystem::path cell_path(const std::filesystem::path& folder, const SweepCell& cell);

/// Atomically. Errors: write_failed, disk_full, permission.
void save_cell(const std::filesystem::path& path, const SweepCell& cell, const CellScores& scores,
               const CellOrigin& origin);

/// nothing if there is no such file. Errors: data_unreadable (damaged, or masks that do not have the hash written
/// there), store_mismatch (another sweep's).
[[nodiscard]] std::optional<CellScores> load_cell(const std::filesystem::path& path, const SweepCell& cell,
                                                  const CellOrigin& origin);

/// The masks alone, of any sweep over the same records and units. Errors as load_cell().
[[nodiscard]] std::optional<std::vector<data::UnitMask>> load_cell_masks(const std::filesystem::path& path,
                                                                         const SweepCell& cell,
                                                                         const CellOrigin& origin);

}  // namespace scar::evaluation
