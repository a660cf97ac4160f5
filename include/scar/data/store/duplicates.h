#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "scar/data/store/store_reader.h"

namespace scar::data {

/// Records to compare: all of `records` of a store. The stores may differ in rate, length, scale and origin.
struct RecordList {
  const Store* store = nullptr;
  std::vector<std::int64_t> records;
};

struct RecordPlace {
  std::size_t list = 0;     // which RecordList
  std::int64_t record = 0;  // number in its store

  [[nodiscard]] auto operator<=>(const RecordPlace&) const = default;
};

/// Records of one signal, two or more, in order of (list, record).
struct DuplicateGroup {
  std::vector<RecordPlace> records;
  double difference = 0;  // largest relative difference (see find_duplicates) of a pair that joined the group
};

/// Largest difference of two signals that are called one, as a share of their size (root mean squares over all common
/// leads of the smoothed signals, each lead without its mean). Unrelated signals differ by about 1.4; the 100 Hz and the
/// 500 Hz copies that PTB-XL itself holds of a record by .04 in the median and .12 at most (of 205).
constexpr double kSameSignal = 0.25;

/// Groups of records that hold one and the same signal, whatever rate, scale or length it was stored with, as long as
/// they begin at the same time. Found through a fingerprint that survives resampling and rounding (words of smoothed
/// values, decimated to 10 Hz and quantised to 0.1 mV, over stretches of 0.8 s of each lead that move), confirmed by
/// comparing the smoothed signals over what both have: at least half of the leads, at least 2 s. Records without a
/// measured lead match nothing. Reads every signal once, and those of likely pairs again; about 0.8 kB of memory per
/// record. `progress(done, total)` counts the records read. Errors: as Store::read.
[[nodiscard]] std::vector<DuplicateGroup> find_duplicates(
    const std::vector<RecordList>& lists, int jobs,
    const std::function<void(std::int64_t, std::int64_t)>& progress = {});

}  // namespace scar::data
