#include "scar/data/synthetic/evidence.h"

#include <algorithm>
#include <cstddef>

#include "scar/data/lead_names.h"
#include "scar/data/store/store_format.h"

namespace scar::data {

namespace {
constexpr int kLimbLeads = 6;
}

bool unit_set(const std::uint8_t* bitmap, std::int64_t blocks, int lead, std::int64_t block) {
  const auto unit = lead * blocks + block;
  return ((bitmap[unit / 8] >> (unit % 8)) & 1) != 0;
}

void set_unit(std::uint8_t* bitmap, std::int64_t blocks, int lead, std::int64_t block) {
  const auto unit = lead * blocks + block;
  bitmap[unit / 8] = static_cast<std::uint8_t>(bitmap[unit / 8] | (1u << (unit % 8)));
}

std::vector<std::uint8_t> differing_units(const std::int16_t* one, const std::int16_t* other, std::int64_t blocks,
                                          std::int64_t block_samples) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(bitmap_bytes(blocks)), 0);
  for (int lead = 0; lead < kLeads; ++lead) {
    for (std::int64_t block = 0; block < blocks; ++block) {
      const auto begin = (lead * blocks + block) * block_samples;
      if (!std::equal(one + begin, one + begin + block_samples, other + begin))
        set_unit(out.data(), blocks, lead, block);
    }
  }
  return out;
}

std::vector<std::uint8_t> oracle_mask(const std::uint8_t* bitmap, std::int64_t blocks) {
  std::vector<std::uint8_t> mask(bitmap, bitmap + bitmap_bytes(blocks));
  for (std::int64_t block = 0; block < blocks; ++block) {
    bool touched = false;
    for (int lead = 0; lead < kLimbLeads; ++lead) touched = touched || unit_set(bitmap, blocks, lead, block);
    if (!touched) continue;
    for (int lead = 0; lead < kLimbLeads; ++lead) set_unit(mask.data(), blocks, lead, block);
  }
  return mask;
}

}  // namespace scar::data
