#include "ecg_records.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <ATen/ops/empty.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/data/visibility.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/token_measures.h"

namespace scar::apps {

namespace {

std::vector<float> millivolts(const data::Store& store, std::int64_t record, const std::vector<std::int16_t>& samples) {
  std::vector<float> mv(samples.size());
  data::decode_mv(samples.data(), store.samples(), store.scale_mv(record), mv.data());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] == data::kMissing) mv[i] = std::numeric_limits<float>::quiet_NaN();
  }
  return mv;
}

/// Which tokens are there, and which of them the mask takes away.
std::vector<report::TokenState> token_states(const data::Store& store, std::int64_t record,
                                             const std::vector<std::int16_t>& samples, std::int64_t patch,
                                             const EcgRequest& request) {
  std::vector<std::uint8_t> visible(samples.size() / static_cast<std::size_t>(patch));
  data::token_visibility(samples.data(), store.samples(), store.rate_hz(), patch, visible.data());
  auto kept = visible;
  if (request.mask) {
    const auto grid = data::unit_grid(store.samples(), store.rate_hz(), patch);
    data::apply_mask(data::make_mask(*request.mask, grid, request.seed, store.info().kind, store.id(record)), patch,
                     kept.data());
  }
  std::vector<report::TokenState> states(visible.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    states[i] = kept[i] != 0      ? report::TokenState::visible
                : visible[i] != 0 ? report::TokenState::removed
                                  : report::TokenState::absent;
  }
  return states;
}

/// Weights of the pass over the tokens that are left; empty where nothing is, or pooling weighs nothing.
std::vector<double> token_weights(const EvaluationInputs& inputs, std::int64_t record,
                                  const std::vector<report::TokenState>& states) {
  auto& model = *inputs.run.model;
  const bool any = std::count(states.begin(), states.end(), report::TokenState::visible) > 0;
  if (!any || !evaluation::pooling_weighs(model.options())) return {};
  auto keep = at::empty({1, static_cast<std::int64_t>(states.size())}, at::kBool);
  std::transform(states.begin(), states.end(), keep.data_ptr<bool>(),
                 [](report::TokenState state) { return state == report::TokenState::visible; });
  std::vector<double> out;
  evaluation::EmbedOptions options;
  options.device = inputs.device;
  options.precision = inputs.precision;
  evaluation::for_each_token_batch(
      model, inputs.store, {record}, options, [&](std::int64_t, const model::Tokens& tokens) {
        const auto weights = evaluation::pooling_weights(model, tokens, keep).to(at::kDouble).contiguous();
        out.assign(weights.data_ptr<double>(), weights.data_ptr<double>() + weights.numel());
      });
  return out;
}

void add_run(report::EcgPlot& plot, const EvaluationInputs& inputs, std::int64_t record) {
  const auto& run = inputs.run;
  const auto meaning = evaluation::pooling_weights_meaning(run.model->options());
  plot.weights = token_weights(inputs, record, plot.tokens);
  plot.weights_meaning = meaning;
  auto note = cat("run ", run.directory.filename().string(), ", step ", run.step, run.is_best ? " (best)" : " (last)");
  if (plot.weights.empty()) {
    const bool weighs = evaluation::pooling_weighs(run.model->options());
    note += weighs ? "; no token weights: nothing is visible" : cat("; token weights: ", meaning);
  }
  plot.notes.push_back(std::move(note));
}

}  // namespace

std::int64_t find_record(const data::Store& store, const std::string& id, const std::string& folder) {
  for (std::int64_t record = 0; record < store.size(); ++record) {
    if (store.id(record) == id) return record;
  }
  throw Error(Code::data_missing, "the store has no record of this name")
      .at(folder)
      .got(id)
      .wanted(store.size() > 0 ? cat("a name as '", store.id(0), "'") : "a store with records");
}

report::EcgPlot plot_record(const data::Store& store, std::int64_t record, const EvaluationInputs* inputs,
                            const EcgRequest& request) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(12 * store.samples()));
  store.read(record, samples.data());
  report::EcgPlot plot;
  plot.record = store.id(record);
  plot.rate_hz = store.rate_hz();
  plot.mv = millivolts(store, record, samples);
  if (inputs != nullptr || request.mask) {
    plot.token_samples = inputs != nullptr ? inputs->run.model->options().ecg.patch_samples : request.token_samples;
    plot.tokens = token_states(store, record, samples, plot.token_samples, request);
  }
  if (inputs != nullptr) add_run(plot, *inputs, record);
  if (request.mask) {
    plot.mask = request.mask->text();
    plot.notes.push_back(cat("mask ", plot.mask, request.mask->drawn() ? cat(", seed ", request.seed) : std::string(),
                             "; tokens of ", 1000.0 * static_cast<double>(plot.token_samples) / plot.rate_hz, " ms"));
  }
  return plot;
}

}  // namespace scar::apps
