#pragma once

#include <cstdint>
#include <string>

#include "scar/data/masks.h"
#include "scar/data/store/store_set.h"

namespace scar::data {

/// Stores of which a mask has taken something away for good: its units read as missing, as if they had never been
/// recorded. The rest is as the stores have it. A mask that is drawn is drawn once per record, always the same.
class MaskedSource final : public RecordSource {
 public:
  /// `patch`: samples per token, which the mask's units are made of (masks.h). The stores must outlive it. Errors:
  /// unknown_mask (`critical`, which belongs to an attack), out_of_range (a set that leaves nothing of so short a record).
  MaskedSource(const StoreSet& stores, const MaskSpec& spec, std::int64_t patch);

  [[nodiscard]] std::int64_t size() const override { return stores_.size(); }
  [[nodiscard]] double rate_hz() const override { return stores_.rate_hz(); }
  [[nodiscard]] std::int64_t samples() const override { return stores_.samples(); }
  [[nodiscard]] float scale_mv(std::int64_t record) const override { return stores_.scale_mv(record); }
  [[nodiscard]] const std::string& report(std::int64_t record) const override { return stores_.report(record); }
  void read(std::int64_t record, std::int16_t* out, std::int64_t coming = -1) const override;

 private:
  [[nodiscard]] UnitMask mask(const std::string& dataset, const std::string& record) const;

  const StoreSet& stores_;
  MaskSpec spec_;
  UnitGrid grid_;
  UnitMask common_;  // of every record, unless the mask is drawn
};

}  // namespace scar::data
