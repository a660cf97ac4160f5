#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "scar/core/error.h"

namespace scar::text::fixtures {

/// Files of the source tree; tests run with its root as working folder.
inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::vector<std::string> lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}

/// A folder of this test's own, removed at its end.
class Folder {
 public:
  Folder() {
    path_ = std::filesystem::temp_directory_path() / ("scar-text-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The error that `call` throws; a test failure if it throws none.
inline Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no scar::Error was thrown";
  return Error(Code::internal, "nothing was thrown");
}

/// $SCAR_DATA_DIR, the folder of real data, or "".
inline std::string data_folder() {
  const char* folder = std::getenv("SCAR_DATA_DIR");
  return folder == nullptr ? "" : folder;
}

}  // namespace scar::text::fixtures
