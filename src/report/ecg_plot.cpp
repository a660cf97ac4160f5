#include "scar/report/ecg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "ecg_ink.h"
#include "ecg_legend.h"
#include "ecg_page.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/utf8.h"
#include "scar/data/lead_names.h"

namespace scar::report {

namespace {

constexpr std::array<std::pair<EcgLayout, const char*>, 3> kLayouts = {
    {{EcgLayout::three_by_four, "3x4+ii"}, {EcgLayout::six_by_two, "6x2"}, {EcgLayout::twelve_by_one, "12x1"}}};

constexpr std::size_t kLongestName = 60, kLongestNote = 130;  // characters that fit beside what else stands there

std::size_t samples_of(const EcgPlot& plot) { return plot.mv.size() / data::kLeads; }

void check(const EcgPlot& plot, const EcgPlotOptions& options) {
  const auto require = [&](bool holds, const char* what, const std::string& got, const char* wanted) {
    if (!holds) throw Error(Code::out_of_range, what).at(plot.record).got(got).wanted(wanted);
  };
  require(plot.rate_hz >= 1 && plot.rate_hz <= 100'000, "the rate cannot be drawn", cat(plot.rate_hz, " Hz"),
          "1 to 100000");
  const auto samples = samples_of(plot);
  require(samples > 0 && plot.mv.size() % data::kLeads == 0, "not samples of twelve leads", cat(plot.mv.size()),
          "12 times as many as a lead has");
  const double seconds = static_cast<double>(samples) / plot.rate_hz;
  require(options.from_s >= 0 && options.from_s < seconds, "the record has no such second", cat(options.from_s, " s"),
          cat("0 or more and below ", seconds, " s").c_str());
  for (const auto mv : plot.mv) {
    if (std::isfinite(mv) && std::abs(mv) > kLargestMv) {
      throw Error(Code::amplitude, "a sample is larger than an ECG can be")
          .at(plot.record)
          .got(cat(mv, " mV"))
          .wanted(cat("at most ", kLargestMv));
    }
  }
  const auto tokens = plot.token_samples > 0 ? plot.mv.size() / static_cast<std::size_t>(plot.token_samples) : 0;
  const bool whole = plot.token_samples >= 0 &&
                     (plot.token_samples == 0 || samples % static_cast<std::size_t>(plot.token_samples) == 0);
  require(whole, "the record is not whole tokens", cat(plot.token_samples, " samples per token"),
          "a number that divides the record");
  for (const auto size : {plot.tokens.size(), plot.weights.size()})
    require(size == 0 || size == tokens, "not one value per token", cat(size), "none, or one for each token");
  for (const auto weight : plot.weights)
    require(std::isfinite(weight) && weight >= 0, "a weight cannot be drawn", cat(weight), "0 or more");
}

/// At most so many characters; what goes leaves an ellipsis.
std::string shortened(const std::string& text, std::size_t characters) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < characters && at < text.size(); ++i)
    at += std::max<std::size_t>(1, utf8_sequence_length(text, at));
  return at < text.size() ? text.substr(0, at) + "…" : text;
}

/// Runs [begin, end) of equal answers `true` among first .. end.
template <class Is, class Use>
void for_each_run(std::int64_t first, std::int64_t end, Is&& is, Use&& use) {
  for (auto begin = first; begin < end;) {
    auto stop = begin;
    while (stop < end && is(stop)) ++stop;
    if (stop > begin) use(begin, stop);
    begin = stop + 1;
  }
}

class Figure {
 public:
  Figure(const EcgPlot& plot, const EcgPlotOptions& options)
      : plot_(plot), layout_(options.layout), page_(lay_out(plot, options)), scale_(weight_scale(plot)) {}

  Drawing draw() && {
    describe();
    out_.width = page_.right + kMargin;
    const auto paper = out_.elements.size();
    out_.elements.push_back({"paper", Box{}});  // its height is known at the end
    for_each_cell([&](const Row& row, const Cell& cell) { shade(row, cell); });
    draw_grid();
    for_each_cell([&](const Row& row, const Cell& cell) { hatch_removed(row, cell); });
    for (const auto& row : page_.rows) draw_pulse(row);
    for_each_cell([&](const Row& row, const Cell& cell) {
      draw_trace(row, cell);
      name(row, cell);
    });
    draw_header();
    out_.height = add_legend(out_, plot_, scale_, occurring_, page_.left, page_.bottom + 2) + kMargin - 2;
    out_.elements[paper].what = Box{0, 0, out_.width, out_.height, kWhite};
    return std::move(out_);
  }

 private:
  template <class Use>
  void for_each_cell(Use&& use) {
    for (const auto& row : page_.rows) {
      for (const auto& cell : row.cells) use(row, cell);
    }
  }

  void add(const char* role, auto what) { out_.elements.push_back({role, std::move(what)}); }

