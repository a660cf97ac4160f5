#include "scar/training/leader_groups.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "scar/core/random.h"

namespace scar::training {

LeaderGroups deal_groups(const at::Tensor& visible, const at::Tensor& positive, std::int64_t size, std::uint64_t seed,
                         std::int64_t update, std::int64_t first) {
  const auto rows = visible.size(0), tokens = visible.size(1);
  const auto seen = visible.to(at::kCPU, at::kByte).contiguous();
  const auto equal = positive.defined() ? positive.to(at::kCPU, at::kByte).contiguous() : at::Tensor();
  const auto pattern = [&](std::int64_t row) {
    return std::string_view(reinterpret_cast<const char*>(seen.data_ptr<std::uint8_t>()) + row * tokens,
                            static_cast<std::size_t>(tokens));
  };
  const auto same_text = [&](std::int64_t a, std::int64_t b) {
    return equal.defined() && equal.data_ptr<std::uint8_t>()[a * rows + b] != 0;
  };
  CounterRandom random(seed, "leader-groups", static_cast<std::uint64_t>(update), static_cast<std::uint64_t>(first));
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);

  LeaderGroups out;
  out.group.assign(static_cast<std::size_t>(rows), 0);
  std::vector<std::vector<std::int64_t>> members;
  std::map<std::string_view, std::vector<std::size_t>> open;  // groups with room, by what is visible
  for (const auto row : order) {
    auto& candidates = open[pattern(row)];
    const auto place = std::find_if(candidates.begin(), candidates.end(), [&](std::size_t group) {
      return std::none_of(members[group].begin(), members[group].end(),
                          [&](std::int64_t other) { return same_text(row, other); });
    });
    const auto group = place == candidates.end() ? members.size() : *place;
    if (place == candidates.end()) {
      members.emplace_back();
      candidates.push_back(group);
    }
    members[group].push_back(row);
    out.group[static_cast<std::size_t>(row)] = static_cast<std::int64_t>(group);
    if (static_cast<std::int64_t>(members[group].size()) == size) std::erase(candidates, group);
  }
  for (const auto& group : members) out.leader.push_back(group[random.below(group.size())]);
  return out;
}

}  // namespace scar::training
