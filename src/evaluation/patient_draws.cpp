#include "scar/evaluation/patient_draws.h"

#include <algorithm>
#include <cmath>

#include "scar/core/parallel.h"
#include "scar/core/random.h"

namespace scar::evaluation {

std::vector<std::uint32_t> draw_patients(std::uint32_t patients, std::uint64_t seed, std::int64_t resample) {
  CounterRandom random(seed, "patients with replacement", static_cast<std::uint64_t>(resample));
  std::vector<std::uint32_t> times(patients, 0);
  // Lemire, "Fast random integer generation in an interval", 2019: unbiased, and nearly always without a division.
  const std::uint32_t reject = (0 - patients) % std::max<std::uint32_t>(patients, 1);
  for (std::uint32_t i = 0; i < patients; ++i) {
    auto product = std::uint64_t{random.bits32()} * patients;
    while (static_cast<std::uint32_t>(product) < reject) product = std::uint64_t{random.bits32()} * patients;
    ++times[static_cast<std::size_t>(product >> 32)];
  }
  return times;
}

PatientDraws::PatientDraws(std::uint32_t patients, const BootstrapOptions& options)
    : patients_(patients), options_(options), groups_(std::min(patients, kJackknifeGroups)) {}

void PatientDraws::for_each_block(const Visit& visit) const {
  constexpr auto kWide = static_cast<std::int64_t>(kLanes);
  for_each_parallel(0, (count() + kWide - 1) / kWide, options_.jobs, [&](std::int64_t number) {
    const auto first = number * kWide, lanes = std::min(kWide, count() - first);
    TimesBlock block(patients_);
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const auto draw = first + lane;
      if (draw < options_.resamples) {
        block.set(static_cast<std::size_t>(lane), draw_patients(patients_, options_.seed, draw));
        continue;
      }
      std::vector<std::uint32_t> times(patients_, 1);
      for (auto left = static_cast<std::size_t>(draw - options_.resamples); left < patients_;
           left += static_cast<std::size_t>(groups_))
        times[left] = 0;
      block.set(static_cast<std::size_t>(lane), times);
    }
    visit(first, lanes, block);
  });
}

std::optional<Sampled> PatientDraws::sampled(double value, std::span<const double> of_draws) const {
  if (std::isnan(value)) return std::nullopt;
  Sampled out;
  out.value = value;
  for (std::size_t draw = 0; draw < of_draws.size(); ++draw) {
    if (std::isnan(of_draws[draw])) continue;
    (static_cast<std::int64_t>(draw) < options_.resamples ? out.resampled : out.left_out).push_back(of_draws[draw]);
  }
  if (out.resampled.empty()) return std::nullopt;
  return out;
}

std::optional<Interval> PatientDraws::interval(double value, std::span<const double> of_draws) const {
  auto all = sampled(value, of_draws);
  return all ? std::optional(Bca(std::move(*all)).interval()) : std::nullopt;
}

}  // namespace scar::evaluation
