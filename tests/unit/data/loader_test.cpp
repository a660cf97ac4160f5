#include "scar/data/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "scar/data/store/splits.h"
#include "scar/data/visibility.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::thrown_code;

struct Seen {
  std::vector<std::int64_t> records;
  std::vector<std::int16_t> signal;
  std::vector<float> scale_mv;
  std::vector<std::uint8_t> visible;
  std::int64_t epoch, position;
  bool operator==(const Seen&) const = default;
};

class LoaderTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kT = 200, kPatch = 25, kP = kT / kPatch;

  LoaderTest() : store_(make(folder_ / "s")), all_(static_cast<std::size_t>(store_.size())) {
    std::iota(all_.begin(), all_.end(), 0);
  }

  static Store make(const std::filesystem::path& path) {
    test::write_small_store(path, 60, 16);  // 52 records
    return Store::open(path);
  }
  static LoaderOptions options(int workers = 1, std::int64_t batch = 5) {
    LoaderOptions o;
    o.batch = batch;
    o.patch = kPatch;
    o.seed = 3;
    o.workers = workers;
    return o;
  }
  static Seen keep(const Batch& batch) {
    const auto n = static_cast<std::size_t>(batch.size());
    return {batch.records,  {batch.signal, batch.signal + n * 12 * kT},
            batch.scale_mv, {batch.visible, batch.visible + n * 12 * kP},
            batch.epoch,    batch.position};
  }
  static std::vector<Seen> take(Loader& loader, int count) {
    std::vector<Seen> seen;
    for (int i = 0; i < count; ++i) seen.push_back(keep(*loader.next()));
    return seen;
  }

  test::TemporaryFolder folder_;
  Store store_;
  std::vector<std::int64_t> all_;
};

}  // namespace

// T11: a row of a batch carries the number of its record, from which the text is taken.
TEST_F(LoaderTest, RowsAreTheStoredRecords) {
  Loader loader(store_, all_, options());
  for (const auto& batch : take(loader, 12)) {
    for (std::size_t b = 0; b < batch.records.size(); ++b) {
      std::vector<std::int16_t> raw(12 * kT);
      std::vector<std::uint8_t> visible(12 * kP);
      store_.read(batch.records[b], raw.data());
      token_visibility(raw.data(), kT, 100, kPatch, visible.data());
      EXPECT_TRUE(std::equal(raw.begin(), raw.end(), batch.signal.begin() + static_cast<std::ptrdiff_t>(b * 12 * kT)));
      EXPECT_TRUE(
          std::equal(visible.begin(), visible.end(), batch.visible.begin() + static_cast<std::ptrdiff_t>(b * 12 * kP)));
      EXPECT_EQ(batch.scale_mv[b], store_.scale_mv(batch.records[b]));
    }
  }
}

TEST_F(LoaderTest, TheSequenceDoesNotDependOnTheNumberOfThreads) {
  Loader one(store_, all_, options(1)), three(store_, all_, options(3));
  EXPECT_EQ(take(one, 35), take(three, 35));
}

TEST_F(LoaderTest, ARunResumedFromItsStateEqualsAStraightOne) {
  Loader straight(store_, all_, options(2));
  const auto whole = take(straight, 30);
  for (const std::size_t stop : {0u, 1u, 9u, 10u, 11u, 23u}) {
    LoaderState state;
    {
      Loader first(store_, all_, options(2));
      take(first, static_cast<int>(stop));
      state = first.state();
    }
    EXPECT_EQ(state.epoch, static_cast<std::int64_t>(stop / 10));
    EXPECT_EQ(state.position, static_cast<std::int64_t>(stop % 10 * 5));
    Loader second(store_, all_, options(1), state);
    EXPECT_EQ(take(second, static_cast<int>(30 - stop)),
              std::vector<Seen>(whole.begin() + static_cast<std::ptrdiff_t>(stop), whole.end()));
  }
}

