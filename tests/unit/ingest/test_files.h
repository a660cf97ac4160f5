#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "support/temporary_folder.h"

namespace scar::ingest::testing {

using test::TemporaryFolder;

inline void write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// The first problem of the error that a call throws; nothing if it throws none.
inline std::optional<Problem> problem_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.problems().front();
  }
  return std::nullopt;
}

#define EXPECT_PROBLEM(call, expected_code, expected_where)                                                   \
  do {                                                                                                        \
    const auto found_problem = ::scar::ingest::testing::problem_of([&] { static_cast<void>(call); });         \
    ASSERT_TRUE(found_problem) << "no error: " #call;                                                         \
    EXPECT_EQ(static_cast<int>(found_problem->code), static_cast<int>(expected_code)) << found_problem->what; \
    EXPECT_TRUE(found_problem->where.ends_with(expected_where)) << found_problem->where;                      \
    EXPECT_FALSE(found_problem->what.empty());                                                                \
  } while (false)

/// Signals to the frames of a format 16 file.
inline std::string frames(const std::vector<std::vector<std::int16_t>>& signals) {
  std::string bytes;
  for (std::size_t t = 0; t < signals.front().size(); ++t) {
    for (const auto& signal : signals) {
      const auto value = static_cast<std::uint16_t>(signal[t]);
      bytes += static_cast<char>(value & 0xFF);
      bytes += static_cast<char>(value >> 8);
    }
  }
  return bytes;
}

inline int checksum(const std::vector<std::int16_t>& signal) {
  std::int64_t sum = 0;
  for (const auto value : signal) sum += value;
  return static_cast<int>(((sum % 65536) + 65536) % 65536);
}

inline const std::vector<std::string>& upper_case_leads() {
  static const std::vector<std::string> names = {"I",  "II", "III", "AVR", "AVL", "AVF",
                                                 "V1", "V2", "V3",  "V4",  "V5",  "V6"};
  return names;
}

/// Writes NAME.hea and NAME.dat as PTB-XL does: one file, gain 1000/mV, initial values and checksums.
inline void write_record(const std::filesystem::path& stem, const std::vector<std::string>& leads,
                         const std::vector<std::vector<std::int16_t>>& signals, int rate,
                         const std::string& gain = "1000.0(0)/mV") {
  const auto name = stem.filename().string();
  std::string header = name + " " + std::to_string(signals.size()) + " " + std::to_string(rate) + " " +
                       std::to_string(signals.front().size()) + "\n";
  for (std::size_t i = 0; i < signals.size(); ++i) {
    header += name + ".dat 16 " + gain + " 16 0 " + std::to_string(signals[i].front()) + " " +
              std::to_string(checksum(signals[i])) + " 0 " + leads[i] + "\n";
  }
  write(stem.string() + ".hea", header);
  write(stem.string() + ".dat", frames(signals));
}

/// Twelve signals that differ from each other and from record to record.
inline std::vector<std::vector<std::int16_t>> twelve_signals(int samples, int salt) {
  std::vector<std::vector<std::int16_t>> signals(12, std::vector<std::int16_t>(static_cast<std::size_t>(samples)));
  for (int lead = 0; lead < 12; ++lead) {
    for (int t = 0; t < samples; ++t) {
      signals[static_cast<std::size_t>(lead)][static_cast<std::size_t>(t)] =
          static_cast<std::int16_t>((t * (lead + 3) + salt * 17) % 2001 - 1000);
    }
  }
  return signals;
}

}  // namespace scar::ingest::testing
