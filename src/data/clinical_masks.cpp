#include "clinical_masks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/data/lead_names.h"

namespace scar::data {

namespace {

constexpr double kAlways = 1e9;  // seconds

/// A lead is visible from begin_s to end_s; begin_s = end_s: not at all.
struct Window {
  double begin_s = 0, end_s = 0;
};

struct ClinicalSet {
  const char* name;
  std::array<Window, kLeads> windows{};
};

enum Lead { kI, kII, kIII, kAvr, kAvl, kAvf, kV1, kV2, kV3, kV4, kV5, kV6 };

ClinicalSet leads(const char* name, std::initializer_list<int> visible) {
  ClinicalSet set{name, {}};
  for (const auto lead : visible) set.windows[static_cast<std::size_t>(lead)] = {0, kAlways};
  return set;
}

ClinicalSet first_seconds(const char* name, double seconds) {
  ClinicalSet set{name, {}};
  set.windows.fill({0, seconds});
  return set;
}

/// The paper layout: four columns of 2.5 s with three leads each; `rhythm` is written below for all 10 s, -1 = none.
ClinicalSet paper(const char* name, int rhythm) {
  ClinicalSet set{name, {}};
  for (int lead = 0; lead < kLeads; ++lead) {
    const double begin = 2.5 * (lead / 3);
    set.windows[static_cast<std::size_t>(lead)] = {begin, begin + 2.5};
  }
  if (rhythm >= 0) set.windows[static_cast<std::size_t>(rhythm)] = {0, 10.0};
  return set;
}

/// Losing an electrode takes every lead that it enters. In the strict sets those are also V1-V6, whose reference
/// (Wilson's terminal) is the mean of RA, LA and LL; the "-v" sets keep them.
const std::vector<ClinicalSet>& sets() {
  static const std::vector<ClinicalSet> all = {
      leads("limb-leads-off", {kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("v1-v6-off", {kI, kII, kIII, kAvr, kAvl, kAvf}),
      leads("v4-v6-off", {kI, kII, kIII, kAvr, kAvl, kAvf, kV1, kV2, kV3}),
      leads("ra-off", {kIII}),
      leads("la-off", {kII}),
      leads("ll-off", {kI}),
      leads("ra-off-v", {kIII, kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("la-off-v", {kII, kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("ll-off-v", {kI, kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("single-ii", {kII}),
      leads("single-i", {kI}),
      leads("i-ii", {kI, kII}),
      leads("i-ii-v2", {kI, kII, kV2}),
      leads("i-ii-iii-v2", {kI, kII, kIII, kV2}),
      leads("limb-6", {kI, kII, kIII, kAvr, kAvl, kAvf}),
      leads("all-12", {kI, kII, kIII, kAvr, kAvl, kAvf, kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("indep-8", {kI, kII, kV1, kV2, kV3, kV4, kV5, kV6}),
      leads("holter-3", {kAvf, kV1, kV5}),  // near to modified leads of a Holter recorder
      first_seconds("last-5s", 5.0),        // what is lost stands in the name
      paper("print-3x4", -1),
      paper("print-3x4-ii", kII),
  };
  return all;
}

}  // namespace

std::vector<std::string> clinical_names() {
  std::vector<std::string> names;
  for (const auto& set : sets()) names.emplace_back(set.name);
  return names;
}

UnitMask clinical_mask(const std::string& name, const UnitGrid& grid) {
  const auto found =
      std::find_if(sets().begin(), sets().end(), [&](const ClinicalSet& set) { return name == set.name; });
  if (found == sets().end()) throw Error(Code::unknown_mask, cat("unknown clinical set '", name, "'"));
  UnitMask mask(grid);
  for (int lead = 0; lead < kLeads; ++lead) {
    const auto& window = found->windows[static_cast<std::size_t>(lead)];
    const auto begin = std::llround(window.begin_s * grid.rate_hz), end = std::llround(window.end_s * grid.rate_hz);
    for (std::int64_t block = 0; block < grid.blocks; ++block) {
      const auto first = block * grid.block_samples, last = std::min(first + grid.block_samples, grid.samples);
      if (first < begin || last > end) mask.remove(lead, block);
    }
  }
  if (mask.removed_units() == grid.units()) {
    throw Error(Code::out_of_range, cat("the clinical set '", name, "' leaves nothing of such a record"))
        .got(cat(static_cast<double>(grid.samples) / grid.rate_hz, " s"));
  }
  return mask;
}

}  // namespace scar::data
