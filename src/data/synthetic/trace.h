#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "scene.h"

namespace scar::data {

/// Potentials of the electrodes in uV, [kElectrodes][T].
using Potentials = std::array<std::vector<float>, kElectrodes>;

/// Gain of a local source at each of the six precordial electrodes, for a shift of its place along the arc.
[[nodiscard]] std::array<double, 6> precordial_gains(const LocalSource& source, double shift);

/// Limb leads III, aVR, aVL, aVF are functions of I and II, in this order of the twelve.
enum LimbLead : int { kLeadI = 0, kLeadIi, kLeadIii, kLeadAvr, kLeadAvl, kLeadAvf, kLeadV1 };

/// Dipole of all beats (P, QRS, T, ectopic beats), [3][T] in uV, added to `dipole`.
void add_dipole(const SyntheticOptions& options, const Scene& scene, const std::vector<Beat>& beats,
                std::array<std::vector<float>, 3>& dipole);
/// Electrodes from the dipole.
void project_dipole(const std::array<std::vector<float>, 3>& dipole, Potentials& potentials);
/// The time course of a local source over the whole record, weight 1: [T].
[[nodiscard]] std::vector<float> source_course(const SyntheticOptions& options, const LocalSource& source, double stage,
                                               const std::vector<Beat>& beats);
/// The waves of fibrillating atria: mostly at V1 and below.
void add_fibrillation(const SyntheticOptions& options, const Scene& scene, Potentials& potentials);
/// Muscle, mains and drift of each electrode: a function of the record, not of its findings.
[[nodiscard]] Potentials draw_noise(const SyntheticOptions& options, const Scene& scene);

/// The record's samples with exactly these findings, [12, T] in uV, and the evidence units of the local sources that
/// are on: per finding and rank a bitmap, empty for the others.
struct Trace {
  std::vector<std::int16_t> samples;
  std::array<std::vector<std::uint8_t>, kFindings> primary, secondary;
};
[[nodiscard]] Trace draw_trace(const SyntheticOptions& options, const Scene& scene, FindingSet findings,
                               const std::vector<Beat>& beats, const Potentials& noise);

}  // namespace scar::data
