#include "scar/evaluation/scorer.h"

#include <algorithm>
#include <utility>

#include "scar/core/hash.h"
#include "scar/core/random.h"

namespace scar::evaluation {

bool Scorer::visible_under(std::int64_t record, const data::UnitMask& mask) const {
  const auto* there = available(record);
  const auto blocks = grid().blocks;
  for (std::int64_t unit = 0; unit < grid().units(); ++unit) {
    if (there[unit] != 0 && !mask.removed(unit / blocks, unit % blocks)) return true;
  }
  return false;
}

std::vector<float> Scorer::saliency(std::span<const Query> /*queries*/) { return {}; }

std::uint64_t choice_hash(std::uint64_t seed, const std::string& purpose, const std::string& label,
                          const std::string& id) {
  return mix64(mix64(stream_key(seed, purpose), xxh3(label.data(), label.size())), xxh3(id.data(), id.size()));
}

std::vector<std::int64_t> hash_order(std::vector<std::int64_t> rows, const std::vector<std::string>& ids,
                                     std::uint64_t seed, const std::string& purpose, const std::string& label) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> keyed;
  keyed.reserve(rows.size());
  for (const auto row : rows)
    keyed.emplace_back(choice_hash(seed, purpose, label, ids[static_cast<std::size_t>(row)]), row);
  std::sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return ids[static_cast<std::size_t>(a.second)] < ids[static_cast<std::size_t>(b.second)];
  });
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = keyed[i].second;
  return rows;
}

}  // namespace scar::evaluation
