#include "scar/data/masks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include "clinical_masks.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/random.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_format.h"

namespace scar::data {

namespace {

constexpr std::array<std::pair<MaskMode, const char*>, 7> kModes = {{{MaskMode::lead, "lead"},
                                                                     {MaskMode::segment, "segment"},
                                                                     {MaskMode::segment_async, "segment-async"},
                                                                     {MaskMode::joint, "joint"},
                                                                     {MaskMode::clinical, "clinical"},
                                                                     {MaskMode::without, "without"},
                                                                     {MaskMode::critical, "critical"}}};
constexpr const char* kDeriveLimb = ",derive-limb";
constexpr const char* kRandomThree = "random-3";  // the one clinical set that is drawn

const char* mode_name(MaskMode mode) {
  for (const auto& [value, name] : kModes) {
    if (value == mode) return name;
  }
  return "?";
}

CounterRandom generator(MaskMode mode, std::uint64_t seed, std::string_view dataset, std::string_view record_id) {
  // "1" is the version of the generator; the rate is not part of the key, that makes masks nested.
  return {seed, cat("mask-1-", mode_name(mode)), xxh3(dataset.data(), dataset.size()),
          xxh3(record_id.data(), record_id.size())};
}

/// The nearest count, halves up, but never all.
std::int64_t share_of(std::int64_t total, double rate) {
  return std::min(total - 1, static_cast<std::int64_t>(std::floor(static_cast<double>(total) * rate + 0.5)));
}

/// order[i] = the i-th lead to go.
std::array<int, kLeads> lead_order(CounterRandom& random) {
  std::array<int, kLeads> order{};
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

struct BurstOrder {
  std::vector<std::int64_t> blocks;  // in the order in which they go
  std::vector<std::int64_t> before;  // per block (by its number): how many went before its burst did
};

BurstOrder burst_order(CounterRandom& random, const UnitGrid& grid) {
  const double mean = std::max(1.0, grid.rate_hz / static_cast<double>(grid.block_samples));  // blocks in one second
  const double end_chance = 1.0 / mean;
  BurstOrder order;
  order.before.assign(static_cast<std::size_t>(grid.blocks), -1);
  while (std::cmp_less(order.blocks.size(), grid.blocks)) {
    std::int64_t length = 1;
    while (length < grid.blocks && !random.chance(end_chance)) ++length;  // geometric, without libm
    // A burst may begin before the record or end after it, so that its ends are hit as often as its middle.
    const auto start =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(grid.blocks + length - 1))) - (length - 1);
    const auto gone = static_cast<std::int64_t>(order.blocks.size());
    for (auto b = std::max<std::int64_t>(0, start); b < std::min(grid.blocks, start + length); ++b) {
      if (order.before[static_cast<std::size_t>(b)] >= 0) continue;
      order.before[static_cast<std::size_t>(b)] = gone;
      order.blocks.push_back(b);
    }
  }
  return order;
}

UnitMask lead_mask(CounterRandom random, const UnitGrid& grid, double rate) {
  UnitMask mask(grid);
  const auto order = lead_order(random);
  for (std::int64_t i = 0; i < share_of(kLeads, rate); ++i) mask.remove_lead(order[static_cast<std::size_t>(i)]);
  return mask;
}

UnitMask segment_mask(CounterRandom random, const UnitGrid& grid, double rate) {
  UnitMask mask(grid);
  const auto order = burst_order(random, grid);
  for (std::int64_t i = 0; i < share_of(grid.blocks, rate); ++i) {
    for (int lead = 0; lead < kLeads; ++lead) mask.remove(lead, order.blocks[static_cast<std::size_t>(i)]);
  }
  return mask;
}

UnitMask segment_async_mask(CounterRandom random, const UnitGrid& grid, double rate) {
  UnitMask mask(grid);
  for (int lead = 0; lead < kLeads; ++lead) {
    const auto order = burst_order(random, grid);
    for (std::int64_t i = 0; i < share_of(grid.blocks, rate); ++i)
      mask.remove(lead, order.blocks[static_cast<std::size_t>(i)]);
  }
  return mask;
}

UnitMask random_three(CounterRandom random, const UnitGrid& grid) {
  UnitMask mask(grid);
  const auto order = lead_order(random);
  for (std::size_t i = 0; i < kLeads - 3; ++i) mask.remove_lead(order[i]);
  return mask;
}

/// "V3+v2" -> leads in canonical order, each once.
std::vector<int> parse_leads(std::string_view text, std::string_view mask) {
  std::vector<int> leads;
  for (std::size_t first = 0; first <= text.size();) {
    const auto plus = std::min(text.find('+', first), text.size());
    const auto name = text.substr(first, plus - first);
    const auto lead = lead_index(name);
    if (!lead || std::find(leads.begin(), leads.end(), *lead) != leads.end()) {
      throw Error(Code::unknown_mask, cat("mask '", mask, "' does not name leads"))
          .got(lead ? cat("'", name, "' twice") : cat("'", name, "'"))
          .wanted("one to eleven of I, II, III, aVR, aVL, aVF, V1 to V6, with '+' between them")
          .hint("for instance without:V2 or without:V2+V3");
    }
    leads.push_back(*lead);
    first = plus + 1;
  }
  if (leads.size() == kLeads) {
    throw Error(Code::unknown_mask, cat("mask '", mask, "' leaves no lead")).wanted("one to eleven leads");
  }
  std::sort(leads.begin(), leads.end());
  return leads;
}

UnitMask without_leads(const std::string& set, const UnitGrid& grid) {
  UnitMask mask(grid);
  for (const int lead : parse_leads(set, set)) mask.remove_lead(lead);
  return mask;
}

/// Gives the limb leads back that follow from two that are left.
void derive_limb_leads(UnitMask& mask) {
  constexpr int kLimbLeads = 6, kDecideAll = 2;
  for (std::int64_t block = 0; block < mask.grid().blocks; ++block) {
    int left = 0;
    for (int lead = 0; lead < kLimbLeads; ++lead) left += mask.removed(lead, block) ? 0 : 1;
    if (left < kDecideAll) continue;
    for (int lead = 0; lead < kLimbLeads; ++lead) mask.restore(lead, block);
  }
}

UnitMask joint_mask(CounterRandom random, const UnitGrid& grid, double rate) {
  const auto leads = lead_order(random);
  const auto bursts = burst_order(random, grid);
  struct Unit {
    std::int64_t score, block;
    int lead;
  };
  std::vector<Unit> units;
  units.reserve(static_cast<std::size_t>(grid.units()));
  for (std::int64_t rank = 0; rank < kLeads; ++rank) {
    for (std::int64_t block = 0; block < grid.blocks; ++block) {
      // Shares of leads, and of time, that went before: rank / 12 and before / blocks, over their common denominator.
      const auto score = std::min(rank * grid.blocks, bursts.before[static_cast<std::size_t>(block)] * kLeads);
      units.push_back({score, block, leads[static_cast<std::size_t>(rank)]});
    }
  }
  std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
    return std::tie(a.score, a.block, a.lead) < std::tie(b.score, b.block, b.lead);
  });
  UnitMask mask(grid);
  for (std::int64_t i = 0; i < share_of(grid.units(), rate); ++i) {
    const auto& unit = units[static_cast<std::size_t>(i)];
    mask.remove(unit.lead, unit.block);
  }
  return mask;
}