  [[nodiscard]] double seconds(std::int64_t samples) const {
    return rounded(static_cast<double>(samples) / plot_.rate_hz, 3);
  }
  [[nodiscard]] std::string part_shown() const {
    const auto all = static_cast<std::int64_t>(samples_of(plot_));
    if (page_.first == 0 && page_.end == all) return {};
    return cat("seconds ", seconds(page_.first), " to ", seconds(page_.end), " of ", seconds(all));
  }

  void describe() {
    out_.title = cat("ECG, record ", plot_.record);
    const auto part = part_shown();
    out_.description = cat("Twelve-lead ECG, layout ", layout_name(layout_), ", 25 mm/s, 10 mm/mV",
                           part.empty() ? "" : ", ", part, ".");
    for (const auto& note : plot_.notes) out_.description += cat(" ", note, ".");
  }

  [[nodiscard]] TokenState state(const Cell& cell, std::int64_t token) const {
    if (plot_.tokens.empty()) return TokenState::visible;
    return plot_.tokens[index(cell, token)];
  }
  [[nodiscard]] std::size_t index(const Cell& cell, std::int64_t token) const {
    const auto per_lead = static_cast<std::int64_t>(samples_of(plot_)) / plot_.token_samples;
    return static_cast<std::size_t>(cell.lead * per_lead + token);
  }
  /// Calls use(first token, token after the last) for the runs of tokens within the cell of which `is` is true.
  template <class Is, class Use>
  void for_each_token_run(const Cell& cell, Is&& is, Use&& use) const {
    if (plot_.token_samples == 0) return;
    for_each_run(cell.first / plot_.token_samples, (cell.end - 1) / plot_.token_samples + 1, is, use);
  }
  /// From sample to sample, as far as the cell goes.
  [[nodiscard]] Box area(const Row& row, const Cell& cell, std::int64_t begin, std::int64_t end, Colour colour) const {
    const double left = x_of(cell, plot_, static_cast<double>(std::max(begin, cell.first)));
    const double right = x_of(cell, plot_, static_cast<double>(std::min(end, cell.end)));
    return {left, row.top, right - left, row.bottom - row.top, colour};
  }
  [[nodiscard]] Box token_area(const Row& row, const Cell& cell, std::int64_t begin, std::int64_t end,
                               Colour colour) const {
    return area(row, cell, begin * plot_.token_samples, end * plot_.token_samples, colour);
  }
  [[nodiscard]] const float* lead(const Cell& cell) const {
    return plot_.mv.data() + static_cast<std::size_t>(cell.lead) * samples_of(plot_);
  }

  void shade(const Row& row, const Cell& cell) {
    if (scale_.top > 0) {
      const auto weighs = [&](std::int64_t token) { return state(cell, token) == TokenState::visible; };
      for_each_token_run(cell, weighs, [&](std::int64_t begin, std::int64_t end) {
        occurring_.weights = true;
        for (auto token = begin; token < end; ++token)
          add("weight",
              token_area(row, cell, token, token + 1, weight_colour(scale_.times[index(cell, token)], scale_.top)));
      });
    }
    const auto absent = [&](std::int64_t token) { return state(cell, token) == TokenState::absent; };
    for_each_token_run(cell, absent, [&](std::int64_t begin, std::int64_t end) {
      occurring_.absent = true;
      add("absent", token_area(row, cell, begin, end, kAbsent));
    });
    const auto missing = [&](std::int64_t i) { return !std::isfinite(lead(cell)[i]); };
    for_each_run(cell.first, cell.end, missing, [&](std::int64_t begin, std::int64_t end) {
      occurring_.missing = true;
      add("missing", area(row, cell, begin, end, kMissing));
    });
  }

  void draw_grid() {
    const auto lines = [&](double step, bool fifth) {
      std::vector<std::vector<Point>> runs;
      const auto across = std::lround((page_.right - page_.left) / step);
      const auto down = std::lround((page_.bottom - page_.top) / step);
      const auto is_drawn = [&](long i) { return fifth || i % 5 != 0; };
      for (long i = 0; i <= across; ++i) {
        const double x = page_.left + static_cast<double>(i) * step;
        if (is_drawn(i)) runs.push_back({{x, page_.top}, {x, page_.bottom}});
      }
      for (long i = 0; i <= down; ++i) {
        const double y = page_.top + static_cast<double>(i) * step;
        if (is_drawn(i)) runs.push_back({{page_.left, y}, {page_.right, y}});
      }
      return runs;
    };
    add("grid-1mm", Strokes{lines(1, false), kThinPen, kThinGrid});
    add("grid-5mm", Strokes{lines(5, true), kHeavyPen, kHeavyGrid});
  }

  void hatch_removed(const Row& row, const Cell& cell) {
    const auto removed = [&](std::int64_t token) { return state(cell, token) == TokenState::removed; };
    for_each_token_run(cell, removed, [&](std::int64_t begin, std::int64_t end) {
      occurring_.removed = true;
      const auto box = token_area(row, cell, begin, end, kGrey);
      add("hatch", hatch(box.x, box.y, box.width, box.height));
    });
  }

