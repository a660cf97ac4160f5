#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "ecg_records.h"
#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/data/masks.h"
#include "scar/report/ecg_plot.h"

namespace scar::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* kExample =
    "scar-eval plot runs/tiny --data stores/synth --record synth-000000 --mask joint:0.5 --out ecg.svg";
constexpr double kTokenMs = 250;  // without a run; the shortest unit of a mask
constexpr long long kDpi = 150;

struct PlotFlags {
  std::vector<std::string> runs, records, masks;
  std::string store, layout = "3x4+ii", out;
  double from_s = 0, token_ms = 0;  // token_ms, dpi: 0 = not said
  long long seed = 0, dpi = 0;
};

/// What the command line asks for, once it is known to make sense.
struct Request {
  std::optional<data::MaskSpec> mask;
  report::EcgPlotOptions options;
  bool png = false;
};

[[noreturn]] void refuse(Code code, std::string what, const std::string& got, std::string wanted,
                         std::string hint = {}) {
  throw Error(code, std::move(what)).at("command line").got(got).wanted(std::move(wanted)).hint(std::move(hint));
}

Request read_request(const PlotFlags& flags) {
  Request request;
  if (flags.records.size() != 1) {
    refuse(Code::usage, "one figure shows one record", cat(flags.records.size(), " times --record"), "--record ID once",
           "run the command once per record");
  }
  if (flags.runs.size() > 1)
    refuse(Code::usage, "one figure shows the weights of one run", cat(flags.runs.size(), " runs"), "none or one");
  if (flags.masks.size() > 1)
    refuse(Code::usage, "one figure shows one mask", cat(flags.masks.size(), " times --mask"), "none or one");
  const auto extension = fs::path(flags.out).extension();
  request.png = extension == ".png";
  if (!request.png && extension != ".svg")
    refuse(Code::usage, "the name of the figure says what it becomes", cat("--out ", flags.out),
           "FILE.svg or FILE.png");
  if (!request.png && flags.dpi != 0)
    refuse(Code::contradiction, "an SVG figure has no resolution", cat("--dpi ", flags.dpi), "--dpi with FILE.png");
  if (request.png && flags.dpi != 0 && (flags.dpi < report::kLowestDpi || flags.dpi > report::kHighestDpi)) {
    refuse(Code::out_of_range, "--dpi is out of range", cat(flags.dpi),
           cat(report::kLowestDpi, " to ", report::kHighestDpi));
  }
  if (!flags.masks.empty()) {
    request.mask = data::parse_mask(flags.masks.front());
    if (request.mask->mode == data::MaskMode::critical) {
      refuse(Code::unknown_mask, "a critical mask comes from an attack on a model for one class", flags.masks.front(),
             "lead, segment, joint or clinical");
    }
  }
  if (flags.token_ms != 0) {
    if (!flags.runs.empty())
      refuse(Code::contradiction, "the run says how long its tokens are", cat("--token-ms ", flags.token_ms),
             "--token-ms without a run");
    if (!request.mask)
      refuse(Code::contradiction, "--token-ms is for a mask", cat("--token-ms ", flags.token_ms), "--mask with it");
    if (!(flags.token_ms > 0)) refuse(Code::out_of_range, "--token-ms is out of range", cat(flags.token_ms), "above 0");
  }
  request.options.layout = report::parse_layout(flags.layout);
  request.options.from_s = flags.from_s;
  check_can_save(flags.out, "--out");
  return request;
}

std::int64_t token_samples_without_run(const PlotFlags& flags, const data::StoreInfo& info) {
  const double ms = flags.token_ms != 0 ? flags.token_ms : kTokenMs;
  const double samples = ms * info.rate_hz / 1000;
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(samples, static_cast<double>(info.samples))));
  if (whole < 1 || std::abs(samples - static_cast<double>(whole)) > 1e-6 || info.samples % whole != 0) {
    refuse(Code::contradiction, "the records are not whole tokens of this length",
           cat(ms, " ms = ", samples, " samples at ", info.rate_hz, " Hz"),
           cat("whole samples that divide ", info.samples), "choose another --token-ms");
  }
  return whole;
}

