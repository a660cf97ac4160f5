#include "find_headers.h"

#include <algorithm>

#include "scar/core/error.h"

namespace scar::ingest {

namespace fs = std::filesystem;

std::vector<std::string> find_headers(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error))
    throw Error(Code::data_missing, "there is no such folder").at(root.string()).wanted("a folder of WFDB records");
  std::vector<std::string> found;
  auto entry = fs::recursive_directory_iterator(root, fs::directory_options::none, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".hea" && entry->is_regular_file(error))
      found.push_back(entry->path().lexically_relative(root).generic_string());
  }
  if (error) throw Error(Code::data_unreadable, "cannot list the folder").at(root.string()).got(error.message());
  if (found.empty())
    throw Error(Code::data_missing, "the folder holds no WFDB header").at(root.string()).wanted("files NAME.hea");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace scar::ingest
