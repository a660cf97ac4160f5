#include "scar/data/masked_source.h"

#include <algorithm>

#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"

namespace scar::data {

MaskedSource::MaskedSource(const StoreSet& stores, const MaskSpec& spec, std::int64_t patch)
    : stores_(stores),
      spec_(spec),
      grid_(unit_grid(stores.samples(), stores.rate_hz(), patch)),
      common_(mask("", "")) {}

UnitMask MaskedSource::mask(const std::string& dataset, const std::string& record) const {
  // Not of the run's seed: runs that are compared learn from the same records.
  constexpr std::uint64_t kSeed = 0;
  return make_mask(spec_, grid_, kSeed, dataset, record);
}

void MaskedSource::read(std::int64_t record, std::int16_t* out, std::int64_t coming) const {
  stores_.read(record, out, coming);
  const auto mask = spec_.drawn() ? this->mask(stores_.store_of(record).info().kind, stores_.id(record)) : common_;
  for (std::int64_t lead = 0; lead < kLeads; ++lead) {
    for (std::int64_t block = 0; block < grid_.blocks; ++block) {
      if (!mask.removed(lead, block)) continue;
      const auto first = block * grid_.block_samples;
      std::fill(out + lead * grid_.samples + first,
                out + lead * grid_.samples + std::min(grid_.samples, first + grid_.block_samples), kMissing);
    }
  }
}

}  // namespace scar::data