UnitMask draw_mask(const MaskSpec& spec, const UnitGrid& grid, std::uint64_t seed, std::string_view dataset,
                   std::string_view record_id) {
  switch (spec.mode) {
    case MaskMode::lead:
      return lead_mask(generator(spec.mode, seed, dataset, record_id), grid, spec.rate);
    case MaskMode::segment:
      return segment_mask(generator(spec.mode, seed, dataset, record_id), grid, spec.rate);
    case MaskMode::joint:
      return joint_mask(generator(spec.mode, seed, dataset, record_id), grid, spec.rate);
    case MaskMode::segment_async:
      return segment_async_mask(generator(spec.mode, seed, dataset, record_id), grid, spec.rate);
    case MaskMode::clinical:
      if (spec.set == kRandomThree) return random_three(generator(spec.mode, seed, dataset, record_id), grid);
      return clinical_mask(spec.set, grid);
    case MaskMode::without:
      return without_leads(spec.set, grid);
    case MaskMode::critical:
      break;
  }
  throw Error(Code::unknown_mask, "a critical mask comes from an attack on a model, not from the records");
}

}  // namespace

std::string MaskSpec::text() const {
  const bool named = mode == MaskMode::clinical || mode == MaskMode::without;
  return cat(mode_name(mode), ":", named ? set : cat(rate), derive_limb ? kDeriveLimb : "");
}

