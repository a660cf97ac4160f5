#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scar/evaluation/critical.h"

namespace scar::evaluation {

/// Where masks come from, so that results under them can be traced and compared.
struct MaskOrigin {
  std::string kind;  // "own", "random", "transferred"
  std::string task;
  std::string store_hash;    // manifest of the records
  std::string weights_hash;  // of the attacked model; "" for random masks
  std::uint64_t seed = 0;
};

/// Masks of (record, label) pairs at several rates: own ones from attack(), random ones of equal number, or those of
/// another model, read from a file.
struct MaskBook {
  Structure structure = Structure::leads;
  std::vector<double> rates;
  std::vector<std::string> ids, labels;                 // what the rows and columns of targets stand for
  std::map<Target, std::vector<data::UnitMask>> masks;  // one per rate
  MaskOrigin origin;

  [[nodiscard]] const std::vector<data::UnitMask>* find(const Target& target) const;
  /// Place of a rate in `rates`; throws Error(unknown_mask) listing those that are there.
  [[nodiscard]] std::size_t rate_index(double rate) const;
  /// SHA-256 over structure, rates, and (record id, label, masks) in the order of ids and labels as texts: rows,
  /// columns and origin do not count.
  [[nodiscard]] std::string hash() const;
};

[[nodiscard]] MaskBook make_book(const std::vector<AttackResult>& results, const std::vector<std::string>& ids,
                                 const std::vector<std::string>& labels, const AttackOptions& options);
[[nodiscard]] MaskBook random_book(const Scorer& scorer, const std::vector<Target>& targets,
                                   const std::vector<std::string>& ids, const std::vector<std::string>& labels,
                                   const AttackOptions& options);

/// JSON: format "scar-masks" 1, origin, grid, rates, per (record id, label) one bitset in hexadecimal per rate, and the
/// hash of all that. Written atomically.
void save_book(const MaskBook& book, const data::UnitGrid& grid, const std::filesystem::path& path);

/// Reads such a file for the records and labels at hand; entries of other records and labels are dropped (none left:
/// store_mismatch). Errors: data_unreadable (not such a file, or its hash does not fit), store_mismatch (another
/// task, grid or store).
[[nodiscard]] MaskBook load_book(const std::filesystem::path& path, const data::UnitGrid& grid, const std::string& task,
                                 const std::string& store_hash, const std::vector<std::string>& ids,
                                 const std::vector<std::string>& labels);

}  // namespace scar::evaluation
