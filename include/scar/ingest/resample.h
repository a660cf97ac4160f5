#pragma once

#include <cstdint>
#include <vector>

namespace scar::ingest {

/// Rate conversion by a rational factor with a polyphase FIR filter without phase: the low-pass is a Kaiser window
/// (beta 5) of 20 max(up, down) + 1 taps at the lower of the two Nyquist frequencies, the signal counts as 0 outside.
/// The numbers are those of scipy.signal.resample_poly with its defaults.
class Resampler {
 public:
  Resampler(std::int64_t up, std::int64_t down);  // at least 1; common factors are divided out
  /// ceil(n up / down) values.
  [[nodiscard]] std::vector<double> operator()(const std::vector<double>& x) const;
  [[nodiscard]] std::int64_t size(std::int64_t n) const { return (n * up_ + down_ - 1) / down_; }
  [[nodiscard]] std::int64_t half() const { return half_; }  // of the filter, on the grid of the upsampled signal
  [[nodiscard]] std::int64_t up() const { return up_; }
  [[nodiscard]] std::int64_t down() const { return down_; }

 private:
  std::int64_t up_, down_, half_;
  std::vector<double> taps_;  // 2 half_ + 1, scaled by up
};

/// up / down of a change of rate; both rates are multiples of 1/1000 Hz.
struct Ratio {
  std::int64_t up, down;
};
[[nodiscard]] Ratio rate_ratio(double from_hz, double to_hz);

}  // namespace scar::ingest
