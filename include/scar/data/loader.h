#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "scar/data/record_source.h"

namespace scar::data {

/// Memory for a batch buffer, allocated once: pinned memory, for instance. Empty function = ordinary aligned memory.
using BufferAllocator = std::function<std::shared_ptr<void>(std::size_t bytes)>;

struct LoaderOptions {
  std::int64_t batch = 64;  // records per batch
  std::int64_t patch = 25;  // samples per token; divides T
  std::uint64_t seed = 0;   // of the order; unused in sequential mode
  int workers = 1;          // reading threads, at least 1; the sequence of batches does not depend on it
  int buffers = 4;          // batches in memory, at least 3: two with the caller, the rest being filled
  bool rotate = false;      // augmentation, see Loader; unused in sequential mode
  bool sequential = false;  // true: once through the records as given, the last batch may be short, then nullptr
  /// Per record 0, 1, ...: a batch holds records of one group. Empty: all records are one group.
  std::vector<std::int32_t> groups;
  std::vector<double> weights;  // per group: how often an epoch shows its records (epoch_order.h); empty: once
};

/// Where the next batch begins: all that a checkpoint needs.
struct LoaderState {
  std::int64_t epoch = 0;
  std::int64_t position = 0;  // records of this epoch already delivered; a multiple of the batch

  [[nodiscard]] bool operator==(const LoaderState&) const = default;
};

/// Row b of each array belongs to records[b]. The memory is the loader's: it stays valid until the second call of
/// next() after the one that returned it, so that a copy to a device may run while the next batch is fetched. Samples
/// are as the source has them, half the bytes of millivolts: whoever needs those converts them where they are used, by
/// decode_mv (visibility.h) or on the device (training/ecg_input.h).
struct Batch {
  std::vector<std::int64_t> records;     // numbers in the source, [B]
  std::vector<float> scale_mv;           // millivolts per unit of the signal, [B]
  std::int16_t* signal = nullptr;        // [B, 12, T]; kMissing (ecg_record.h) where missing
  std::uint8_t* visible = nullptr;       // [B, 12, P], 1 = visible
  std::int64_t epoch = 0, position = 0;  // of its first record

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(records.size()); }
};

/// Batches of records that were verified as they were read, prepared by background threads in a ring of buffers. Without `sequential`, epochs follow
/// each other without end, each in the BatchOrder of (seed, epoch) (epoch_order.h): whole batches of one group; the rest
/// of an epoch is left out, other records in each epoch. With `rotate` every record begins at another sample, a function
/// of (seed, epoch, record), and its first part follows its last; the tokens in which end and beginning meet count as
/// missing, since no heart beat like that. The source must outlive the loader. next() is for one thread.
class Loader {
 public:
  /// Errors: split_empty, contradiction (batch larger than the number of records or than every group; a state that is no
  /// batch boundary).
  Loader(const RecordSource& source, std::vector<std::int64_t> records, const LoaderOptions& options,
         LoaderState start = {}, const BufferAllocator& allocate = {});
  ~Loader();  // stops the threads, waits for what they are reading
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// The next batch; nullptr after the last one of a sequential pass. What a thread threw is thrown here, in the turn
  /// of the batch it concerns, and again at each later call.
  [[nodiscard]] const Batch* next();

  [[nodiscard]] LoaderState state() const;  // after the last delivered batch
  [[nodiscard]] std::int64_t batches_per_epoch() const;
  [[nodiscard]] double last_wait_s() const;  // time that the last next() waited for data

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace scar::data
