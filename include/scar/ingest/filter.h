#pragma once

#include <cstddef>
#include <vector>

namespace scar::ingest {

/// A filter of second order that is run forward and backward, so that no wave is moved in time. At both ends the signal is
/// continued by its own reflection through its first and last value (9 samples), and the filter begins in the state of a
/// constant signal. The numbers are those of scipy.signal with its defaults:
///   high_pass: sosfiltfilt(butter(2, hz, "highpass", output="sos", fs=rate), x)
///   notch:     filtfilt(*iirnotch(hz, 30, fs=rate), x)
/// As the filter passes twice, its attenuation counts twice: 6 dB at the frequency of the high-pass.
class ZeroPhaseFilter {
 public:
  /// Error out_of_range unless 0 < hz < rate_hz / 2.
  [[nodiscard]] static ZeroPhaseFilter high_pass(double hz, double rate_hz);
  [[nodiscard]] static ZeroPhaseFilter notch(double hz, double rate_hz);

  static constexpr std::size_t kShortest = 10;  // samples: one more than the reflection needs
  /// The filtered signal, as long as x, which has at least kShortest samples.
  [[nodiscard]] std::vector<double> operator()(const std::vector<double>& x) const;

 private:
  ZeroPhaseFilter(double b0, double b1, double b2, double a1, double a2)
      : b0_(b0), b1_(b1), b2_(b2), a1_(a1), a2_(a2) {}
  void pass(std::vector<double>& x) const;

  double b0_, b1_, b2_, a1_, a2_;  // a0 = 1
};

}  // namespace scar::ingest
