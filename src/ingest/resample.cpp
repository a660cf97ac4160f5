#include "scar/ingest/resample.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace scar::ingest {

namespace {

// Modified Bessel function of order 0, by its series; the arguments here are at most 5.
double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

}  // namespace

Resampler::Resampler(std::int64_t up, std::int64_t down) {
  assert(up > 0 && down > 0);
  const auto common = std::gcd(up, down);
  up_ = up / common;
  down_ = down / common;
  const auto longest = std::max(up_, down_);
  half_ = 10 * longest;
  if (longest == 1) return;  // nothing to do
  constexpr double kBeta = 5.0;
  const double cutoff = 1.0 / static_cast<double>(longest);  // of the Nyquist frequency of the upsampled signal
  taps_.resize(static_cast<std::size_t>(2 * half_ + 1));
  double sum = 0;
  for (std::int64_t i = -half_; i <= half_; ++i) {
    const double place = static_cast<double>(i) / static_cast<double>(half_);
    const double angle = std::numbers::pi * cutoff * static_cast<double>(i);
    const double sinc = i == 0 ? 1.0 : std::sin(angle) / angle;
    const double tap =
        cutoff * sinc * bessel_i0(kBeta * std::sqrt(std::max(0.0, 1 - place * place))) / bessel_i0(kBeta);
    taps_[static_cast<std::size_t>(i + half_)] = tap;
    sum += tap;
  }
  for (auto& tap : taps_) tap *= static_cast<double>(up_) / sum;  // a constant stays what it is
}

std::vector<double> Resampler::operator()(const std::vector<double>& x) const {
  if (up_ == 1 && down_ == 1) return x;
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<double> y(static_cast<std::size_t>(size(n)));
  for (std::int64_t j = 0; j < static_cast<std::int64_t>(y.size()); ++j) {
    // Output j stands at j down on the grid of the upsampled signal, input i at i up.
    const auto at = j * down_;
    const auto begin = at <= half_ ? 0 : (at - half_ + up_ - 1) / up_;
    const auto end = std::min(n - 1, (at + half_) / up_);
    double sum = 0;
    for (auto i = begin; i <= end; ++i) {
      sum += x[static_cast<std::size_t>(i)] * taps_[static_cast<std::size_t>(at - i * up_ + half_)];
    }
    y[static_cast<std::size_t>(j)] = sum;
  }
  return y;
}

Ratio rate_ratio(double from_hz, double to_hz) {
  const auto from = std::llround(from_hz * 1000), to = std::llround(to_hz * 1000);
  const auto common = std::gcd(from, to);
  return {to / common, from / common};
}

}  // namespace scar::ingest
