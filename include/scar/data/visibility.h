#pragma once

#include <cstdint>

namespace scar::data {

/// Which tokens of a record are really there: out [12, T / patch], 1 = visible. A token (lead, patch) is visible if
/// each of its samples is present and none of them stands in a flat run, that is at least one second of equal values
/// (an electrode that is off, a saturated or zero-filled stretch). A lead whose present samples are all equal is
/// absent, however short it is. A missing sample ends a run. `patch` divides T.
void token_visibility(const std::int16_t* samples, std::int64_t T, double rate_hz, std::int64_t patch,
                      std::uint8_t* out);

/// Whether token_visibility() calls every token visible, at whichever sample the record is made to begin (its first part
/// then following its last). May be false for a record of which that is true: one with a run of half a second.
[[nodiscard]] bool visible_throughout(const std::int16_t* samples, std::int64_t T, double rate_hz);

/// Millivolts of a record, out [12, T]. Missing samples become 0, which nobody may read as a voltage: the visibility
/// says that they are not there.
void decode_mv(const std::int16_t* samples, std::int64_t T, float scale_mv, float* out);

}  // namespace scar::data
