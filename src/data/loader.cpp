#include "scar/data/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/random.h"
#include "scar/data/epoch_order.h"
#include "scar/data/lead_names.h"
#include "scar/data/visibility.h"

namespace scar::data {

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr std::int64_t kHeldByCaller = 2;

std::shared_ptr<void> ordinary_memory(std::size_t bytes) {
  return {::operator new(std::max<std::size_t>(bytes, 1), kAlignment),
          [](void* memory) { ::operator delete(memory, kAlignment); }};
}

}  // namespace

/// Batches have running numbers from `first`. Number g is read into slot g % ring, by whichever thread takes it,
/// once the batch that was there before has been given back; it is delivered in order of g. So the sequence depends on
/// nothing but the options, and an error meets the caller in the turn of its batch.
struct Loader::State {
  const RecordSource& source;
  std::vector<std::int64_t> records;  // of a sequential pass
  LoaderOptions options;
  std::unique_ptr<const BatchOrder> order;  // of a pass without end
  std::int64_t samples, tokens, batches_per_epoch = 0;

  enum class Throughout : std::uint8_t { unknown, yes, no };
  std::vector<std::atomic<Throughout>> throughout;  // of each record of the source: all of its tokens are visible

  struct Slot {
    std::shared_ptr<void> signal, visible;
    Batch batch;
    std::exception_ptr failure;
    bool ready = false;
  };
  std::vector<Slot> slots;

  std::mutex mutex;
  std::condition_variable ready, free;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();  // number after the last batch
  std::int64_t taken = 0, delivered = 0, given_back = 0;        // numbers: next to read, to deliver, still in use
  bool stopping = false;
  double last_wait_s = 0;
  std::vector<std::thread> threads;

  State(const RecordSource& s, std::vector<std::int64_t> r, const LoaderOptions& o)
      : source(s),
        records(std::move(r)),
        options(o),
        samples(s.samples()),
        tokens(o.patch > 0 ? s.samples() / o.patch : 0),
        throughout(static_cast<std::size_t>(s.size())) {}

  ~State() {
    {
      const std::lock_guard hold(mutex);
      stopping = true;
    }
    free.notify_all();
    for (auto& thread : threads) thread.join();
  }

  Slot& slot(std::int64_t number) { return slots[static_cast<std::size_t>(number) % slots.size()]; }

  /// Rotates all leads of a record [12, T] alike; returns the sample that is now the first. `spare` holds T samples.
  std::int64_t rotate(std::int64_t epoch, std::int64_t record, std::int16_t* signal, std::int16_t* spare) const {
    CounterRandom random(options.seed, "rotate", static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(record));
    const auto begin = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(samples)));
    for (auto* row = signal; row < signal + kLeads * samples; row += samples) {
      // Three moves of whole stretches: std::rotate swaps sample by sample.
      std::copy_n(row, begin, spare);
      std::copy(row + begin, row + samples, row);
      std::copy_n(spare, begin, row + samples - begin);
    }
    return begin;
  }

  /// Looked at once: what is read again is the same, its checksum says so.
  bool visible_throughout_of(std::int64_t record, const std::int16_t* signal) {
    auto& known = throughout[static_cast<std::size_t>(record)];
    auto state = known.load(std::memory_order_relaxed);
    if (state == Throughout::unknown) {
      state = visible_throughout(signal, samples, source.rate_hz()) ? Throughout::yes : Throughout::no;
      known.store(state, std::memory_order_relaxed);
    }
    return state == Throughout::yes;
  }

  void fill(std::int64_t number, Batch& batch, std::int16_t* spare) {
    const auto of_epoch = number % batches_per_epoch;
    batch.epoch = number / batches_per_epoch;
    batch.position = of_epoch * options.batch;
    const auto size = order != nullptr
                          ? options.batch
                          : std::min(options.batch, static_cast<std::int64_t>(records.size()) - batch.position);
    batch.records.resize(static_cast<std::size_t>(size));
    batch.scale_mv.resize(static_cast<std::size_t>(size));
    if (order != nullptr) {
      order->records(batch.epoch, of_epoch, batch.records);
    } else {
      std::copy_n(records.begin() + batch.position, size, batch.records.begin());
    }
    std::transform(batch.records.begin(), batch.records.end(), batch.scale_mv.begin(),
                   [this](std::int64_t record) { return source.scale_mv(record); });
    for (std::int64_t b = 0; b < size; ++b) {
      const auto record = batch.records[static_cast<std::size_t>(b)];
      auto* signal = batch.signal + b * kLeads * samples;
      auto* visible = batch.visible + b * kLeads * tokens;
      source.read(record, signal, b + 1 < size ? batch.records[static_cast<std::size_t>(b + 1)] : -1);
      const bool whole = visible_throughout_of(record, signal);
      const auto begin = options.rotate && order != nullptr ? rotate(batch.epoch, record, signal, spare) : 0;
      if (whole) {
        std::fill_n(visible, kLeads * tokens, std::uint8_t{1});
      } else {
        token_visibility(signal, samples, source.rate_hz(), options.patch, visible);
      }
      // Where the seam falls between two tokens, both are whole.
      if (const auto seam = samples - begin; begin > 0 && seam % options.patch != 0) {
        for (std::int64_t lead = 0; lead < kLeads; ++lead) visible[lead * tokens + seam / options.patch] = 0;
      }
    }
  }

  void work() {
    std::vector<std::int16_t> spare(static_cast<std::size_t>(samples));
    std::unique_lock hold(mutex);
    for (;;) {
      free.wait(hold, [this] {
        return stopping || (taken < end && taken < given_back + static_cast<std::int64_t>(slots.size()));
      });
      if (stopping) return;
      const auto number = taken++;
      auto& mine = slot(number);
      hold.unlock();
      std::exception_ptr failure;
      try {
        fill(number, mine.batch, spare.data());
      } catch (...) {
        failure = std::current_exception();
      }
      hold.lock();
      mine.failure = failure;
      mine.ready = true;
      ready.notify_all();
    }
  }
};

