#include "ecg_page.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "scar/data/lead_names.h"

namespace scar::report {

namespace {

constexpr double kSquare = 5;    // heavy lines of the grid
constexpr double kLeastUp = 10;  // the calibration pulse needs it
constexpr double kLeastDown = 5;
constexpr double kLeastWidth = 240;  // of the paper: header and legend need it
constexpr double kClearance = 0.5;   // between the pen's middle and the end of the row

using LeadRows = std::vector<std::vector<int>>;

/// Leads of each row, from left to right.
LeadRows leads_of(EcgLayout layout) {
  switch (layout) {
    case EcgLayout::six_by_two:
      return {{0, 6}, {1, 7}, {2, 8}, {3, 9}, {4, 10}, {5, 11}};
    case EcgLayout::twelve_by_one:
      return {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, {11}};
    default:
      return {{0, 3, 6, 9}, {1, 4, 7, 10}, {2, 5, 8, 11}, {1}};
  }
}

double whole_squares(double mm) { return std::ceil(mm / kSquare - 1e-9) * kSquare; }

/// The columns of a row share the time of the page.
std::vector<Cell> cells_of(const std::vector<int>& leads, const EcgPlot& plot, const EcgPage& page) {
  const auto column_s = kPageSeconds / static_cast<double>(leads.size());
  const auto shown = page.end - page.first;
  const auto column = std::min(shown, std::max<std::int64_t>(1, std::llround(column_s * plot.rate_hz)));
  std::vector<Cell> cells;
  for (std::size_t c = 0; c < leads.size(); ++c) {
    const auto turn = std::llround(static_cast<double>(c) * column_s * plot.rate_hz);
    Cell cell;
    cell.lead = leads[c];
    cell.first = page.first + std::min<std::int64_t>(turn, shown - column);
    cell.end = cell.first + column;
    // Columns stand where the lead before them ends, so a rhythm strip below runs in step with them.
    const auto at = column == shown ? static_cast<std::int64_t>(c) * column : turn;
    cell.left = page.left + kPulseWidth + static_cast<double>(at) / plot.rate_hz * kMmPerSecond;
    cell.in_turn = cell.first == page.first + turn;
    cells.push_back(cell);
  }
  return cells;
}

/// As high as the traces of the row, in whole squares, so that every base line is a heavy line of the grid.
void set_height(Row& row, const EcgPlot& plot, double top) {
  const auto samples = plot.mv.size() / data::kLeads;
  double up = kLeastUp, down = kLeastDown;
  for (const auto& cell : row.cells) {
    const auto* lead = plot.mv.data() + static_cast<std::size_t>(cell.lead) * samples;
    for (auto i = cell.first; i < cell.end; ++i) {
      if (!std::isfinite(lead[i])) continue;
      up = std::max(up, lead[i] * kMmPerMillivolt + kClearance);
      down = std::max(down, -lead[i] * kMmPerMillivolt + kClearance);
    }
  }
  row.top = top;
  row.base = top + whole_squares(up + kLabelBand);
  row.bottom = row.base + whole_squares(down);
}

}  // namespace

EcgPage lay_out(const EcgPlot& plot, const EcgPlotOptions& options) {
  const auto samples = static_cast<std::int64_t>(plot.mv.size()) / data::kLeads;
  EcgPage page;
  page.first = std::min(samples - 1, static_cast<std::int64_t>(std::llround(options.from_s * plot.rate_hz)));
  page.end = std::min(samples, page.first + std::max<std::int64_t>(1, std::llround(kPageSeconds * plot.rate_hz)));
  page.left = kMargin;
  page.top = kMargin + kHeaderLine * static_cast<double>(1 + plot.notes.size()) + 1.5;
  double right = page.left + kLeastWidth, top = page.top;
  for (const auto& leads : leads_of(options.layout)) {
    Row row;
    row.cells = cells_of(leads, plot, page);
    set_height(row, plot, top);
    top = row.bottom;
    const auto& last = row.cells.back();
    right = std::max(right, x_of(last, plot, static_cast<double>(last.end)));
    page.rows.push_back(std::move(row));
  }
  page.right = page.left + whole_squares(right - page.left);
  page.bottom = top;
  return page;
}

}  // namespace scar::report