Json document_of(const PlotFlags& flags, const report::EcgPlot& plot, const report::Drawing& figure,
                 const Arguments& arguments) {
  const auto count = [&](report::TokenState state) {
    return std::count(plot.tokens.begin(), plot.tokens.end(), state);
  };
  Json out;
  out["kind"] = "plot";
  out["command"] = arguments.command_line();
  out["figure"] = flags.out;
  out["record"] = plot.record;
  out["rate_hz"] = plot.rate_hz;
  out["width_mm"] = figure.width;
  out["height_mm"] = figure.height;
  out["description"] = figure.description;
  if (plot.token_samples > 0) {
    out["token_ms"] = 1000.0 * static_cast<double>(plot.token_samples) / plot.rate_hz;
    out["tokens"] = {{"visible", count(report::TokenState::visible)},
                     {"absent", count(report::TokenState::absent)},
                     {"removed", count(report::TokenState::removed)}};
    out["mask"] = plot.mask.empty() ? Json(nullptr) : Json({{"spec", plot.mask}, {"seed", flags.seed}});
  }
  if (!flags.runs.empty()) {
    out["weights_are"] = plot.weights_meaning;
    out["weights"] = plot.weights.empty() ? Json(nullptr) : Json(plot.weights);
  }
  return out;
}

int plot_command(const PlotFlags& flags, const Arguments& arguments) {
  const auto request = read_request(flags);
  std::optional<EvaluationInputs> inputs;
  if (!flags.runs.empty()) {
    // One record is quick everywhere; in fp32 on the CPU the figure is the same everywhere, too.
    EvaluationFlags loading;
    loading.run = flags.runs.front();
    loading.store = flags.store;
    loading.device = "cpu";
    loading.precision = "fp32";
    inputs.emplace(load_inputs(loading));
  }
  const auto opened = inputs ? std::nullopt : std::optional(data::Store::open(flags.store));
  const auto& store = inputs ? inputs->store : *opened;
  const auto record = find_record(store, flags.records.front(), flags.store);
  EcgRequest asked;
  asked.mask = request.mask;
  asked.seed = static_cast<std::uint64_t>(flags.seed);
  if (!inputs && request.mask) asked.token_samples = token_samples_without_run(flags, store.info());
  const auto plot = plot_record(store, record, inputs ? &*inputs : nullptr, asked);
  const auto figure = report::draw_ecg(plot, request.options);
  const auto dpi = static_cast<int>(flags.dpi != 0 ? flags.dpi : kDpi);
  write_file_atomically(flags.out, request.png ? report::to_png(figure, dpi) : report::to_svg(figure));

  if (arguments.json()) {
    std::cout << document_of(flags, plot, figure, arguments).dump(2) << "\n";
    return 0;
  }
  std::cout << figure.title << "\n" << figure.description << "\n\nfigure: " << flags.out << "\n";
  return 0;
}

class PlotVerb final : public Verb {
 public:
  explicit PlotVerb(Arguments& arguments)
      : Verb(arguments.verb("plot",
                            "Draws a record on ECG paper, with what a mask removes and what a run's pooling weighs.",
                            kExample)) {
    command_.positional("RUN", flags_.runs, "run whose token weights are shaded; none: the record alone",
                        /*required=*/false);
    command_.option("--data", flags_.store, "store made by scar-prepare", true);
    command_.option("--record", flags_.records, "name of the record in the store");
    command_.option("--out", flags_.out, "FILE.svg or FILE.png", true);
    command_.option("--mask", flags_.masks, "hatch what this mask removes: joint:0.5, lead:0.5, clinical:i-ii-v2, ...");
    command_.option("--seed", flags_.seed, "of the mask");
    command_.option("--token-ms", flags_.token_ms, "length of a token where a mask but no run is given; 0: 250");
    command_.option("--layout", flags_.layout, "3x4+ii | 6x2 | 12x1");
    command_.option("--from", flags_.from_s, "second of the record at which the figure begins; it shows 10 s");
    command_.option("--dpi", flags_.dpi, "resolution of a PNG; 0: 150");
  }
  int run(const Arguments& arguments) override { return plot_command(flags_, arguments); }

 private:
  PlotFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> plot_verb(Arguments& arguments) { return std::make_unique<PlotVerb>(arguments); }

}  // namespace scar::apps
