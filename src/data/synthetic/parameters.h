#pragma once

#include <array>
#include <string>
#include <vector>

#include "scar/data/synthetic/findings.h"

namespace scar::data {

// All constants that shape a record. They are frozen: parameters_text() writes them out, and a test holds the hash.

constexpr int kElectrodes = 9;  // RA LA LL V1..V6, the right leg is ground
enum Electrode : int { kRa = 0, kLa = 1, kLl = 2, kV1 = 3 };

/// One Gaussian component of the heart's dipole in the course of a beat. Time 0 is the peak of the R wave. Axes: x to
/// the left, y to the feet, z to the back; lead potentials by the vectors of Dower (1980), see kDipoleToLead.
struct DipoleWave {
  double centre_s, width_s;  // width = standard deviation
  double x_uv, y_uv, z_uv;
};

/// Leads I, II, V1..V6 from (x, y, z): Dower, Machado, Osborne, "On deriving the electrocardiogram from
/// vectorcardiographic leads", Clin. Cardiol. 3 (1980). The limb electrodes follow with Wilson's terminal at zero.
extern const std::array<std::array<double, 3>, 8> kDipoleToLead;

struct BeatShape {
  std::array<DipoleWave, 2> p;  // centre relative to the peak of the P wave
  std::array<DipoleWave, 3> qrs;
  std::array<DipoleWave, 2> t;        // centre at RR = 1 s; scaled by sqrt(RR), as is the width
  std::array<DipoleWave, 3> ectopic;  // the two of the QRS, then the T wave; direction varies by record
};
extern const BeatShape kBeat;

/// (1 - u^2)^2 with u = (t - centre) / half_width: smooth and exactly zero outside, so that evidence has edges.
struct Bump {
  double centre_s, half_width_s, weight;
  bool with_qt;  // centre and width scale with the QT time, sqrt(RR)
};

/// A local, non-dipolar source. It reaches the precordial electrodes near it, gain * (1 - (distance / reach)^2) along
/// the arc V1 = 1 .. V6 = 6, and with its limb part moves I and II by the given factors (III, aVR, aVL, aVF follow)
/// while Wilson's terminal stays where it is. In time it is a sum of bumps per beat, a mixture of `early` and `late` by
/// the record's stage.
struct LocalSource {
  int finding;
  bool primary;
  struct Pole {
    double centre, reach, gain;  // gain 0: none
  };
  std::array<Pole, 2> poles;
  double jitter;  // the poles' centres move together by up to this much
  double limb_i, limb_ii;
  std::array<Bump, 4> early, late;  // weight 0: unused
  // amplitude in uV: N(mean, sd) where the finding is present (or its secondary sign is imitated), plus N(0,
  // background) in every record
  double mean_uv, sd_uv, background_uv;
};
constexpr int kSources = 12;
extern const std::array<LocalSource, kSources>
    kLocalSources;  // primary and secondary of each localised finding in turn

/// A contribution to a lead below this is not rendered: it would be evidence that nobody can see.
constexpr double kEvidenceThresholdUv = 5.0;

/// Primary evidence of an ectopic beat: blocks that touch its QRS and T wave (to two standard deviations), in s around
/// its R peak. What else differs from the twin is the pause.
constexpr double kEctopicBefore = 0.13, kEctopicAfter = 0.43;

/// Findings that occur together, and how often. Structure belongs to the patient, rhythm to the record; both are drawn
/// independently, except that nothing is excluded between them.
struct FindingMixture {
  FindingSet set;
  double share;
};
extern const std::vector<FindingMixture> kStructures;
extern const std::vector<FindingMixture> kRhythms;
[[nodiscard]] double prevalence(int finding);

/// A family of recorders: its name, share of the records, how often its reports are German, and its noise.
struct RecorderFamily {
  const char* name;
  double share, german, noise;
};
extern const std::array<RecorderFamily, 3> kRecorders;

struct Spread {
  double mean, sd, low, high;  // normal, held between low and high
};
struct Variation {
  Spread rate_normal{73, 9, 62, 96}, rate_fibrillation{95, 20, 62, 140};  // per minute
  double bradycardia_low = 38, bradycardia_high = 54, tachycardia_low = 107, tachycardia_high = 145;
  Spread pr_normal{0.158, 0.016, 0.122, 0.192}, pr_block{0.270, 0.030, 0.225, 0.340};  // s, onset of P to onset of QRS
  double fibrillation_rr_sd = 0.22;                                                    // of log RR
  double sinus_jitter = 0.012;                                                         // of RR, beat to beat
  double respiratory_low = 0.01, respiratory_high = 0.045;              // depth of respiratory variation of RR
  double amplitude_sd = 0.14;                                           // log, QRS; per patient
  double wave_amplitude_sd = 0.20;                                      // log, P and T on their own
  double frontal_axis_sd = 12, horizontal_axis_sd = 10, t_axis_sd = 8;  // degrees
  double axis_per_year = -0.25, amplitude_per_year = -0.003, female_amplitude = -0.10;
  double beat_gain_sd = 0.03, breathing_gain = 0.05;
  double fibrillation_wave_low = 45, fibrillation_wave_high = 120;  // uV at V1
  double muscle_uv = 7, muscle_log_sd = 0.45, electrode_log_sd = 0.3;
  double mains_uv = 4;  // mean of an exponential distribution
  double wander_uv = 45, wander_log_sd = 0.5;
};
extern const Variation kVariation;

constexpr double kQrsOnset = -0.040;  // s, relative to the R peak
constexpr double kPPeak = 0.050;      // s, from onset to peak of the P wave

}  // namespace scar::data
