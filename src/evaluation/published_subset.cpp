#include "scar/evaluation/published_subset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {

std::vector<std::int64_t> legacy_permutation(std::int64_t n) {
  constexpr std::uint32_t kSeed = 42;
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 twister(kSeed);
  for (auto i = static_cast<std::uint32_t>(std::max<std::int64_t>(n, 1) - 1); i > 0; --i) {
    std::uint32_t mask = i;
    for (const int shift : {1, 2, 4, 8, 16}) mask |= mask >> shift;
    std::uint32_t drawn = 0;
    do {
      drawn = static_cast<std::uint32_t>(twister()) & mask;
    } while (drawn > i);
    std::swap(order[i], order[drawn]);
  }
  return order;
}

std::vector<std::int64_t> published_subset(const std::string& rule, std::int64_t n, double share) {
  if (!(share > 0) || share > 1) {
    throw Error(Code::out_of_range, "the share of labelled records is out of range")
        .got(cat(share))
        .wanted("more than 0, at most 1");
  }
  if (rule != "merl" && rule != "melp")
    throw Error(Code::usage, "a published subset has another rule").got(rule).wanted("merl or melp");
  const double wanted = share * static_cast<double>(n);
  const auto count = static_cast<std::ptrdiff_t>(rule == "merl" ? std::floor(wanted) : std::nearbyint(wanted));
  const auto order = legacy_permutation(n);
  std::vector<std::int64_t> rows(rule == "merl" ? order.end() - count : order.begin(),
                                 rule == "merl" ? order.end() : order.begin() + count);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::optional<std::int64_t> published_train_rows(const std::string& task) {
  static const std::map<std::string, std::int64_t> rows = {
      {"ptbxl-super", 17084},       {"ptbxl-sub", 17084},    {"ptbxl-sub-published", 17084},
      {"ptbxl-form", 7197},         {"ptbxl-rhythm", 16832}, {"cpsc2018", 4950},
      {"cpsc2018-published", 4950}, {"csn-exact", 16546},    {"csn-published", 16546}};
  const auto found = rows.find(task);
  return found == rows.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace scar::evaluation
