#include "scar/evaluation/missingness.h"

namespace scar::evaluation {

RecordMasks make_record_masks(const data::Store& store, const std::vector<std::int64_t>& records,
                              const data::MaskSpec& spec, std::uint64_t seed, std::int64_t patch_samples) {
  RecordMasks out;
  out.spec = spec;
  out.seed = seed;
  const auto grid = data::unit_grid(store.info().samples, store.info().rate_hz, patch_samples);
  out.masks.reserve(records.size());
  for (const auto record : records) {
    out.masks.push_back(data::make_mask(spec, grid, seed, store.info().kind, store.id(record)));
    out.unit_share += out.masks.back().removed_share() / static_cast<double>(records.size());
  }
  out.hash = data::mask_hash(out.masks);
  return out;
}

RemoveTokens removal_by(const RecordMasks& masks, std::int64_t patch_samples) {
  return [&masks, patch_samples](std::int64_t i, std::uint8_t* visible) {
    data::apply_mask(masks.masks[static_cast<std::size_t>(i)], patch_samples, visible);
  };
}

}  // namespace scar::evaluation