TEST_F(LoaderTest, EveryRecordComesAtMostOncePerEpochAndInAnotherOrder) {
  Loader loader(store_, all_, options(2));
  EXPECT_EQ(loader.batches_per_epoch(), 10);
  std::vector<std::vector<std::int64_t>> epochs(3);
  for (const auto& batch : take(loader, 30)) {
    auto& epoch = epochs[static_cast<std::size_t>(batch.epoch)];
    EXPECT_EQ(batch.position, static_cast<std::int64_t>(epoch.size()));
    EXPECT_EQ(batch.records.size(), 5u);
    epoch.insert(epoch.end(), batch.records.begin(), batch.records.end());
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(std::adjacent_find(epoch.begin(), epoch.end()), epoch.end());
    EXPECT_EQ(epoch.size(), 50u);
  }
}

TEST_F(LoaderTest, EveryRecordComesOnceIfTheBatchDividesTheirNumber) {
  Loader loader(store_, all_, options(3, 13));
  for (int e = 0; e < 2; ++e) {
    std::vector<std::int64_t> epoch;
    for (const auto& batch : take(loader, 4)) epoch.insert(epoch.end(), batch.records.begin(), batch.records.end());
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, all_);
  }
}

TEST_F(LoaderTest, ASequentialPassGivesEachRecordInOrderAndEnds) {
  auto o = options(2);
  o.sequential = true;
  const auto records = select_folds(store_, {3});
  Loader loader(store_, records, o);
  std::vector<std::int64_t> seen;
  std::int64_t last = 0;
  while (const auto* batch = loader.next()) {
    seen.insert(seen.end(), batch->records.begin(), batch->records.end());
    last = batch->size();
  }
  EXPECT_EQ(seen, records);
  EXPECT_EQ(last, static_cast<std::int64_t>(records.size()) % 5);
  EXPECT_EQ(loader.next(), nullptr);
}

TEST_F(LoaderTest, ASequentialBatchMayBeLargerThanTheNumberOfRecords) {
  auto o = options(1, 1000);
  o.sequential = true;
  Loader loader(store_, {4, 2}, o);
  EXPECT_EQ(loader.next()->records, (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(loader.next(), nullptr);
}

TEST_F(LoaderTest, ABatchStaysUntilTheSecondCallAfterIt) {
  auto o = options(3);
  o.buffers = 3;
  Loader loader(store_, all_, o), copy(store_, all_, o);
  const auto expected = take(copy, 40);
  const auto* previous = loader.next();
  for (std::size_t i = 1; i < expected.size(); ++i) {
    const auto* current = loader.next();
    EXPECT_EQ(keep(*previous), expected[i - 1]);
    previous = current;
  }
}

TEST_F(LoaderTest, BuffersComeFromTheAllocatorOnce) {
  int calls = 0;
  const auto allocate = [&](std::size_t bytes) {
    ++calls;
    return std::shared_ptr<void>(::operator new(bytes), [](void* memory) { ::operator delete(memory); });
  };
  Loader loader(store_, all_, options(2), {}, allocate);
  take(loader, 25);
  EXPECT_EQ(calls, 2 * 4);  // four buffers of signal and visibility
}

TEST_F(LoaderTest, WhatAThreadThrowsComesInTheTurnOfItsBatch) {
  const auto location = store_.location(all_[17]);
  {
    std::fstream file(location.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(location.offset));
    file.put('\x7F');
  }
  auto o = options(3);
  o.sequential = true;
  Loader loader(store_, all_, o);
  EXPECT_EQ(loader.next()->records.front(), 0);
  EXPECT_EQ(loader.next()->records.front(), 5);
  EXPECT_EQ(loader.next()->records.front(), 10);
  EXPECT_EQ(thrown_code([&] { (void)loader.next(); }), Code::record_checksum);
  EXPECT_EQ(thrown_code([&] { (void)loader.next(); }), Code::record_checksum);
  EXPECT_EQ(loader.state().position, 15);
}

TEST_F(LoaderTest, AShardCutShortMeanwhileIsAnErrorInTheTurnOfItsBatch) {
  const auto location = store_.location(all_[17]);
  auto o = options(2);
  o.sequential = true;
  {
    Loader loader(store_, all_, o);
    while (loader.next() != nullptr) continue;  // every page of the shard has been read
  }
  for (const std::uint64_t left : {location.offset + location.bytes - 2, location.offset + 2, std::uint64_t{1}}) {
    std::filesystem::resize_file(location.file, left);
    std::vector<std::int16_t> raw(12 * kT);
    EXPECT_EQ(thrown_code([&] { store_.read(all_[17], raw.data()); }), Code::shard_cut_short) << left;
    Loader loader(store_, all_, o);
    EXPECT_EQ(thrown_code([&] {
                while (loader.next() != nullptr) continue;
              }),
              Code::shard_cut_short)
        << left;
  }
}

TEST_F(LoaderTest, ItStopsCleanlyAtAnyMoment) {
  for (int i = 0; i < 30; ++i) {
    Loader loader(store_, all_, options(1 + i % 3));
    for (int k = 0; k < i % 5; ++k) (void)loader.next();
  }
}

TEST_F(LoaderTest, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(thrown_code([&] { Loader(store_, {}, options()); }), Code::split_empty);
  EXPECT_EQ(thrown_code([&] { Loader(store_, {1, 2, 3}, options()); }), Code::contradiction);
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, options(1, 0)); }), Code::contradiction);
  auto o = options();
  o.patch = 33;
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, o); }), Code::contradiction);
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, options(), {0, 3}); }), Code::contradiction);
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, options(), {0, 50}); }), Code::contradiction);
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, options(), {-1, 0}); }), Code::contradiction);
}