bool MaskSpec::drawn() const {
  return mode == MaskMode::clinical ? set == kRandomThree : mode != MaskMode::without && mode != MaskMode::critical;
}

const char* mask_grammar() {
  return "lead:RATE, segment:RATE, segment-async:RATE, joint:RATE, clinical:SET, without:LEAD+LEAD (',derive-limb' may "
         "follow)";
}

MaskSpec parse_mask(std::string_view text) {
  if (text.ends_with(kDeriveLimb)) {
    auto spec = parse_mask(text.substr(0, text.size() - std::string_view(kDeriveLimb).size()));
    if (spec.mode == MaskMode::critical) {
      throw Error(Code::unknown_mask, cat("mask '", text, "' is chosen by an attack, which derives nothing"))
          .wanted("critical:RATE");
    }
    spec.derive_limb = true;
    return spec;
  }
  const auto colon = text.find(':');
  const std::string mode(text.substr(0, colon));
  const std::string argument(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  std::vector<std::string> names;
  MaskSpec spec;
  bool known = false;
  for (const auto& [value, name] : kModes) {
    names.emplace_back(name);
    if (mode == name) {
      spec.mode = value;
      known = true;
    }
  }
  if (!known) {
    const auto near = nearest_name(mode, names);
    throw Error(Code::unknown_mask, cat("unknown mask '", text, "'"))
        .wanted(cat(mask_grammar(), " or critical:RATE"))
        .hint(near.empty() ? "for instance joint:0.5 or clinical:i-ii-v2"
                           : cat("did you mean '", near, ":", argument, "'?"));
  }
  if (spec.mode == MaskMode::clinical) {
    if (std::find(clinical_sets().begin(), clinical_sets().end(), argument) == clinical_sets().end()) {
      const auto near = nearest_name(argument, clinical_sets());
      std::string all;
      for (const auto& name : clinical_sets()) all += cat(all.empty() ? "" : " ", name);
      throw Error(Code::unknown_mask, cat("unknown clinical set '", argument, "'"))
          .wanted(all)
          .hint(near.empty() ? std::string() : cat("did you mean 'clinical:", near, "'?"));
    }
    spec.set = argument;
    return spec;
  }
  if (spec.mode == MaskMode::without) {
    for (const int lead : parse_leads(argument, text))
      spec.set += cat(spec.set.empty() ? "" : "+", kLeadNames[static_cast<std::size_t>(lead)]);
    return spec;
  }
  const char* end = argument.data() + argument.size();
  const auto parsed = std::from_chars(argument.data(), end, spec.rate);
  if (argument.empty() || parsed.ec != std::errc() || parsed.ptr != end || !(spec.rate >= 0 && spec.rate < 1)) {
    throw Error(Code::unknown_mask, cat("mask '", text, "' has no valid rate"))
        .got(argument.empty() ? "nothing after the mode" : argument)
        .wanted("a share from 0 to less than 1")
        .hint(cat("for instance ", mode, ":0.5"));
  }
  return spec;
}

const std::vector<std::string>& clinical_sets() {
  static const std::vector<std::string> names = [] {
    auto all = clinical_names();
    all.emplace_back(kRandomThree);
    return all;
  }();
  return names;
}

UnitGrid unit_grid(std::int64_t samples, double rate_hz, std::int64_t patch) {
  assert(samples > 0 && rate_hz > 0 && patch > 0);
  UnitGrid grid;
  grid.samples = samples;
  grid.rate_hz = rate_hz;
  grid.block_samples = std::max<std::int64_t>({1, std::llround(0.25 * rate_hz), patch});
  grid.blocks = (samples + grid.block_samples - 1) / grid.block_samples;
  return grid;
}

UnitMask::UnitMask(const UnitGrid& grid) : grid_(grid), bits_(static_cast<std::size_t>(bitmap_bytes(grid.blocks)), 0) {}

UnitMask::UnitMask(const UnitGrid& grid, const std::uint8_t* bitmap) : UnitMask(grid) {
  std::copy_n(bitmap, bits_.size(), bits_.begin());
  // Spare bits of the last byte count nowhere, and two equal masks must compare equal.
  if (const auto spare = grid.units() % 8; spare != 0) bits_.back() &= static_cast<std::uint8_t>((1u << spare) - 1u);
}

bool UnitMask::removed(std::int64_t lead, std::int64_t block) const {
  const auto unit = static_cast<std::size_t>(lead * grid_.blocks + block);
  return ((bits_[unit / 8] >> (unit % 8)) & 1u) != 0;
}

void UnitMask::remove(std::int64_t lead, std::int64_t block) {
  const auto unit = static_cast<std::size_t>(lead * grid_.blocks + block);
  bits_[unit / 8] = static_cast<std::uint8_t>(bits_[unit / 8] | (1u << (unit % 8)));
}

void UnitMask::restore(std::int64_t lead, std::int64_t block) {
  const auto unit = static_cast<std::size_t>(lead * grid_.blocks + block);
  bits_[unit / 8] = static_cast<std::uint8_t>(bits_[unit / 8] & ~(1u << (unit % 8)));
}

void UnitMask::remove_lead(std::int64_t lead) {
  for (std::int64_t block = 0; block < grid_.blocks; ++block) remove(lead, block);
}

std::int64_t UnitMask::removed_units() const {
  std::int64_t count = 0;
  for (const auto byte : bits_) count += std::popcount(byte);
  return count;
}

double UnitMask::removed_share() const {
  return static_cast<double>(removed_units()) / static_cast<double>(grid_.units());
}

int UnitMask::independent_leads() const {
  constexpr int kLimbLeads = 6, kIndependentLimbLeads = 2;
  int limb = 0, chest = 0;
  for (int lead = 0; lead < kLeads; ++lead) {
    for (std::int64_t block = 0; block < grid_.blocks; ++block) {
      if (removed(lead, block)) continue;
      ++(lead < kLimbLeads ? limb : chest);
      break;
    }
  }
  return std::min(limb, kIndependentLimbLeads) + chest;
}

bool UnitMask::contains(const UnitMask& other) const {
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    if ((other.bits_[i] & ~bits_[i]) != 0) return false;
  }
  return grid_ == other.grid_;
}

