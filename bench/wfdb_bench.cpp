// Format 16 records read and verified (header, checksums, initial values, leads by name) per second, in one thread.
//
//   wfdb_bench ROUNDS < LIST          LIST: one header path a line
//
// Prints one JSON line. wfdb_bench.py runs it beside Python wfdb over the same records and prints the ratio.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/ingest/wfdb_signal.h"

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::stoi(argv[1]) : 1;
  std::vector<std::string> headers;
  for (std::string line; std::getline(std::cin, line);) headers.push_back(line);
  if (headers.empty() || rounds < 1) {
    std::cerr << "usage: wfdb_bench ROUNDS < LIST\n";
    return 2;
  }
  try {
    const scar::ingest::DataRoot root("/");  // with the check of links that a preparation makes
    std::int64_t sum = 0, samples = 0;  // of all values: keeps the work, and shows that both programs read the same
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
      sum = samples = 0;
      const auto begin = std::chrono::steady_clock::now();
      for (const auto& header : headers) {
        const auto ecg = scar::ingest::read_wfdb_ecg(root, header);
        for (const auto value : ecg.values) sum += value;
        samples += static_cast<std::int64_t>(ecg.values.size());
      }
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      best = std::max(best, static_cast<double>(headers.size()) / taken.count());
    }
    std::cout << scar::cat("{\"records\": ", headers.size(), ", \"samples\": ", samples, ", \"sum\": ", sum,
                           ", \"records_per_s\": ", best, "}\n");
  } catch (const scar::Error& error) {
    std::cerr << error.what();
    return error.status();
  }
  return 0;
}
