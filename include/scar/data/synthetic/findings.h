#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scar::data {

/// Position of a finding in findings(), in the label row of task `synth` and in the evidence of a record.
enum FindingIndex : int {
  kNormal = 0,
  kAnteriorMi,
  kInferiorMi,
  kLateralMi,
  kLbbb,
  kRbbb,
  kLvh,
  kFirstDegreeAvBlock,
  kAtrialFibrillation,
  kVentricularEctopy,
  kSinusBradycardia,
  kSinusTachycardia,
  kFindings
};

struct Finding {
  std::string name;   // class name of the task, e.g. "anterior_mi"
  std::string title;  // "anterior myocardial infarction"
  bool localised;     // evidence made by local sources; otherwise diffuse (rhythm, rate, conduction, normal)
};

/// All findings in the order of FindingIndex. `normal` means: none of the others.
[[nodiscard]] const std::vector<Finding>& findings();

/// A set of findings, bit f = finding f; bit 0 (normal) is never set, an empty set is a normal record.
using FindingSet = std::uint32_t;
[[nodiscard]] constexpr bool has(FindingSet set, int finding) { return ((set >> finding) & 1u) != 0; }
[[nodiscard]] constexpr FindingSet bit(int finding) { return FindingSet{1} << finding; }

}  // namespace scar::data
