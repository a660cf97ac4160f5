#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scar/data/record_source.h"
#include "scar/evaluation/embed.h"

namespace scar::evaluation {

/// What a few lines know of a lead without any learning, [12, kLeadFigures] per record: the least that learnt features
/// have to beat. In the order of this list:
inline constexpr std::array<const char*, 7> kLeadFigures = {
    "present",          // 1: something of the lead is visible; else 0, and all that follows is 0
    "mean_mv",          // of the visible samples
    "deviation_mv",     //
    "lowest_mv",        //
    "highest_mv",       //
    "mean_slope_mv_s",  // mean |difference| of neighbouring visible samples, per second
    "rate_per_s"        // 1 / lag of the largest autocorrelation of the slope between 0.3 and 2 s: heart beats
};

/// Figures of records [n, 12 * 7]; a sample is visible if its token of `patch` samples is, and `remove` may take tokens
/// away. options: batch and workers alone.
[[nodiscard]] EmbeddedRecords lead_statistics(const data::RecordSource& source,
                                              const std::vector<std::int64_t>& records, std::int64_t patch,
                                              const EmbedOptions& options, const RemoveTokens& remove = {});

/// Figures of one lead. samples [n] in mV, visible [n / patch], out [7].
void lead_figures(const float* samples, const std::uint8_t* visible, std::int64_t n, std::int64_t patch, double rate_hz,
                  float* out);

}  // namespace scar::evaluation
