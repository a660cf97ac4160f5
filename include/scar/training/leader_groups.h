#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace scar::training {

/// Records of a batch dealt into groups that share one mask, that of their leader (docs/method.md, section 6): within a
/// group nothing about a record can be read from its holes, for all have the same.
struct LeaderGroups {
  std::vector<std::int64_t> group;   // [rows] number of the row's group, 0 .. groups - 1
  std::vector<std::int64_t> leader;  // [groups] row whose mask the group takes

  [[nodiscard]] std::int64_t groups() const { return static_cast<std::int64_t>(leader.size()); }
};

/// Deals rows into groups of at most `size`, at random: equal visibility and no two with equal texts in one group. A row
/// that fits nobody stands alone. visible [rows, N] bool; positive [rows, rows] bool, which rows have equal texts
/// (undefined: none). A function of (seed, update, first) and of the arguments.
[[nodiscard]] LeaderGroups deal_groups(const at::Tensor& visible, const at::Tensor& positive, std::int64_t size,
                                       std::uint64_t seed, std::int64_t update, std::int64_t first);

}  // namespace scar::training