  /// 1 mV high, 200 ms wide.
  void draw_pulse(const Row& row) {
    const double left = page_.left + 2.5, right = left + 0.2 * kMmPerSecond, high = row.base - kMmPerMillivolt;
    add("calibration", Strokes{{{{left - 1.5, row.base},
                                 {left, row.base},
                                 {left, high},
                                 {right, high},
                                 {right, row.base},
                                 {right + 1.5, row.base}}},
                               kTracePen,
                               kBlack});
  }

  void draw_trace(const Row& row, const Cell& cell) {
    Strokes trace{{}, kTracePen, kBlack};
    const auto present = [&](std::int64_t i) { return std::isfinite(lead(cell)[i]); };
    for_each_run(cell.first, cell.end, present, [&](std::int64_t begin, std::int64_t end) {
      auto& run = trace.runs.emplace_back();
      for (auto i = begin; i < end; ++i)
        run.push_back({x_of(cell, plot_, static_cast<double>(i)), row.base - lead(cell)[i] * kMmPerMillivolt});
    });
    if (!trace.runs.empty()) add("trace", std::move(trace));
  }

  void name(const Row& row, const Cell& cell) {
    const auto* lead_name = data::kLeadNames[static_cast<std::size_t>(cell.lead)];
    const bool first = &cell == &row.cells.front();
    if (!first) add("column", Strokes{{{{cell.left, row.top + 1.2}, {cell.left, row.top + 4.2}}}, 0.25, kBlack});
    add("lead", Words{{cell.left + 1.2, row.top + 3.9}, 3.6, lead_name, Anchor::start, true, kBlack});
    if (!cell.in_turn) {
      add("time", Words{{cell.left + 11, row.top + 3.9},
                        2.6,
                        cat("from ", seconds(cell.first), " s"),
                        Anchor::start,
                        false,
                        kGrey});
    }
  }

  void draw_header() {
    double y = kMargin + 3;
    add("record",
        Words{{page_.left, y}, 4, cat("Record ", shortened(plot_.record, kLongestName)), Anchor::start, true, kBlack});
    const auto part = part_shown();
    add("scale", Words{{page_.right, y},
                       3.2,
                       cat(part, part.empty() ? "" : " · ", plot_.rate_hz, " Hz · 25 mm/s · 10 mm/mV"),
                       Anchor::end,
                       false,
                       kBlack});
    for (const auto& note : plot_.notes) {
      y += kHeaderLine;
      add("note", Words{{page_.left, y}, 2.8, shortened(note, kLongestNote), Anchor::start, false, kGrey});
    }
  }

  const EcgPlot& plot_;
  EcgLayout layout_;
  EcgPage page_;
  WeightScale scale_;
  Occurring occurring_;
  Drawing out_;
};

}  // namespace

EcgLayout parse_layout(std::string_view name) {
  for (const auto& [layout, known] : kLayouts) {
    if (name == known) return layout;
  }
  throw Error(Code::usage, cat("unknown layout '", name, "'")).wanted("3x4+ii, 6x2 or 12x1");
}

const char* layout_name(EcgLayout layout) {
  for (const auto& [known, name] : kLayouts) {
    if (layout == known) return name;
  }
  return "?";
}

Strokes hatch(double x, double y, double width, double height) {
  constexpr double kStep = 3;  // along an axis
  Strokes out{{}, kHatchPen, kHatch};
  const double right = x + width, bottom = y + height;
  for (auto i = std::ceil((x + y) / kStep); i * kStep < right + bottom; ++i) {
    const double sum = i * kStep, low = std::max(x, sum - bottom), high = std::min(right, sum - y);
    out.runs.push_back({{low, sum - low}, {high, sum - high}});
  }
  return out;
}

Colour weight_colour(double times, double top) {
  // One hue, lighter to darker, which every kind of colour vision orders alike; the trace stays readable on the darkest.
  constexpr std::array<Colour, 3> kBlues = {Colour{255, 255, 255}, Colour{158, 202, 236}, Colour{66, 138, 202}};
  const double at = std::clamp(times / top, 0.0, 1.0) * 2;
  const auto step = std::min<std::size_t>(1, static_cast<std::size_t>(at));
  const double share = at - static_cast<double>(step);
  const auto mix = [share](std::uint8_t from, std::uint8_t to) {
    return static_cast<std::uint8_t>(std::lround(from + (to - from) * share));
  };
  const auto& from = kBlues[step];
  const auto& to = kBlues[step + 1];
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

Drawing draw_ecg(const EcgPlot& plot, const EcgPlotOptions& options) {
  check(plot, options);
  return Figure(plot, options).draw();
}

}  // namespace scar::report
