#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scar/report/drawing.h"

/// A twelve-lead ECG on ECG paper, 25 mm/s and 10 mm/mV, with what a mask removed and what a model weighs. docs/report.md
/// says what each part of the figure means.
namespace scar::report {

constexpr double kMmPerSecond = 25, kMmPerMillivolt = 10;
constexpr double kPageSeconds = 10;  // the longest part of a record that one figure shows
constexpr double kLargestMv = 100;   // no ECG is

enum class TokenState : std::uint8_t {
  visible,  // the model has it
  absent,   // a sample of it is missing, or it is flat: never seen
  removed   // by the mask
};

/// What is drawn. The figure tells of the record what stands here, and nothing else.
struct EcgPlot {
  std::string record;              // how the record is called, in the header
  double rate_hz = 0;              // > 0
  std::vector<float> mv;           // [12, T] in the order of data::kLeadNames; NaN or infinite = missing
  std::vector<std::string> notes;  // lines under the header

  std::int64_t token_samples = 0;  // of one token; 0: nothing is known of tokens. Divides T
  std::vector<TokenState> tokens;  // [12, T / token_samples]; empty: all visible
  std::string mask;                // how the mask is called: "joint:0.5"; "" where none is
  std::vector<double> weights;  // [12, T / token_samples], >= 0, of any sum above 0, counted at visible tokens alone;
                                // empty: none are drawn
  std::string weights_meaning;  // "the selector's weights"
};

enum class EcgLayout {
  three_by_four,  // "3x4+ii": four columns of 2.5 s, and a rhythm strip of lead II
  six_by_two,     // "6x2": two columns of 5 s
  twelve_by_one   // "12x1": every lead throughout
};
/// Error usage, naming the layouts.
[[nodiscard]] EcgLayout parse_layout(std::string_view name);
[[nodiscard]] const char* layout_name(EcgLayout layout);

struct EcgPlotOptions {
  EcgLayout layout = EcgLayout::three_by_four;
  double from_s = 0;  // first second that is shown, in [0, length of the record)
};

/// The figure. At most kPageSeconds are shown; of a shorter part, columns that would lie behind its end show its end, and
/// say from when. Rows are as high as their traces need, so none leaves its row. Errors: out_of_range (rate, from_s, sizes
/// that do not fit), amplitude (beyond kLargestMv).
[[nodiscard]] Drawing draw_ecg(const EcgPlot& plot, const EcgPlotOptions& options = {});

/// How strongly a token that weighs `times` as much as a uniform share is shaded, where `top` is the strongest.
[[nodiscard]] Colour weight_colour(double times, double top);

}  // namespace scar::report
