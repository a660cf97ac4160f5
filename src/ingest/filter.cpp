#include "scar/ingest/filter.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

namespace {

constexpr std::size_t kEdge = ZeroPhaseFilter::kShortest - 1;

void check_frequency(double hz, double rate_hz) {
  if (hz > 0 && hz < rate_hz / 2) return;
  throw Error(Code::out_of_range, "a filter's frequency does not fit the rate of a record")
      .got(cat(hz, " Hz at ", rate_hz, " samples per second"))
      .wanted(cat("more than 0, less than ", rate_hz / 2, " Hz"))
      .hint(
          "signals are filtered at the rate of their files, before --rate converts it: is there a copy of a higher "
          "one?");
}

}  // namespace

ZeroPhaseFilter ZeroPhaseFilter::high_pass(double hz, double rate_hz) {
  check_frequency(hz, rate_hz);
  // Butterworth of order 2 by the bilinear transform, warped so that the frequency is met.
  const double k = std::tan(std::numbers::pi * hz / rate_hz);
  const double norm = 1 / (1 + std::numbers::sqrt2 * k + k * k);
  return {norm, -2 * norm, norm, 2 * (k * k - 1) * norm, (1 - std::numbers::sqrt2 * k + k * k) * norm};
}

ZeroPhaseFilter ZeroPhaseFilter::notch(double hz, double rate_hz) {
  check_frequency(hz, rate_hz);
  constexpr double kQuality = 30;  // frequency / bandwidth
  const double w = 2 * std::numbers::pi * hz / rate_hz;
  const double gain = 1 / (1 + std::tan(w / kQuality / 2));
  const double middle = -2 * gain * std::cos(w);
  return {gain, middle, gain, middle, 2 * gain - 1};
}

// Transposed direct form II, from the state that a constant signal of the first value leaves behind.
void ZeroPhaseFilter::pass(std::vector<double>& x) const {
  const double level = (b0_ + b1_ + b2_) / (1 + a1_ + a2_);
  double z2 = (b2_ - a2_ * level) * x.front();
  double z1 = (b1_ - a1_ * level) * x.front() + z2;
  for (auto& value : x) {
    const double y = b0_ * value + z1;
    z1 = b1_ * value - a1_ * y + z2;
    z2 = b2_ * value - a2_ * y;
    value = y;
  }
}

std::vector<double> ZeroPhaseFilter::operator()(const std::vector<double>& x) const {
  assert(x.size() >= kShortest);
  std::vector<double> y;
  y.reserve(x.size() + 2 * kEdge);
  for (std::size_t i = kEdge; i > 0; --i) y.push_back(2 * x.front() - x[i]);
  y.insert(y.end(), x.begin(), x.end());
  for (std::size_t i = 2; i <= kEdge + 1; ++i) y.push_back(2 * x.back() - x[x.size() - i]);
  pass(y);
  std::reverse(y.begin(), y.end());
  pass(y);
  std::reverse(y.begin(), y.end());
  y.erase(y.begin(), y.begin() + kEdge);
  y.resize(x.size());
  return y;
}

}  // namespace scar::ingest
