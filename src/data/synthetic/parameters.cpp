#include "parameters.h"

#include "scar/core/cat.h"
#include "scar/core/hash.h"
#include "scar/data/synthetic/calibration.h"

namespace scar::data {

const std::array<std::array<double, 3>, 8> kDipoleToLead = {{
    {0.632, -0.235, 0.059},   // I
    {0.235, 1.066, -0.132},   // II
    {-0.515, 0.157, -0.917},  // V1
    {0.044, 0.164, -1.387},
    {0.882, 0.098, -1.277},
    {1.213, 0.127, -0.601},
    {1.125, 0.127, -0.086},
    {0.831, 0.076, 0.230},  // V6
}};

const BeatShape kBeat = {
    .p = {{{-0.012, 0.018, 30, 75, -25}, {0.018, 0.020, 45, 45, 30}}},
    .qrs = {{{-0.025, 0.0085, -120, -60, -220}, {0.0, 0.0115, 1080, 760, 230}, {0.027, 0.0105, -150, -120, 650}}},
    .t = {{{0.255, 0.050, 130, 95, -85}, {0.300, 0.032, 140, 100, -90}}},
    .ectopic = {{{0.015, 0.030, 1350, 700, 900}, {0.070, 0.026, 450, -350, 500}, {0.310, 0.060, -560, -200, -420}}},
};

namespace {

constexpr Bump kNone{0, 1, 0, false};
using Shape = std::array<Bump, 4>;
// Acute: the ST segment is a dome that runs into the T wave. Old: a Q wave stays, and T turns over.
constexpr Shape kAcute = {{{0.150, 0.130, 1.0, true}, {0.270, 0.110, 0.55, true}, {-0.020, 0.032, -0.8, false}, kNone}};
constexpr Shape kOld = {{{0.150, 0.130, 0.55, true}, {0.285, 0.090, -0.9, true}, {-0.018, 0.036, -1.7, false}, kNone}};
constexpr Shape kReciprocal = {{{0.150, 0.130, -1.0, true}, {0.260, 0.110, -0.35, true}, kNone, kNone}};
constexpr Shape kElevation = {{{0.150, 0.130, 1.0, true}, {0.260, 0.110, 0.35, true}, kNone, kNone}};
constexpr Shape kBroadNotched = {
    {{0.038, 0.038, 1.0, false}, {0.078, 0.040, 1.05, false}, {0.190, 0.150, -0.42, true}, {0.290, 0.100, -0.5, true}}};
constexpr Shape kSlurred = {{{0.060, 0.055, 1.0, false}, {0.250, 0.130, -0.5, true}, kNone, kNone}};
constexpr Shape kSecondR = {{{0.062, 0.036, 1.0, false}, {0.275, 0.110, -0.40, true}, kNone, kNone}};
constexpr Shape kWideS = {{{0.066, 0.046, -1.0, false}, kNone, kNone, kNone}};
constexpr Shape kVoltage = {{{0.002, 0.034, 1.0, false}, {0.030, 0.030, 0.15, false}, kNone, kNone}};
constexpr Shape kStrain = {{{0.180, 0.120, -0.55, true}, {0.275, 0.095, -1.0, true}, kNone, kNone}};

}  // namespace

const std::array<LocalSource, kSources> kLocalSources = {{
    {kAnteriorMi, true, {{{2.5, 2.2, 1.0}, {0, 1, 0}}}, 0.25, 0, 0, kAcute, kOld, 400, 90, 60},
    {kAnteriorMi, false, {{{0, 1, 0}, {0, 1, 0}}}, 0, 0.1, 0.95, kReciprocal, kReciprocal, 330, 100, 105},
    {kInferiorMi, true, {{{0, 1, 0}, {0, 1, 0}}}, 0, -0.2, 0.9, kAcute, kOld, 400, 90, 60},
    {kInferiorMi, false, {{{2.0, 1.9, 1.0}, {0, 1, 0}}}, 0.08, 0, 0, kReciprocal, kReciprocal, 255, 80, 90},
    {kLateralMi, true, {{{5.6, 1.5, 1.0}, {0, 1, 0}}}, 0.08, 0, 0, kAcute, kOld, 400, 90, 60},
    {kLateralMi, false, {{{0, 1, 0}, {0, 1, 0}}}, 0, 1.0, 0.1, kElevation, kElevation, 255, 80, 90},
    {kLbbb, true, {{{5.6, 1.5, 1.0}, {1.6, 1.5, -1.0}}}, 0.08, 0, 0, kBroadNotched, kBroadNotched, 900, 180, 130},
    {kLbbb, false, {{{0, 1, 0}, {0, 1, 0}}}, 0, 1.0, 0.35, kSlurred, kSlurred, 570, 180, 200},
    {kRbbb, true, {{{1.4, 1.5, 1.0}, {0, 1, 0}}}, 0.08, 0, 0, kSecondR, kSecondR, 800, 170, 130},
    {kRbbb, false, {{{5.6, 1.5, 0.8}, {0, 1, 0}}}, 0.08, 1.0, 0.4, kWideS, kWideS, 570, 180, 200},
    {kLvh, true, {{{5.3, 1.7, 1.0}, {1.6, 1.5, -0.9}}}, 0.08, 0, 0, kVoltage, kVoltage, 1400, 280, 160},
    {kLvh, false, {{{0, 1, 0}, {0, 1, 0}}}, 0, 1.0, 0.25, kStrain, kStrain, 330, 105, 115},
}};

const std::vector<FindingMixture> kStructures = {
    {0, 0.300},
    {bit(kAnteriorMi), 0.105},
    {bit(kInferiorMi), 0.112},
    {bit(kLateralMi), 0.070},
    {bit(kAnteriorMi) | bit(kLateralMi), 0.042},
    {bit(kInferiorMi) | bit(kLateralMi), 0.028},
    {bit(kLbbb), 0.105},
    {bit(kRbbb), 0.091},
    {bit(kRbbb) | bit(kAnteriorMi), 0.014},
    {bit(kRbbb) | bit(kInferiorMi), 0.014},
    {bit(kLvh), 0.091},
    {bit(kLvh) | bit(kInferiorMi), 0.014},
    {bit(kLvh) | bit(kLateralMi), 0.014},
};

const std::vector<FindingMixture> kRhythms = {
    {0, 0.500},
    {bit(kSinusBradycardia), 0.080},
    {bit(kSinusBradycardia) | bit(kFirstDegreeAvBlock), 0.025},
    {bit(kSinusBradycardia) | bit(kVentricularEctopy), 0.015},
    {bit(kFirstDegreeAvBlock), 0.070},
    {bit(kFirstDegreeAvBlock) | bit(kVentricularEctopy), 0.020},
    {bit(kSinusTachycardia), 0.090},
    {bit(kSinusTachycardia) | bit(kVentricularEctopy), 0.015},
    {bit(kAtrialFibrillation), 0.100},
    {bit(kAtrialFibrillation) | bit(kVentricularEctopy), 0.015},
    {bit(kVentricularEctopy), 0.070},
};

const std::array<RecorderFamily, 3> kRecorders = {{
    {"cart-a", 0.45, 0.85, 1.0},
    {"cart-b", 0.35, 0.25, 0.8},
    {"bedside-c", 0.20, 0.50, 1.6},
}};

const Variation kVariation{};

double prevalence(int finding) {
  double share = 0;
  if (finding == kNormal) return kStructures.front().share * kRhythms.front().share;
  for (const auto* mixture : {&kStructures, &kRhythms}) {
    for (const auto& entry : *mixture) {
      if (has(entry.set, finding)) share += entry.share;
    }
  }
  return share;
}

namespace {

std::string text(const DipoleWave& w) {
  return cat(" ", w.centre_s, ",", w.width_s, ",", w.x_uv, ",", w.y_uv, ",", w.z_uv);
}
std::string text(const Shape& shape) {
  std::string out;
  for (const auto& b : shape) {
    if (b.weight != 0) out += cat(" ", b.centre_s, ",", b.half_width_s, ",", b.weight, ",", b.with_qt);
  }
  return out;
}
std::string text(const Spread& s) { return cat(" ", s.mean, ",", s.sd, ",", s.low, ",", s.high); }

}  // namespace

std::string parameters_text() {
  std::string out = cat("synthetic generator 2\nevidence_threshold_uv ", kEvidenceThresholdUv, "\nqrs_onset_s ",
                        kQrsOnset, "\np_peak_s ", kPPeak, "\nectopic_s ", kEctopicBefore, ",", kEctopicAfter, "\n");
  for (const auto& row : kDipoleToLead) out += cat("lead_vector ", row[0], " ", row[1], " ", row[2], "\n");
  out += "p";
  for (const auto& w : kBeat.p) out += text(w);
  out += "\nqrs";
  for (const auto& w : kBeat.qrs) out += text(w);
  out += "\nt";
  for (const auto& w : kBeat.t) out += text(w);
  out += "\nectopic";
  for (const auto& w : kBeat.ectopic) out += text(w);
  out += "\n";
  for (const auto& s : kLocalSources) {
    out += cat("source ", findings()[static_cast<std::size_t>(s.finding)].name, s.primary ? " primary" : " secondary");
    for (const auto& pole : s.poles) out += cat(" pole ", pole.centre, ",", pole.reach, ",", pole.gain);
    out +=
        cat(" jitter ", s.jitter, " limb ", s.limb_i, ",", s.limb_ii, " early", text(s.early), " late", text(s.late));
    out += cat(" amplitude ", s.mean_uv, ",", s.sd_uv, ",", s.background_uv, "\n");
  }
  for (const auto& m : kStructures) out += cat("structure ", m.set, " ", m.share, "\n");
  for (const auto& m : kRhythms) out += cat("rhythm ", m.set, " ", m.share, "\n");
  for (const auto& r : kRecorders) out += cat("recorder ", r.name, " ", r.share, " ", r.german, " ", r.noise, "\n");
  const auto& v = kVariation;
  out += cat("rate", text(v.rate_normal), text(v.rate_fibrillation), " ", v.bradycardia_low, ",", v.bradycardia_high,
             " ", v.tachycardia_low, ",", v.tachycardia_high, "\npr", text(v.pr_normal), text(v.pr_block), "\nrr ",
             v.fibrillation_rr_sd, " ", v.sinus_jitter, " ", v.respiratory_low, ",", v.respiratory_high, "\namplitude ",
             v.amplitude_sd, " ", v.wave_amplitude_sd, "\naxis ", v.frontal_axis_sd, " ", v.horizontal_axis_sd, " ",
             v.t_axis_sd, "\nage_sex ", v.axis_per_year, " ", v.amplitude_per_year, " ", v.female_amplitude, "\nbeat ",
             v.beat_gain_sd, " ", v.breathing_gain, "\nfibrillation ", v.fibrillation_wave_low, ",",
             v.fibrillation_wave_high, "\nnoise ", v.muscle_uv, ",", v.muscle_log_sd, ",", v.electrode_log_sd, " ",
             v.mains_uv, " ", v.wander_uv, ",", v.wander_log_sd, "\n");
  return out;
}

std::string parameters_hash() {
  static const std::string hash = sha256_hex(parameters_text());
  return hash;
}

}  // namespace scar::data
