// Loader against the bare minimum: records per second of scar::data::Loader (read, checksum, visibility, millivolts,
// batch), of a plain copy of the same samples from a memory map, and of a copy that makes millivolts of them as the
// loader does, in the same order, in one run. Page cache hot.
//
//   loader_bench [STORE] [--workers N] [--batch B] [--patch P] [--epochs E]
//
// Without a store, one of 4096 records of 12 x 1000 is made in a temporary folder. Prints one JSON line.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/data/epoch_order.h"
#include "scar/data/loader.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"
#include "scar/data/visibility.h"

namespace {

using scar::data::Store;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void make_store(const std::filesystem::path& folder) {
  scar::data::StoreInfo info;
  info.kind = "bench";
  info.rate_hz = 100;
  info.samples = 1000;
  constexpr std::int64_t kRecords = 4096;
  scar::data::StoreWriter writer(folder, info, kRecords);
  for (std::int64_t s = 0; s < writer.shards(); ++s) {
    for (auto c = writer.first_candidate(s); c < writer.end_candidate(s); ++c) {
      scar::data::EcgRecord record;
      record.id = scar::cat("record-", c);
      record.fold = 1;
      record.samples.resize(12 * 1000);
      scar::CounterRandom random(1, "bench", static_cast<std::uint64_t>(c));
      for (auto& x : record.samples) x = static_cast<std::int16_t>(static_cast<int>(random.bits32() % 2000) - 1000);
      writer.add(std::move(record));
    }
    writer.end_shard();
  }
  writer.finish();
}

/// Maps each shard once and takes records in epoch order, `threads` at a time: copies them as they are, or makes the
/// loader's batch of them, millivolts in float32, without looking at a hash or at what is visible. Records per second.
double mapped(const Store& store, bool millivolts, int threads, std::int64_t batch, std::int64_t records_to_copy) {
  std::map<std::string, const char*> maps;
  std::vector<const char*> at(static_cast<std::size_t>(store.size()));
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    const auto place = store.location(i);
    auto& base = maps[place.file.string()];
    if (base == nullptr) {
      const int file = ::open(place.file.c_str(), O_RDONLY);
      struct stat info {};
      ::fstat(file, &info);
      void* mapped =
          ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
      ::close(file);
      if (mapped == MAP_FAILED) return 0;
      base = static_cast<const char*>(mapped);
    }
    at[static_cast<std::size_t>(i)] = base + place.offset;
    bytes = place.bytes;
  }
  const auto begin = Clock::now();
  std::vector<std::thread> workers;
  for (int w = 0; w < threads; ++w) {
    workers.emplace_back([&, w] {
      std::vector<char> buffer(static_cast<std::size_t>(batch) * bytes * (millivolts ? 2 : 1));
      const scar::data::EpochOrder order{3, 0, store.size()};
      for (std::int64_t k = w; k < records_to_copy; k += threads) {
        const auto record = scar::data::record_at(order, k % store.size());
        const auto* from = at[static_cast<std::size_t>(record)];
        auto* to = buffer.data() + static_cast<std::size_t>(k % batch) * bytes * (millivolts ? 2 : 1);
        if (millivolts) {
          scar::data::decode_mv(reinterpret_cast<const std::int16_t*>(from), store.samples(), store.scale_mv(record),
                                reinterpret_cast<float*>(to));
        } else {
          std::memcpy(to, from, bytes);
        }
      }
    });
  }
  for (auto& worker : workers) worker.join();
  return static_cast<double>(records_to_copy) / seconds_since(begin);
}

int run(int argc, char** argv) {
  std::filesystem::path folder;
  std::map<std::string, std::int64_t> options{{"--workers", 1}, {"--batch", 64}, {"--patch", 25}, {"--epochs", 5}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (options.count(argument) != 0 && i + 1 < argc) {
      options[argument] = std::stoll(argv[++i]);
    } else if (argument.starts_with("--") || !folder.empty()) {
      std::cerr << "usage: loader_bench [STORE] [--workers N] [--batch B] [--patch P] [--epochs E]\n";
      return 2;
    } else {
      folder = argument;
    }
  }
  std::filesystem::path made;
  if (folder.empty()) {
    made = folder =
        std::filesystem::temp_directory_path() / scar::cat("scar-loader-bench-", static_cast<long>(::getpid()));
    make_store(folder);
  }
  const auto store = Store::open(folder);
  std::vector<std::int64_t> records(static_cast<std::size_t>(store.size()));
  std::iota(records.begin(), records.end(), 0);
  scar::data::LoaderOptions settings;
  settings.batch = options["--batch"];
  settings.patch = options["--patch"];
  settings.workers = static_cast<int>(options["--workers"]);
  settings.seed = 3;
  scar::data::Loader loader(store, records, settings);
  const auto batches = loader.batches_per_epoch();
  double sum = 0;
  const auto deliver = [&](std::int64_t count) {
    for (std::int64_t b = 0; b < count; ++b) sum += static_cast<double>(loader.next()->signal[0]);
  };
  deliver(batches);  // once to fill the page cache
  const auto begin = Clock::now();
  deliver(batches * options["--epochs"]);
  const auto count = batches * options["--epochs"] * settings.batch;
  const double loaded = static_cast<double>(count) / seconds_since(begin);
  const double copied = mapped(store, false, settings.workers, settings.batch, count);
  const double converted = mapped(store, true, settings.workers, settings.batch, count);
  std::printf(
      "{\"records\": %lld, \"samples\": %lld, \"workers\": %d, \"batch\": %lld, \"loader_records_per_s\": %.0f, "
      "\"mapped_copy_records_per_s\": %.0f, \"ratio_to_copy\": %.3f, \"mapped_millivolts_records_per_s\": %.0f, "
      "\"ratio_to_millivolts\": %.3f, \"checksum\": %.3f}\n",
      static_cast<long long>(store.size()), static_cast<long long>(store.samples()), settings.workers,
      static_cast<long long>(settings.batch), loaded, copied, loaded / copied, converted, loaded / converted, sum);
  if (!made.empty()) std::filesystem::remove_all(made);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what();
    return 1;
  }
}
