#include <algorithm>
#include <cmath>

#include "trace.h"

namespace scar::data {

namespace {

constexpr double kReach = 4;  // standard deviations after which a Gaussian wave is left away (3e-4 of its peak)

struct Turn {
  double cos_f, sin_f, cos_h, sin_h;
  Turn(double frontal, double horizontal)
      : cos_f(std::cos(frontal)), sin_f(std::sin(frontal)), cos_h(std::cos(horizontal)), sin_h(std::sin(horizontal)) {}
  /// Frontal plane (x left, y down) first, then the horizontal one (x, z).
  [[nodiscard]] std::array<double, 3> operator()(double x, double y, double z) const {
    const double x1 = cos_f * x - sin_f * y, y1 = sin_f * x + cos_f * y;
    return {cos_h * x1 - sin_h * z, y1, sin_h * x1 + cos_h * z};
  }
};

struct Window {
  std::int64_t begin, end;
};
Window window(const SyntheticOptions& options, double centre, double half_width) {
  const double rate = static_cast<double>(options.rate_hz);
  const auto begin = static_cast<std::int64_t>(std::ceil((centre - half_width) * rate));
  const auto end = static_cast<std::int64_t>(std::floor((centre + half_width) * rate)) + 1;
  return {std::clamp<std::int64_t>(begin, 0, options.samples()), std::clamp<std::int64_t>(end, 0, options.samples())};
}

void add_wave(const SyntheticOptions& options, double centre, double width, const std::array<double, 3>& peak,
              std::array<std::vector<float>, 3>& dipole) {
  const auto [begin, end] = window(options, centre, kReach * width);
  if (begin >= end) return;
  // A Gaussian on a grid by two multiplications a sample: g(n+1) = g(n) r(n), r(n+1) = r(n) q.
  const double step = 1 / (static_cast<double>(options.rate_hz) * width);
  const double u = static_cast<double>(begin) * step - centre / width;
  double g = std::exp(-0.5 * u * u), r = std::exp(-u * step - 0.5 * step * step);
  const double q = std::exp(-step * step);
  for (auto n = begin; n < end; ++n) {
    const auto i = static_cast<std::size_t>(n);
    for (std::size_t axis = 0; axis < 3; ++axis) dipole[axis][i] += static_cast<float>(peak[axis] * g);
    g *= r;
    r *= q;
  }
}

}  // namespace

std::array<double, 6> precordial_gains(const LocalSource& source, double shift) {
  std::array<double, 6> gains{};
  for (const auto& pole : source.poles) {
    if (pole.gain == 0) continue;
    for (std::size_t v = 0; v < gains.size(); ++v) {
      const double d = (static_cast<double>(v + 1) - pole.centre - shift) / pole.reach;
      gains[v] += pole.gain * std::max(0.0, 1 - d * d);
    }
  }
  return gains;
}

void add_dipole(const SyntheticOptions& options, const Scene& scene, const std::vector<Beat>& beats,
                std::array<std::vector<float>, 3>& dipole) {
  const Turn heart(scene.frontal, scene.horizontal),
      t_wave(scene.frontal + scene.t_turn, scene.horizontal + scene.t_turn);
  const Turn ectopic(scene.frontal + scene.ectopic_turn, scene.horizontal);
  const auto scaled = [](std::array<double, 3> vector, double factor) {
    for (auto& component : vector) component *= factor;
    return vector;
  };
  for (const auto& beat : beats) {
    if (beat.ectopic) {
      const double side = scene.ectopic_right ? -0.85 : 1.0;
      for (const auto& wave : kBeat.ectopic) {
        const auto peak = ectopic(side * wave.x_uv, wave.y_uv, side * wave.z_uv);
        add_wave(options, beat.time + wave.centre_s, wave.width_s, scaled(peak, beat.gain * scene.ectopic_gain),
                 dipole);
      }
      continue;
    }
    if (beat.p_onset > 0) {
      const double p_peak = beat.time + kQrsOnset - beat.p_onset + kPPeak;
      for (const auto& wave : kBeat.p) {
        const auto peak = heart(wave.x_uv, wave.y_uv, wave.z_uv);
        add_wave(options, p_peak + wave.centre_s, wave.width_s, scaled(peak, beat.gain * scene.p_gain), dipole);
      }
    }
    for (const auto& wave : kBeat.qrs) {
      const auto peak = heart(wave.x_uv, wave.y_uv, wave.z_uv);
      add_wave(options, beat.time + wave.centre_s, wave.width_s, scaled(peak, beat.gain * scene.qrs_gain), dipole);
    }
    for (const auto& wave : kBeat.t) {
      const auto peak = t_wave(wave.x_uv, wave.y_uv, wave.z_uv);
      add_wave(options, beat.time + wave.centre_s * beat.qt_scale, wave.width_s * beat.qt_scale,
               scaled(peak, beat.gain * scene.t_gain), dipole);
    }
  }
}

void project_dipole(const std::array<std::vector<float>, 3>& dipole, Potentials& potentials) {
  // With Wilson's terminal at zero: RA = -(I + II) / 3, LA = (2 I - II) / 3, LL = (2 II - I) / 3.
  std::array<std::array<double, 3>, kElectrodes> vectors{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double one = kDipoleToLead[0][axis], two = kDipoleToLead[1][axis];
    vectors[kRa][axis] = -(one + two) / 3;
    vectors[kLa][axis] = (2 * one - two) / 3;
    vectors[kLl][axis] = (2 * two - one) / 3;
    for (std::size_t v = 0; v < 6; ++v) vectors[kV1 + v][axis] = kDipoleToLead[2 + v][axis];
  }
  for (std::size_t e = 0; e < kElectrodes; ++e) {
    const auto x = static_cast<float>(vectors[e][0]), y = static_cast<float>(vectors[e][1]),
               z = static_cast<float>(vectors[e][2]);
    auto& out = potentials[e];
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += x * dipole[0][i] + y * dipole[1][i] + z * dipole[2][i];
  }
}

std::vector<float> source_course(const SyntheticOptions& options, const LocalSource& source, double stage,
                                 const std::vector<Beat>& beats) {
  std::vector<float> course(static_cast<std::size_t>(options.samples()));
  const double rate = static_cast<double>(options.rate_hz);
  const bool ages = source.early[0].weight != source.late[0].weight;
  for (const auto& beat : beats) {
    if (beat.ectopic) continue;
    const auto add = [&](const Bump& bump, double share) {
      if (bump.weight * share == 0) return;
      const double scale = bump.with_qt ? beat.qt_scale : 1;
      const double centre = beat.time + bump.centre_s * scale, half_width = bump.half_width_s * scale;
      const auto weight = static_cast<float>(beat.gain * bump.weight * share);
      const auto [begin, end] = window(options, centre, half_width);
      for (auto n = begin; n < end; ++n) {
        const auto u = static_cast<float>((static_cast<double>(n) / rate - centre) / half_width);
        const float w = std::max(0.0F, 1 - u * u);
        course[static_cast<std::size_t>(n)] += weight * w * w;
      }
    };
    for (const auto& bump : source.early) add(bump, ages ? 1 - stage : 1);
    if (!ages) continue;
    for (const auto& bump : source.late) add(bump, stage);
  }
  return course;
}

void add_fibrillation(const SyntheticOptions& options, const Scene& scene, Potentials& potentials) {
  // A saw-toothed wave whose frequency wanders. Wilson's terminal stays put: the limb part sums to zero.
  constexpr std::array<float, kElectrodes> kGains = {-0.20F, -0.20F, 0.40F, 1.0F, 0.65F, 0.35F, 0.2F, 0.15F, 0.1F};
  const double rate = static_cast<double>(options.rate_hz);
  double phase = scene.fibrillation_phase;
  for (std::int64_t n = 0; n < options.samples(); ++n) {
    const double t = static_cast<double>(n) / rate;
    const double sway = std::sin(2.1 * t + scene.fibrillation_phase);
    phase += 6.283185307179586 * scene.fibrillation_hz * (1 + 0.18 * sway) / rate;
    const double s = std::sin(phase), c = std::cos(phase);
    const double wave = (s + 0.7 * s * c) * (1 + 0.3 * std::sin(3.7 * t + 2 * scene.fibrillation_phase));
    for (std::size_t e = 0; e < kElectrodes; ++e) {
      potentials[e][static_cast<std::size_t>(n)] += kGains[e] * static_cast<float>(scene.fibrillation_uv * wave);
    }
  }
}

}  // namespace scar::data
