#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/masks.h"
#include "scar/data/store/store_reader.h"
#include "scar/evaluation/embed.h"

namespace scar::evaluation {

/// Masks of some records by one rule: a function of (rule, seed, kind of store, record id), so the same for every
/// model, order and selection of records.
struct RecordMasks {
  data::MaskSpec spec;
  std::uint64_t seed = 0;
  std::vector<data::UnitMask> masks;  // in the order of the records
  std::string hash;                   // SHA-256 over them
  double unit_share = 0;              // mean share of units removed: the effective rate
};

/// Errors: unknown_mask (critical masks come from an attack), out_of_range.
[[nodiscard]] RecordMasks make_record_masks(const data::Store& store, const std::vector<std::int64_t>& records,
                                            const data::MaskSpec& spec, std::uint64_t seed, std::int64_t patch_samples);

/// For embed_records(): refers to `masks`, which must live longer.
[[nodiscard]] RemoveTokens removal_by(const RecordMasks& masks, std::int64_t patch_samples);

}  // namespace scar::evaluation
