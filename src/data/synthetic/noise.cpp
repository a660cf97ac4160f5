#include <cmath>
#include <numbers>

#include "scar/core/random.h"
#include "trace.h"

namespace scar::data {

namespace {

/// Adds amplitude * sin(2 pi hz t + phase) by turning a pointer, in double so that 15,000 steps stay exact.
void add_sine(std::vector<float>& out, double amplitude, double hz, double phase, double rate) {
  const double angle = 2 * std::numbers::pi * hz / rate;
  const double turn_cos = std::cos(angle), turn_sin = std::sin(angle);
  double c = amplitude * std::cos(phase), s = amplitude * std::sin(phase);
  for (auto& value : out) {
    value += static_cast<float>(s);
    const double next = c * turn_cos - s * turn_sin;
    s = s * turn_cos + c * turn_sin;
    c = next;
  }
}

/// Nearly normal with mean 0 and variance 1: the sum of four bytes of one draw. Integers only, so equal everywhere.
float four_bytes(std::uint32_t bits) {
  const auto sum = static_cast<std::int32_t>((bits & 255) + ((bits >> 8) & 255) + ((bits >> 16) & 255) + (bits >> 24));
  constexpr float kScale = 1.0F / 147.7994F;  // sqrt(4 (256^2 - 1) / 12)
  return (static_cast<float>(sum) - 510.0F) * kScale;
}

}  // namespace

Potentials draw_noise(const SyntheticOptions& options, const Scene& scene) {
  const auto& v = kVariation;
  const auto size = static_cast<std::size_t>(options.samples());
  const double rate = static_cast<double>(options.rate_hz);
  const double family = kRecorders[static_cast<std::size_t>(scene.recorder)].noise;

  CounterRandom level(options.seed, "synthetic/noise-level", static_cast<std::uint64_t>(scene.index));
  const double muscle = options.noise * family * v.muscle_uv * std::exp(v.muscle_log_sd * level.normal());
  const double mains = -options.noise * family * v.mains_uv * std::log(1 - level.uniform());
  const double mains_hz = 50 + level.uniform(-0.1, 0.1);
  const double drift = options.wander * v.wander_uv * std::exp(v.wander_log_sd * level.normal());
  const double slow_hz = level.uniform(0.04, 0.14);

  CounterRandom sample(options.seed, "synthetic/noise", static_cast<std::uint64_t>(scene.index));
  Potentials noise;
  for (auto& electrode : noise) {
    const auto sd = static_cast<float>(muscle * std::exp(v.electrode_log_sd * level.normal()));
    const double mains_share = level.uniform(0.3, 1.0), mains_phase = level.uniform(0, 2 * std::numbers::pi);
    const double breath = drift * level.uniform(0.3, 1.2), breath_phase = scene.breath_phase + level.uniform(-0.6, 0.6);
    const double slow = drift * level.uniform(0.2, 1.5), slow_phase = level.uniform(0, 2 * std::numbers::pi);
    electrode.resize(size);
    for (auto& value : electrode) value = sd * four_bytes(sample.bits32());
    if (mains > 0) add_sine(electrode, mains * mains_share, mains_hz, mains_phase, rate);
    if (drift > 0) {
      add_sine(electrode, breath, scene.breaths_per_s, breath_phase, rate);
      add_sine(electrode, slow, slow_hz, slow_phase, rate);
    }
  }
  return noise;
}

}  // namespace scar::data
