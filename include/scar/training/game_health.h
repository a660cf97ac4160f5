#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace scar::training {

/// Running picture of the game (docs/method.md, section 6, check M4). Saved in checkpoints, so that a continued run raises
/// the same alarms.
struct GameHealth {
  std::int64_t steps = 0;     // masker steps
  std::vector<double> gains;  // the latest L(masker) - L(random), nats, same records, share and structure; oldest first
  double lead_entropy = 1;    // running mean, share of ln 12
  double indecision = 1;      // running mean of 4 m (1 - m)
  double budget_error = 0;    // largest of the last step

  /// Masker steps between two measurements of the gain.
  static constexpr std::int64_t kGainEvery = 5;
  /// Masker steps after which an alarm is raised.
  static constexpr std::int64_t kAlarmAfter = 50;

  /// Mean of the gains measured in the last kAlarmAfter masker steps; 0 before the first.
  [[nodiscard]] double gain() const;
  void take_step(double entropy, double indecision_now, double budget_error_now);
  void take_gain(double gain_now);
  /// Whether the step that comes should measure the gain.
  [[nodiscard]] bool gain_due() const { return steps % kGainEvery == 0; }
  /// Alarms that hold now, as (number, text). Empty in the first kAlarmAfter masker steps.
  [[nodiscard]] std::vector<std::pair<int, std::string>> alarms() const;
};

}  // namespace scar::training
