#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace scar::data {

/// Missingness at test time (docs/method.md): a mask is data, made from (seed, dataset, record id, mode) and nested in
/// the rate, independent of batch, order and thread, and used unchanged for every model.
enum class MaskMode {
  lead,     // the first round(12 rate) leads of a random permutation, at most 11
  segment,  // bursts in time, all leads together, geometric lengths of mean 1 s, until round(blocks * rate) blocks went
  segment_async,  // the same, drawn for each lead by itself
  joint,     // each unit goes when its lead or its burst would, whichever is earlier; the first round(units * rate) go
  clinical,  // a named set
  without,   // named leads
  critical   // leads chosen by an attack on the model; make_mask() refuses it, the attack belongs to the evaluation
};

struct MaskSpec {
  MaskMode mode = MaskMode::joint;
  double rate = 0;  // share removed, [0, 1); unused for clinical
  std::string set;  // clinical: a name of clinical_sets(); without: leads in canonical order, "V2+V3"
  /// Limb leads that follow from two others of them are not missing: where two are left in a block, all six stay. What
  /// stands there is the recorded lead, which is the derived one but for rounding (Einthoven, Goldberger).
  bool derive_limb = false;

  [[nodiscard]] std::string text() const;  // "joint:0.5", "lead:0.5,derive-limb"; parse_mask(text()) is the same spec
  [[nodiscard]] bool drawn() const;        // whether masks depend on the seed
};

/// What parse_mask() takes, for messages and help; critical:RATE comes beside it where an attack is possible.
[[nodiscard]] const char* mask_grammar();

/// Error unknown_mask, with the nearest name or the allowed range.
[[nodiscard]] MaskSpec parse_mask(std::string_view text);
[[nodiscard]] const std::vector<std::string>& clinical_sets();

/// The units of a mask: lead x block. A block is max(250 ms, one patch) long, the last one may be shorter. Results of
/// different units are not comparable.
struct UnitGrid {
  std::int64_t samples = 0;  // T
  std::int64_t block_samples = 0;
  std::int64_t blocks = 0;  // per lead
  double rate_hz = 0;

  [[nodiscard]] std::int64_t units() const { return 12 * blocks; }
  [[nodiscard]] bool operator==(const UnitGrid&) const = default;
};
[[nodiscard]] UnitGrid unit_grid(std::int64_t samples, double rate_hz, std::int64_t patch);

/// A set of removed units; bit order as bitmap_bytes() in store/store_format.h says.
class UnitMask {
 public:
  explicit UnitMask(const UnitGrid& grid);                     // nothing removed
  UnitMask(const UnitGrid& grid, const std::uint8_t* bitmap);  // bitmap_bytes(grid.blocks) bytes, 1 = removed

  [[nodiscard]] const UnitGrid& grid() const { return grid_; }
  [[nodiscard]] bool removed(std::int64_t lead, std::int64_t block) const;
  void remove(std::int64_t lead, std::int64_t block);
  void restore(std::int64_t lead, std::int64_t block);
  void remove_lead(std::int64_t lead);
  [[nodiscard]] std::int64_t removed_units() const;
  [[nodiscard]] double removed_share() const;                // the effective rate
  [[nodiscard]] bool contains(const UnitMask& other) const;  // every unit removed in `other` is removed here
  /// Of the leads of which anything is left: min(2, limb leads) + V leads. The six limb leads are linear in two.
  [[nodiscard]] int independent_leads() const;
  [[nodiscard]] const std::vector<std::uint8_t>& bitmap() const { return bits_; }
  [[nodiscard]] bool operator==(const UnitMask&) const = default;

 private:
  UnitGrid grid_;
  std::vector<std::uint8_t> bits_;
};

/// At least one unit stays visible. Error unknown_mask for `critical`, out_of_range if a clinical set would leave
/// nothing of so short a record.
[[nodiscard]] UnitMask make_mask(const MaskSpec& spec, const UnitGrid& grid, std::uint64_t seed,
                                 std::string_view dataset, std::string_view record_id);

/// Makes a token invisible if any unit that it touches is removed. visible [12, samples / patch], in and out; returns
/// the number of tokens still visible (a record that lacks leads itself may have none left).
std::int64_t apply_mask(const UnitMask& mask, std::int64_t patch, std::uint8_t* visible);

/// SHA-256 over a list of masks, in its order.
[[nodiscard]] std::string mask_hash(const std::vector<UnitMask>& masks);

}  // namespace scar::data
