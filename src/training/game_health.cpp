#include "scar/training/game_health.h"

#include <numeric>

namespace scar::training {

namespace {

constexpr double kMemory = 0.9;  // of the running means: what was true 50 steps ago weighs half a percent

double running(double before, double now, std::int64_t count) {
  return count == 0 ? now : kMemory * before + (1 - kMemory) * now;
}

}  // namespace

void GameHealth::take_step(double entropy, double indecision_now, double budget_error_now) {
  lead_entropy = running(lead_entropy, entropy, steps);
  indecision = running(indecision, indecision_now, steps);
  budget_error = budget_error_now;
  steps += 1;
}

void GameHealth::take_gain(double gain_now) {
  gains.push_back(gain_now);
  if (static_cast<std::int64_t>(gains.size()) > kAlarmAfter / kGainEvery) gains.erase(gains.begin());
}

double GameHealth::gain() const {
  return gains.empty() ? 0.0 : std::accumulate(gains.begin(), gains.end(), 0.0) / static_cast<double>(gains.size());
}

std::vector<std::pair<int, std::string>> GameHealth::alarms() const {
  std::vector<std::pair<int, std::string>> list;
  if (steps < kAlarmAfter) return list;
  if (lead_entropy < 0.6)
    list.emplace_back(101, "the masker removes almost always the same leads: raise game.entropy_weight");
  if (indecision < 0.02)
    list.emplace_back(102, "the masker's soft masks are all decided and pass no gradient: raise game.temperature_end");
  if (gain() <= 0) {
    list.emplace_back(103,
                      "the masker has not hurt more than random masks in 50 of its steps: raise game.learning_rate or "
                      "lower game.every");
  }
  if (budget_error > 1e-2) list.emplace_back(104, "the masker's budget is not met");
  return list;
}

}  // namespace scar::training
