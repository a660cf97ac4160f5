#include "scar/evaluation/lead_statistics.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "read_batches.h"
#include "scar/data/visibility.h"

namespace scar::evaluation {
namespace {

constexpr double kBinsPerSecond = 50, kShortestBeat = .3, kLongestBeat = 2;  // seconds: 200 and 30 beats a minute

/// Beats per second: the slope in bins of 20 ms peaks at each QRS complex, whichever its sign. Bins without a slope
/// stand at the mean.
double beat_rate(const std::vector<double>& slope_of_bin, const std::vector<std::int64_t>& slopes_in_bin) {
  const auto bins = slope_of_bin.size();
  std::vector<double> centred(bins, 0.0);
  double mean = 0;
  std::int64_t filled = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    if (slopes_in_bin[bin] == 0) continue;
    centred[bin] = slope_of_bin[bin] / static_cast<double>(slopes_in_bin[bin]);
    mean += centred[bin];
    ++filled;
  }
  if (filled == 0) return 0;
  mean /= static_cast<double>(filled);
  for (std::size_t bin = 0; bin < bins; ++bin) centred[bin] = slopes_in_bin[bin] == 0 ? 0 : centred[bin] - mean;
  const auto shortest = static_cast<std::size_t>(kShortestBeat * kBinsPerSecond);
  const auto longest = std::min(static_cast<std::size_t>(kLongestBeat * kBinsPerSecond), bins - 1);
  double best = 0;
  std::size_t lag_of_best = 0;
  for (auto lag = shortest; lag <= longest; ++lag) {
    double sum = 0;
    for (std::size_t bin = lag; bin < bins; ++bin) sum += centred[bin] * centred[bin - lag];
    if (sum > best) {
      best = sum;
      lag_of_best = lag;
    }
  }
  return lag_of_best == 0 ? 0 : kBinsPerSecond / static_cast<double>(lag_of_best);
}

}  // namespace

void lead_figures(const float* samples, const std::uint8_t* visible, std::int64_t n, std::int64_t patch, double rate_hz,
                  float* out) {
  std::fill(out, out + kLeadFigures.size(), 0.0F);
  const auto bins = static_cast<std::size_t>(std::ceil(static_cast<double>(n) / rate_hz * kBinsPerSecond));
  std::vector<double> slope_of_bin(bins, 0.0);
  std::vector<std::int64_t> slopes_in_bin(bins, 0);
  double sum = 0, squares = 0, slopes = 0;
  std::int64_t seen = 0, steps = 0;
  float lowest = 0, highest = 0;
  const auto is_seen = [&](std::int64_t i) { return visible[i / patch] != 0; };
  for (std::int64_t i = 0; i < n; ++i) {
    if (!is_seen(i)) continue;
    const double value = samples[i];
    lowest = seen == 0 ? samples[i] : std::min(lowest, samples[i]);
    highest = seen == 0 ? samples[i] : std::max(highest, samples[i]);
    sum += value;
    squares += value * value;
    ++seen;
    if (i == 0 || !is_seen(i - 1)) continue;
    const double slope = std::abs(value - static_cast<double>(samples[i - 1])) * rate_hz;
    slopes += slope;
    ++steps;
    const auto bin = std::min(bins - 1, static_cast<std::size_t>(static_cast<double>(i) / rate_hz * kBinsPerSecond));
    slope_of_bin[bin] += slope;
    ++slopes_in_bin[bin];
  }
  if (seen == 0) return;
  const double mean = sum / static_cast<double>(seen);
  const std::array<double, kLeadFigures.size()> figures = {
      1,
      mean,
      std::sqrt(std::max(0.0, squares / static_cast<double>(seen) - mean * mean)),
      lowest,
      highest,
      steps == 0 ? 0 : slopes / static_cast<double>(steps),
      beat_rate(slope_of_bin, slopes_in_bin)};
  std::transform(figures.begin(), figures.end(), out, [](double figure) { return static_cast<float>(figure); });
}

EmbeddedRecords lead_statistics(const data::RecordSource& source, const std::vector<std::int64_t>& records,
                                std::int64_t patch, const EmbedOptions& options, const RemoveTokens& remove) {
  constexpr std::int64_t kLeads = 12, kFigures = kLeadFigures.size();
  const auto samples = source.samples();
  return read_records(source, records, patch, options, remove, [&](const data::Batch& batch) {
    auto out = at::empty({batch.size(), kLeads * kFigures}, at::kFloat);
    auto* figures = out.data_ptr<float>();
    at::parallel_for(0, batch.size(), 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> mv(static_cast<std::size_t>(kLeads * samples));
      for (std::int64_t b = begin; b < end; ++b) {
        data::decode_mv(batch.signal + b * kLeads * samples, samples, batch.scale_mv[static_cast<std::size_t>(b)],
                        mv.data());
        for (std::int64_t lead = 0; lead < kLeads; ++lead) {
          const auto row = b * kLeads + lead;
          lead_figures(mv.data() + lead * samples, batch.visible + row * (samples / patch), samples, patch,
                       source.rate_hz(), figures + row * kFigures);
        }
      }
    });
    return out;
  });
}

}  // namespace scar::evaluation
