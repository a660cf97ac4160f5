// SHA-256 of the values [signals, samples] (int32, low byte first) of each WFDB record whose header path stands on a line
// of the input: what tests/reference/compare_wfdb.py compares with Python wfdb. A record that cannot be read gives the
// code of its error.
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/ingest/wfdb_signal.h"

int main() {
  for (std::string path; std::getline(std::cin, path);) {
    try {
      const auto folder = std::filesystem::path(path).parent_path();
      const auto header = scar::ingest::read_wfdb_header(folder, path);
      const auto samples = scar::ingest::read_wfdb_samples(folder, header, folder);
      std::cout << scar::sha256_hex({reinterpret_cast<const char*>(samples.values.data()),
                                     samples.values.size() * sizeof(samples.values[0])})
                << "\n";
    } catch (const scar::Error& error) {
      std::cout << "E" << static_cast<int>(error.code()) << "\n";
      std::cerr << error.what();
    }
  }
  return 0;
}