TEST_F(LoaderTest, GroupsKeepToThemselves) {
  auto o = options(2, 4);
  for (const auto record : all_) o.groups.push_back(record % 3 == 0 ? 1 : 0);
  Loader loader(store_, all_, o);
  EXPECT_EQ(loader.batches_per_epoch(), 34 / 4 + 18 / 4);
  for (const auto& batch : take(loader, 12)) {
    for (const auto record : batch.records) EXPECT_EQ(record % 3 == 0, batch.records.front() % 3 == 0);
  }
  o.groups.pop_back();
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, o); }), Code::internal);
  o.groups.assign(all_.size(), 0);
  for (std::size_t i = 0; i < all_.size(); ++i) o.groups[i] = static_cast<std::int32_t>(i / 3);
  EXPECT_EQ(thrown_code([&] { Loader(store_, all_, o); }), Code::contradiction) << "no group fills a batch";
}

TEST_F(LoaderTest, RotationMovesTheBeginningAndHidesTheSeam) {
  auto o = options();
  o.rotate = true;
  Loader loader(store_, all_, o), again(store_, all_, o), plain(store_, all_, options());
  std::vector<std::int64_t> begins;
  for (int i = 0; i < 12; ++i) {
    const auto rotated = keep(*loader.next()), as_before = keep(*again.next()), original = keep(*plain.next());
    EXPECT_EQ(rotated, as_before) << "a function of seed, epoch and record";
    ASSERT_EQ(rotated.records, original.records);
    for (std::size_t b = 0; b < rotated.records.size(); ++b) {
      const auto row = [&](const Seen& seen, std::size_t lead) {
        const auto at = seen.signal.begin() + static_cast<std::ptrdiff_t>((b * 12 + lead) * kT);
        return std::vector<std::int16_t>(at, at + kT);
      };
      // Find by how much lead 0 was rotated, then every lead must have been.
      std::int64_t begin = -1;
      for (std::int64_t r = 0; r < kT && begin < 0; ++r) {
        bool same = true;
        for (std::size_t lead = 0; lead < 12 && same; ++lead) {
          auto turned = row(original, lead);
          std::rotate(turned.begin(), turned.begin() + r, turned.end());
          same = turned == row(rotated, lead);
        }
        if (same) begin = r;
      }
      ASSERT_GE(begin, 0);
      begins.push_back(begin);
      if (const auto seam = kT - begin; begin > 0 && seam % kPatch != 0) {
        for (std::size_t lead = 0; lead < 12; ++lead)
          EXPECT_EQ(rotated.visible[(b * 12 + lead) * kP + static_cast<std::size_t>(seam / kPatch)], 0);
      }
    }
  }
  std::sort(begins.begin(), begins.end());
  EXPECT_GT(begins.back() - begins.front(), kT / 2) << "the whole record is used";
}

}  // namespace scar::data
