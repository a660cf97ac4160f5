// What a user of the library might write first: a store is made, read back, and a lead looked up by its name.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "scar/core/random.h"
#include "scar/core/version.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/store/store_writer.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    constexpr std::int64_t records = 3;
    scar::data::StoreInfo info;
    info.kind = "consumer";
    info.rate_hz = 100;
    info.samples = 500;
    info.tasks = {{"odd", {"yes"}}};
    info.train_folds = {1};
    info.validation_folds = {2};
    info.test_folds = {3};
    scar::data::StoreWriter writer(argv[1], info, records);
    for (std::int64_t i = 0; i < records; ++i) {
      scar::data::EcgRecord record;
      record.id = std::to_string(i);
      record.patient = "p" + record.id;
      record.fold = 1;
      record.labels["odd"] = {static_cast<std::uint8_t>(i % 2)};
      scar::CounterRandom random(7, "consumer", static_cast<std::uint64_t>(i));
      for (std::int64_t s = 0; s < scar::data::kLeads * info.samples; ++s) {
        record.samples.push_back(static_cast<std::int16_t>(random.below(2000)));
      }
      writer.add(std::move(record));
    }
    writer.end_shard();
    writer.finish();

    const auto store = scar::data::Store::open(argv[1]);
    std::vector<std::int16_t> samples(static_cast<std::size_t>(scar::data::kLeads * info.samples));
    store.read(2, samples.data());
    scar::CounterRandom random(7, "consumer", 2);
    for (const auto sample : samples) {
      if (sample != static_cast<std::int16_t>(random.below(2000))) return 1;
    }
    if (*store.labels("odd", 1) != 1) return 1;
    std::printf("scar %s: %d records, aVR is row %d\n", scar::version(), static_cast<int>(store.size()),
                *scar::data::lead_index("avr"));
    return 0;
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    return 1;
  }
}