UnitMask make_mask(const MaskSpec& spec, const UnitGrid& grid, std::uint64_t seed, std::string_view dataset,
                   std::string_view record_id) {
  auto mask = draw_mask(spec, grid, seed, dataset, record_id);
  if (spec.derive_limb) derive_limb_leads(mask);
  return mask;
}

std::int64_t apply_mask(const UnitMask& mask, std::int64_t patch, std::uint8_t* visible) {
  const auto& grid = mask.grid();
  const std::int64_t tokens = grid.samples / patch;
  std::int64_t left = 0;
  for (std::int64_t lead = 0; lead < kLeads; ++lead) {
    for (std::int64_t j = 0; j < tokens; ++j) {
      const auto last = ((j + 1) * patch - 1) / grid.block_samples;
      auto& token = visible[lead * tokens + j];
      for (auto block = j * patch / grid.block_samples; block <= last; ++block) {
        if (mask.removed(lead, block)) token = 0;
      }
      left += token;
    }
  }
  return left;
}

std::string mask_hash(const std::vector<UnitMask>& masks) {
  Sha256 hash;
  hash.update(cat("unit masks 1\n", masks.size(), "\n"));
  for (const auto& mask : masks) {
    hash.update(cat(mask.grid().blocks, " ", mask.grid().block_samples, "\n"));
    hash.update(mask.bitmap().data(), mask.bitmap().size());
  }
  return hash.hex();
}

}  // namespace scar::data
