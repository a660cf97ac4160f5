#pragma once

#include <cstdint>
#include <vector>

namespace scar::data {

/// Evidence and oracle masks are bitmaps over units (lead, 250 ms block): unit = lead * blocks + block, bit unit % 8 of
/// byte unit / 8, 1 = carries evidence (is removed). A bitmap has bitmap_bytes(blocks) bytes, spare bits are 0.
[[nodiscard]] bool unit_set(const std::uint8_t* bitmap, std::int64_t blocks, int lead, std::int64_t block);
void set_unit(std::uint8_t* bitmap, std::int64_t blocks, int lead, std::int64_t block);

/// Units in which two records [12, blocks * block_samples] differ.
[[nodiscard]] std::vector<std::uint8_t> differing_units(const std::int16_t* one, const std::int16_t* other,
                                                        std::int64_t blocks, std::int64_t block_samples);

/// The mask that really hides a set of units: two limb leads give the other four, so a block that is touched in one of
/// I, II, III, aVR, aVL, aVF is taken in all six. Precordial units stay as they are: the limb part of every local
/// source leaves Wilson's terminal where it is.
[[nodiscard]] std::vector<std::uint8_t> oracle_mask(const std::uint8_t* bitmap, std::int64_t blocks);

}  // namespace scar::data