Loader::Loader(const RecordSource& source, std::vector<std::int64_t> records, const LoaderOptions& options,
               LoaderState start, const BufferAllocator& allocate)
    : state_(std::make_unique<State>(source, std::move(records), options)) {
  auto& s = *state_;
  const auto n = static_cast<std::int64_t>(s.records.size());
  if (n == 0) throw Error(Code::split_empty, "there are no records to load");
  if (options.patch < 1 || s.samples % options.patch != 0) {
    throw Error(Code::contradiction, "the patch does not divide the record")
        .got(cat(options.patch, " samples"))
        .wanted(cat("a divisor of ", s.samples));
  }
  if (options.batch < 1 || (!options.sequential && options.batch > n)) {
    throw Error(Code::contradiction, "the batch does not fit the number of records")
        .got(cat(options.batch))
        .wanted(cat("1 to ", n));
  }
  for (const auto record : s.records) {
    if (record < 0 || record >= source.size()) throw Error(Code::internal, cat("Loader: there is no record ", record));
  }
  if (!options.groups.empty() && options.groups.size() != s.records.size())
    throw Error(Code::internal, "Loader: one group per record is needed");
  if (options.sequential) {
    s.batches_per_epoch = (n + options.batch - 1) / options.batch;
  } else {
    s.order = std::make_unique<BatchOrder>(s.records, options.groups, options.batch, options.seed, options.weights);
    s.batches_per_epoch = s.order->batches_per_epoch();
    if (s.batches_per_epoch == 0)
      throw Error(Code::contradiction, "no group of records fills a batch").got(cat("batch ", options.batch));
  }
  if (start.epoch < 0 || start.position < 0 || start.position % options.batch != 0 ||
      start.position / options.batch >= s.batches_per_epoch || (options.sequential && start.epoch != 0)) {
    throw Error(Code::contradiction, "the saved position does not fit these records and this batch")
        .got(cat("epoch ", start.epoch, ", position ", start.position))
        .wanted(cat("a multiple of ", options.batch, " below ", s.batches_per_epoch * options.batch));
  }
  if (options.sequential) s.end = s.batches_per_epoch;
  s.taken = s.delivered = s.given_back = start.epoch * s.batches_per_epoch + start.position / options.batch;

  const auto workers = std::max(1, options.workers);
  s.slots.resize(static_cast<std::size_t>(std::max<std::int64_t>(options.buffers, kHeldByCaller + workers)));
  const auto rows = static_cast<std::size_t>(std::min(options.batch, n) * kLeads);
  for (auto& slot : s.slots) {
    slot.signal =
        (allocate ? allocate : ordinary_memory)(rows * static_cast<std::size_t>(s.samples) * sizeof(std::int16_t));
    slot.visible = (allocate ? allocate : ordinary_memory)(rows * static_cast<std::size_t>(s.tokens));
    slot.batch.signal = static_cast<std::int16_t*>(slot.signal.get());
    slot.batch.visible = static_cast<std::uint8_t*>(slot.visible.get());
  }
  for (int w = 0; w < workers; ++w) s.threads.emplace_back([&s] { s.work(); });
}

Loader::~Loader() = default;

const Batch* Loader::next() {
  auto& s = *state_;
  std::unique_lock hold(s.mutex);
  if (s.delivered >= s.end) return nullptr;
  // The caller still has the last batch; the one before that goes back to the ring.
  for (; s.given_back < s.delivered - 1; ++s.given_back) s.slot(s.given_back).ready = false;
  s.free.notify_all();
  auto& slot = s.slot(s.delivered);
  const auto begin = std::chrono::steady_clock::now();
  s.ready.wait(hold, [&] { return slot.ready; });
  s.last_wait_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (slot.failure) std::rethrow_exception(slot.failure);
  ++s.delivered;
  return &slot.batch;
}

LoaderState Loader::state() const {
  const auto& s = *state_;
  return {s.delivered / s.batches_per_epoch, s.delivered % s.batches_per_epoch * s.options.batch};
}

std::int64_t Loader::batches_per_epoch() const { return state_->batches_per_epoch; }
double Loader::last_wait_s() const { return state_->last_wait_s; }

}  // namespace scar::data
