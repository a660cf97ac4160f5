#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_writer.h"

namespace scar::test {

/// A store of 100 Hz records of 2 s with two tasks and evidence of two findings.
inline data::StoreInfo small_info() {
  data::StoreInfo info;
  info.kind = "test";
  info.rate_hz = 100;
  info.samples = 200;
  info.tasks = {{"colour", {"red", "grün"}}, {"shape", {"round"}}};
  info.findings = {"wave", "spike"};
  info.evidence_blocks = 8;
  info.train_folds = {1, 2};
  info.validation_folds = {3};
  info.test_folds = {4};
  info.provenance_json = R"({"seed": 7, "source": "made by a test"})";
  return info;
}

/// Record `index`, a function of it: patients have two records each, every fifth record lacks lead V6 and its end.
inline data::EcgRecord small_record(std::int64_t index, const data::StoreInfo& info = small_info()) {
  data::EcgRecord record;
  record.id = cat("record-", index);
  record.patient = cat("patient-", index / 2);
  record.fold = static_cast<int>(index / 2 % 4) + 1;
  record.scale_mv = 0.005F;
  record.report_raw = cat("Überleitung  ", index, " ");
  record.report = cat("überleitung ", index);
  record.recorder = index % 2 == 0 ? "AT-6" : "";
  record.language = "de";
  record.samples.resize(static_cast<std::size_t>(data::kLeads * info.samples));
  CounterRandom random(11, "small-record", static_cast<std::uint64_t>(index));
  for (auto& x : record.samples) x = static_cast<std::int16_t>(static_cast<int>(random.below(2001)) - 1000);
  if (index % 5 == 0) {
    for (std::int64_t t = 0; t < info.samples; ++t) {
      record.samples[static_cast<std::size_t>(11 * info.samples + t)] = data::kMissing;
      for (std::int64_t lead = 0; lead < data::kLeads && t >= info.samples - 30; ++lead) {
        record.samples[static_cast<std::size_t>(lead * info.samples + t)] = data::kMissing;
      }
    }
  }
  if (!info.tasks.empty()) {
    record.labels["colour"] = {static_cast<std::uint8_t>(index % 2), static_cast<std::uint8_t>(index % 3 == 0)};
    if (index % 4 != 3) record.labels["shape"] = {1};
  }
  if (!info.findings.empty()) {
    const auto bytes = info.findings.size() * static_cast<std::size_t>(data::bitmap_bytes(info.evidence_blocks));
    record.primary.assign(bytes, static_cast<std::uint8_t>(index));
    record.secondary.assign(bytes, static_cast<std::uint8_t>(255 - index));
  }
  return record;
}

inline bool small_excluded(std::int64_t candidate) { return candidate % 7 == 6; }

/// Fills the shards that are not done yet, at most `stop_after` of them; every seventh candidate is left out.
inline void fill(data::StoreWriter& writer, const data::StoreInfo& info, std::int64_t stop_after = 1 << 20) {
  for (std::int64_t s = 0; s < writer.shards(); ++s) {
    if (writer.shard_done(s)) continue;
    if (stop_after-- == 0) return;
    for (auto c = writer.first_candidate(s); c < writer.end_candidate(s); ++c) {
      ASSERT_EQ(writer.next_candidate(), c);
      if (small_excluded(c)) {
        writer.exclude(cat("record-", c), c % 2 == 0 ? "signal_checksum" : "no_leads", "said by the test");
      } else {
        writer.add(small_record(c, info));
      }
    }
    writer.end_shard();
  }
}

inline data::StoreSummary write_small_store(const std::filesystem::path& folder, std::int64_t candidates = 30,
                                            std::int64_t per_shard = 8, const data::StoreInfo& info = small_info()) {
  data::StoreWriter writer(folder, info, candidates, per_shard);
  fill(writer, info);
  return writer.finish();
}

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void put_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << path;
}

/// The code of the Error that `call` throws; Code{} if it throws none. The text is kept for a look at the message.
template <class Call>
Code thrown_code(Call&& call, std::string* text = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (text != nullptr) *text = error.what();
    return error.code();
  }
  return Code{};
}

}  // namespace scar::test
