#include "ecg_legend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "ecg_ink.h"
#include "scar/core/cat.h"
#include "scar/data/lead_names.h"

namespace scar::report {

namespace {

constexpr double kLine = 5.5, kSwatchWidth = 10, kSwatchHeight = 3.6, kFont = 2.8;
constexpr double kBarWidth = 60;
constexpr int kBarSteps = 60;

/// The next of 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, ... : a scale that ends in a number people read easily.
double readable_top(double largest) {
  constexpr std::array kSteps = {1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
  double decade = 1;
  while (true) {
    for (const double step : kSteps) {
      if (step * decade >= largest - 1e-9 && step * decade >= 2) return step * decade;
    }
    decade *= 10;
  }
}

class Legend {
 public:
  Legend(Drawing& drawing, double left, double top) : drawing_(drawing), left_(left), at_(top) {}

  void swatch(Colour colour, const std::string& words) {
    box(left_, kSwatchWidth, colour);
    line(left_ + kSwatchWidth, words);
  }

  void hatched(const std::string& words) {
    const double y = at_ + (kLine - kSwatchHeight) / 2;
    drawing_.elements.push_back({"legend-hatch", hatch(left_, y, kSwatchWidth, kSwatchHeight)});
    line(left_ + kSwatchWidth, words);
  }

  void bar(double top, const std::string& meaning, const std::string& scale) {
    for (int i = 0; i < kBarSteps; ++i) {
      const double share = (i + 0.5) / kBarSteps;
      box(left_ + kBarWidth * i / kBarSteps, kBarWidth / kBarSteps, weight_colour(share * top, top));
    }
    const double below = at_ + (kLine + kSwatchHeight) / 2;
    Strokes ticks{{}, kHeavyPen, kBlack};
    const std::array marks = {0.0, 1.0, top / 2, top};
    for (const double mark : marks) {
      // No room for both beside 1x.
      if ((mark == top / 2 && mark < 1.5) || (mark == 0 && top > 12)) continue;
      const double x = left_ + kBarWidth * mark / top;
      ticks.runs.push_back({{x, below}, {x, below + 1}});
      drawing_.elements.push_back(
          {"legend", Words{{x, below + 3.9}, kFont, cat(rounded(mark, 2), "×"), Anchor::middle, false, kBlack}});
    }
    drawing_.elements.push_back({"legend", ticks});
    line(left_ + kBarWidth, meaning);
    line(left_ + kBarWidth, scale);
  }

  [[nodiscard]] double end() const { return at_; }

 private:
  void box(double x, double width, Colour colour) {
    drawing_.elements.push_back({"legend", Box{x, at_ + (kLine - kSwatchHeight) / 2, width, kSwatchHeight, colour}});
  }
  void line(double after, const std::string& words) {
    drawing_.elements.push_back(
        {"legend", Words{{after + 4, at_ + kLine / 2 + 1}, kFont, words, Anchor::start, false, kBlack}});
    drawing_.description += cat(" ", words, ".");
    at_ += kLine;
  }

  Drawing& drawing_;
  double left_, at_;
};

std::string removed_words(const EcgPlot& plot) {
  const auto count = [&](TokenState state) { return std::count(plot.tokens.begin(), plot.tokens.end(), state); };
  const auto gone = count(TokenState::removed), all = gone + count(TokenState::visible);
  return cat("removed by the mask ", plot.mask, ": ", gone, " of the record's ", all, " tokens (",
             rounded(100.0 * static_cast<double>(gone) / static_cast<double>(all), 1), " %)");
}

/// What the numbers at the bar are multiples of, and the largest one, which need not be in the part that is shown.
std::string scale_words(const EcgPlot& plot, const WeightScale& scale) {
  const auto tokens = scale.times.size() / data::kLeads;
  const auto* lead = data::kLeadNames[scale.highest / tokens];
  const double at_s =
      static_cast<double>(scale.highest % tokens) * static_cast<double>(plot.token_samples) / plot.rate_hz;
  return cat("1× = uniform share, 1/", scale.visible,
             " of the whole = ", rounded(100.0 / static_cast<double>(scale.visible), 2), " %; highest of the record ",
             rounded(scale.times[scale.highest], 2), "×, ", lead, " at ", rounded(at_s, 2), " s");
}

}  // namespace

WeightScale weight_scale(const EcgPlot& plot) {
  WeightScale out;
  if (plot.weights.empty()) return out;
  out.times = plot.weights;
  for (std::size_t i = 0; i < plot.tokens.size(); ++i) {
    if (plot.tokens[i] != TokenState::visible) out.times[i] = 0;
  }
  out.visible = plot.tokens.empty() ? static_cast<std::int64_t>(out.times.size())
                                    : std::count(plot.tokens.begin(), plot.tokens.end(), TokenState::visible);
  const double sum = std::accumulate(out.times.begin(), out.times.end(), 0.0);
  if (sum <= 0) return {};
  for (auto& times : out.times) times *= static_cast<double>(out.visible) / sum;
  out.highest = static_cast<std::size_t>(std::max_element(out.times.begin(), out.times.end()) - out.times.begin());
  out.top = readable_top(out.times[out.highest]);
  return out;
}

double add_legend(Drawing& drawing, const EcgPlot& plot, const WeightScale& scale, const Occurring& occurring,
                  double left, double top) {
  Legend legend(drawing, left, top);
  if (occurring.weights) legend.bar(scale.top, plot.weights_meaning, scale_words(plot, scale));
  if (occurring.removed) legend.hatched(removed_words(plot));
  if (occurring.absent)
    legend.swatch(kAbsent, "not visible to the model: the token lacks samples, or the lead is flat");
  if (occurring.missing) legend.swatch(kMissing, "no samples");
  return legend.end();
}

}  // namespace scar::report
