#include "scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "scar/core/random.h"

namespace scar::data {

namespace {

constexpr double kRadians = std::numbers::pi / 180;
constexpr std::int64_t kMostRecordsOfPatient = 4;

double draw(CounterRandom& random, const Spread& spread) {
  return std::clamp(spread.mean + spread.sd * random.normal(), spread.low, spread.high);
}

FindingSet draw(CounterRandom& random, const std::vector<FindingMixture>& mixtures) {
  double u = random.uniform();
  for (const auto& mixture : mixtures) {
    if (u < mixture.share) return mixture.set;
    u -= mixture.share;
  }
  return mixtures.back().set;
}

/// Runs of records of one patient lie inside groups of four, so that it takes at most three steps back to find the
/// first.
std::int64_t first_record_of_patient(const SyntheticOptions& options, std::int64_t index) {
  while (index % kMostRecordsOfPatient != 0) {
    CounterRandom random(options.seed, "synthetic/repeat", static_cast<std::uint64_t>(index));
    if (!random.chance(options.repeat_rate)) break;
    --index;
  }
  return index;
}

}  // namespace

Scene draw_scene(const SyntheticOptions& options, std::int64_t index) {
  const auto& v = kVariation;
  Scene scene;
  scene.index = index;
  scene.patient = first_record_of_patient(options, index);

  CounterRandom patient(options.seed, "synthetic/patient", static_cast<std::uint64_t>(scene.patient));
  const FindingSet structure = draw(patient, kStructures);
  scene.age = patient.uniform(22, 90);
  scene.female = patient.chance(0.48);
  const double years = scene.age - 55;
  scene.frontal = (v.axis_per_year * years + v.frontal_axis_sd * patient.normal()) * kRadians;
  scene.horizontal = v.horizontal_axis_sd * patient.normal() * kRadians;
  scene.t_turn = v.t_axis_sd * patient.normal() * kRadians;
  scene.qrs_gain = std::exp(v.amplitude_sd * patient.normal() + v.amplitude_per_year * years +
                            (scene.female ? v.female_amplitude : 0));
  scene.p_gain = std::exp(v.wave_amplitude_sd * patient.normal());
  scene.t_gain = std::exp(v.wave_amplitude_sd * patient.normal());
  for (std::size_t s = 0; s < kSources; ++s) {
    scene.sources[s].shift = kLocalSources[s].jitter * patient.uniform(-1, 1);
    scene.sources[s].stage = patient.uniform();
  }
  for (std::size_t s = 1; s < kSources; s += 2) scene.sources[s].stage = scene.sources[s - 1].stage;

  CounterRandom record(options.seed, "synthetic/record", static_cast<std::uint64_t>(index));
  scene.findings = structure | draw(record, kRhythms);
  double u = record.uniform();
  while (scene.recorder + 1 < static_cast<int>(kRecorders.size()) &&
         u >= kRecorders[static_cast<std::size_t>(scene.recorder)].share) {
    u -= kRecorders[static_cast<std::size_t>(scene.recorder)].share;
    ++scene.recorder;
  }
  scene.german = record.chance(kRecorders[static_cast<std::size_t>(scene.recorder)].german);
  scene.rate_normal = draw(record, v.rate_normal);
  scene.rate_bradycardia = record.uniform(v.bradycardia_low, v.bradycardia_high);
  scene.rate_tachycardia = record.uniform(v.tachycardia_low, v.tachycardia_high);
  scene.rate_fibrillation = draw(record, v.rate_fibrillation);
  scene.pr_normal = draw(record, v.pr_normal);
  scene.pr_block = draw(record, v.pr_block);
  scene.phase = record.uniform();
  scene.breaths_per_s = record.uniform(0.16, 0.33);
  scene.breath_phase = record.uniform(0, 2 * std::numbers::pi);
  scene.breath_depth = record.uniform(v.respiratory_low, v.respiratory_high);
  scene.ectopic_beats = 1 + static_cast<int>(record.below(3));
  scene.ectopic_coupling = record.uniform(0.56, 0.72);
  scene.ectopic_gain = std::exp(0.2 * record.normal());
  scene.ectopic_turn = 25 * kRadians * record.normal();
  scene.ectopic_right = record.chance(0.45);
  scene.fibrillation_uv = record.uniform(v.fibrillation_wave_low, v.fibrillation_wave_high);
  scene.fibrillation_hz = record.uniform(4.8, 7.5);
  scene.fibrillation_phase = record.uniform(0, 2 * std::numbers::pi);

  CounterRandom amplitude(options.seed, "synthetic/amplitude", static_cast<std::uint64_t>(index));
  for (std::size_t s = 0; s < kSources; ++s) {
    const auto& source = kLocalSources[s];
    auto& drawn = scene.sources[s];
    drawn.amplitude_uv = source.mean_uv + source.sd_uv * amplitude.normal();
    drawn.background_uv = source.background_uv * amplitude.normal();
    const double imitation = source.mean_uv + source.sd_uv * amplitude.normal();
    const bool imitated = amplitude.chance(options.decoy_rate);
    // Only where the finding itself is absent, on or off: the twin of a record with it must not grow a decoy instead.
    if (imitated && !source.primary && !has(scene.findings, source.finding)) drawn.decoy_uv = imitation;
  }
  return scene;
}

std::vector<Beat> draw_beats(const SyntheticOptions& options, const Scene& scene, FindingSet findings) {
  const auto& v = kVariation;
  const double seconds = static_cast<double>(options.seconds);
  const bool fibrillation = has(findings, kAtrialFibrillation);
  double rate = scene.rate_normal;
  if (fibrillation) rate = scene.rate_fibrillation;
  if (has(findings, kSinusBradycardia)) rate = scene.rate_bradycardia;
  if (has(findings, kSinusTachycardia)) rate = scene.rate_tachycardia;
  const double mean_rr = 60 / rate;
  const double pr = (has(findings, kFirstDegreeAvBlock) ? scene.pr_block : scene.pr_normal) *
                    (has(findings, kSinusTachycardia) ? 0.85 : 1.0);

  CounterRandom random(options.seed, "synthetic/beats", static_cast<std::uint64_t>(scene.index));
  std::vector<Beat> beats;
  double time = -1.3 - scene.phase * mean_rr;
  double rr = mean_rr;
  while (time < seconds + 1.0) {
    const double breath = std::sin(2 * std::numbers::pi * scene.breaths_per_s * time + scene.breath_phase);
    const double jitter = random.normal();
    Beat beat;
    beat.time = time;
    beat.gain = 1 + v.beat_gain_sd * random.normal() + v.breathing_gain * breath;
    beat.qt_scale = std::sqrt(fibrillation ? 0.5 * (rr + mean_rr) : mean_rr);  // QT follows the rate slowly
    beat.p_onset = fibrillation ? 0 : pr;
    beats.push_back(beat);
    rr = fibrillation ? std::clamp(mean_rr * std::exp(v.fibrillation_rr_sd * jitter), 0.33, 1.9)
                      : mean_rr * (1 + scene.breath_depth * breath + v.sinus_jitter * jitter);
    time += rr;
  }
  if (!has(findings, kVentricularEctopy)) return beats;

  // An ectopic beat comes early and takes the place of the next one; those after it come when they would have come, so
  // that the pause is a full one and the twin differs around these beats alone.
  std::vector<std::size_t> places;
  std::vector<double> times(beats.size());
  for (std::size_t i = 1; i < beats.size(); ++i) {
    const double interval = beats[i].time - beats[i - 1].time;
    times[i] = beats[i - 1].time + std::min(std::max(scene.ectopic_coupling * interval, 0.36), 0.85 * interval);
    if (times[i] > 0.12 && times[i] < seconds - 0.3) places.push_back(i);
  }
  if (places.empty()) {  // a very short record of a slow heart
    std::size_t nearest = 1;
    for (std::size_t i = 1; i < beats.size(); ++i) {
      if (std::abs(times[i] - seconds / 2) < std::abs(times[nearest] - seconds / 2)) nearest = i;
    }
    places.push_back(nearest);
  }
  CounterRandom choice(options.seed, "synthetic/ectopy", static_cast<std::uint64_t>(scene.index));
  for (int n = 0; n < scene.ectopic_beats && !places.empty(); ++n) {
    const auto at = choice.below(places.size());
    const std::size_t i = places[at];
    beats[i].time = times[i];
    beats[i].ectopic = true;
    beats[i].p_onset = 0;
    beats[i].qt_scale = 1;
    std::erase_if(places, [i](std::size_t other) { return other + 1 >= i && other <= i + 1; });  // none in a row
  }
  return beats;
}

}  // namespace scar::data
