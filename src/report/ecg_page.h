#pragma once

#include <cstdint>
#include <vector>

#include "scar/report/ecg_plot.h"

/// Where everything stands on the page, in mm, before anything is drawn.
namespace scar::report {

constexpr double kMargin = 5;        // of white around everything
constexpr double kLabelBand = 5;     // above the traces of a row, for names of leads
constexpr double kPulseWidth = 10;   // at the left of each row, for the calibration pulse
constexpr double kHeaderLine = 4.5;  // height of a line of the header

/// One lead of one stretch of time.
struct Cell {
  int lead = 0;
  std::int64_t first = 0, end = 0;  // samples
  double left = 0;                  // of sample `first`
  bool in_turn = true;              // it begins where the column before it ends
};

struct Row {
  std::vector<Cell> cells;
  double top = 0, base = 0, bottom = 0;  // base: 0 mV
};

struct EcgPage {
  std::vector<Row> rows;
  double left = 0, top = 0, right = 0, bottom = 0;  // of the paper's grid, whole squares of 5 mm
  std::int64_t first = 0, end = 0;                  // samples shown
};

[[nodiscard]] EcgPage lay_out(const EcgPlot& plot, const EcgPlotOptions& options);

/// Where a sample stands.
[[nodiscard]] inline double x_of(const Cell& cell, const EcgPlot& plot, double sample) {
  return cell.left + (sample - static_cast<double>(cell.first)) / plot.rate_hz * kMmPerSecond;
}

}  // namespace scar::report
