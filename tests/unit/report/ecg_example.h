#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "scar/report/ecg_plot.h"

namespace scar::report {

constexpr std::size_t kExampleRate = 100;
constexpr float kGap = std::numeric_limits<float>::quiet_NaN();

/// Zero volts in all leads, 100 Hz.
inline EcgPlot flat_ecg(double seconds = 10) {
  EcgPlot plot;
  plot.record = "example";
  plot.rate_hz = kExampleRate;
  plot.mv.assign(12 * static_cast<std::size_t>(std::lround(seconds * kExampleRate)), 0.0F);
  return plot;
}

/// Sets samples [begin, end) of a lead.
inline void set(EcgPlot& plot, std::size_t lead, std::size_t begin, std::size_t end, float mv) {
  const auto samples = plot.mv.size() / 12;
  for (auto i = begin; i < end; ++i) plot.mv[lead * samples + i] = mv;
}

/// Tokens of 250 ms, all visible.
inline void give_tokens(EcgPlot& plot) {
  plot.token_samples = 25;
  plot.tokens.assign(plot.mv.size() / 25, TokenState::visible);
}

}  // namespace scar::report
