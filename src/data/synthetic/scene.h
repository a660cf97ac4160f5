#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "parameters.h"
#include "scar/data/synthetic/options.h"

namespace scar::data {

/// Everything about a record that is drawn, for all findings alike: nothing here depends on which of them are on, so
/// that a twin differs by its finding alone.
struct Scene {
  std::int64_t index = 0;
  std::int64_t patient = 0;  // index of the patient's first record
  FindingSet findings = 0;
  double age = 0;
  bool female = false;
  int recorder = 0;
  bool german = false;
  // heart: rotations in radians, factors around 1
  double frontal = 0, horizontal = 0, t_turn = 0, qrs_gain = 1, p_gain = 1, t_gain = 1;
  // rhythm: one value for each case that a record can be in
  double rate_normal = 0, rate_bradycardia = 0, rate_tachycardia = 0, rate_fibrillation = 0;  // per minute
  double pr_normal = 0, pr_block = 0;                                                         // s
  double phase = 0, breaths_per_s = 0, breath_phase = 0, breath_depth = 0;
  int ectopic_beats = 1;
  double ectopic_coupling = 0.65, ectopic_gain = 1, ectopic_turn = 0;
  bool ectopic_right = false;  // from the left ventricle: the QRS points the other way
  double fibrillation_uv = 0, fibrillation_hz = 6, fibrillation_phase = 0;
  // local sources: amplitude if on, normal variation, imitation (0 = none), place along the arc, early to late
  struct Source {
    double amplitude_uv = 0, background_uv = 0, decoy_uv = 0, shift = 0, stage = 0;
  };
  std::array<Source, kSources> sources{};
};

[[nodiscard]] Scene draw_scene(const SyntheticOptions& options, std::int64_t index);

/// One heart beat. Time of its R peak in s from the start of the record; may lie outside.
struct Beat {
  double time = 0;
  double qt_scale = 1;  // sqrt of the RR interval that sets the QT time
  double gain = 1;
  double p_onset = 0;  // s before the onset of QRS; 0 = no P wave
  bool ectopic = false;
};

/// The beats of a record with exactly these findings, in order of time, from before its start to after its end.
[[nodiscard]] std::vector<Beat> draw_beats(const SyntheticOptions& options, const Scene& scene, FindingSet findings);

}  // namespace scar::data
