// Loader against the bare minimum: records per second of scar::data::Loader (read, checksum, visibility, batch), and of
// a plain copy of the same stored samples from a memory map into a batch's buffer by as many threads in epoch order.
// Page cache hot, pages of the copy's map at hand. Both by turns in one run; the figures are medians over the rounds.
//
//   loader_bench [STORE] [--workers N] [--batch B] [--patch P] [--epochs E] [--rounds R] [--rotate 0|1]
//
// Without a store, one of 4096 records of 12 x 1000 is made in a temporary folder. Prints one JSON line.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/data/epoch_order.h"
#include "scar/data/loader.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"

namespace {

using scar::data::Store;
using Clock = std::chrono::steady_clock;

/// Of all threads of this program together: tells what a record costs where other programs want the processor too.
double cpu_s() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

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

/// Every shard mapped as a whole with its pages at hand; per record where its samples are.
struct Mapped {
  std::vector<const char*> at;
  std::size_t bytes = 0;  // of a record

  explicit Mapped(const Store& store) {
    std::map<std::string, const char*> maps;
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
        if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + place.file.string());
        base = static_cast<const char*>(mapped);
      }
      at.push_back(base + place.offset);
      bytes = place.bytes;
    }
  }
};

/// Copies whole batches of records in the loader's order, each of `threads` into a buffer of its own. Records per second.
double copy(const Mapped& maps, int threads, std::int64_t batch, std::int64_t batches) {
  const auto size = static_cast<std::int64_t>(maps.at.size());
  const auto begin = Clock::now();
  std::vector<std::thread> workers;
  for (int w = 0; w < threads; ++w) {
    workers.emplace_back([&, w] {
      std::vector<char> buffer(static_cast<std::size_t>(batch) * maps.bytes);
      std::vector<std::int64_t> records(static_cast<std::size_t>(batch));
      for (std::int64_t k = w; k < batches; k += threads) {
        scar::data::records_at({3, k / (size / batch), size}, k % (size / batch) * batch, records);
        auto* to = buffer.data();
        for (const auto record : records) {
          std::memcpy(to, maps.at[static_cast<std::size_t>(record)], maps.bytes);
          to += maps.bytes;
        }
      }
    });
  }
  for (auto& worker : workers) worker.join();
  return static_cast<double>(batches * batch) / seconds_since(begin);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int run(int argc, char** argv) {
  std::filesystem::path folder;
  std::map<std::string, std::int64_t> options{{"--workers", 1}, {"--batch", 64}, {"--patch", 25},
                                              {"--epochs", 3},  {"--rounds", 5}, {"--rotate", 0}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (options.count(argument) != 0 && i + 1 < argc) {
      options[argument] = std::stoll(argv[++i]);
    } else if (argument.starts_with("--") || !folder.empty()) {
      std::cerr << "usage: loader_bench [STORE] [--workers N] [--batch B] [--patch P] [--epochs E] [--rounds R] "
                   "[--rotate 0|1]\n";
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
  settings.rotate = options["--rotate"] != 0;
  settings.seed = 3;
  const Mapped maps(store);
  scar::data::Loader loader(store, records, settings);
  const auto batches = loader.batches_per_epoch();
  double sum = 0;
  const auto deliver = [&](std::int64_t count) {
    for (std::int64_t b = 0; b < count; ++b) sum += static_cast<double>(loader.next()->signal[0]);
  };
  deliver(batches);  // once to fill the page cache
  const auto count = batches * options["--epochs"] * settings.batch;
  std::vector<double> loaded, copied, ratio, loaded_cpu_us, copied_cpu_us;
  for (std::int64_t round = 0; round < options["--rounds"]; ++round) {
    deliver(2 * settings.buffers);  // those that were ready before the clock starts
    const double before = cpu_s();
    const auto begin = Clock::now();
    deliver(batches * options["--epochs"]);
    const double between = cpu_s();
    loaded.push_back(static_cast<double>(count) / seconds_since(begin));
    copied.push_back(copy(maps, settings.workers, settings.batch, batches * options["--epochs"]));
    ratio.push_back(loaded.back() / copied.back());
    loaded_cpu_us.push_back(1e6 * (between - before) / static_cast<double>(count));
    copied_cpu_us.push_back(1e6 * (cpu_s() - between) / static_cast<double>(count));
  }
  std::printf(
      "{\"records\": %lld, \"samples\": %lld, \"workers\": %d, \"batch\": %lld, \"rotate\": %d, \"rounds\": %zu, "
      "\"loader_records_per_s\": %.0f, \"mapped_copy_records_per_s\": %.0f, \"ratio_to_copy\": %.3f, "
      "\"lowest_ratio\": %.3f, \"highest_ratio\": %.3f, \"loader_cpu_us\": %.3f, \"copy_cpu_us\": %.3f, "
      "\"checksum\": %.0f}\n",
      static_cast<long long>(store.size()), static_cast<long long>(store.samples()), settings.workers,
      static_cast<long long>(settings.batch), settings.rotate ? 1 : 0, ratio.size(), median(loaded), median(copied),
      median(ratio), *std::min_element(ratio.begin(), ratio.end()), *std::max_element(ratio.begin(), ratio.end()),
      median(loaded_cpu_us), median(copied_cpu_us), sum);
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
