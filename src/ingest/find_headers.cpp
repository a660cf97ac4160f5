#include "find_headers.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "scar/core/error.h"

namespace scar::ingest {

namespace {

namespace fs = std::filesystem;

class Search {
 public:
  explicit Search(const DataRoot& root) : root_(root), inside_(fs::canonical(root.folder())) {}

  void folder(const fs::path& path) {
    // By its place without links: links may lead round in circles, and two of them to one folder.
    if (!seen_.insert(fs::canonical(path)).second) return;
    std::vector<fs::directory_entry> entries;
    for (const auto& entry : fs::directory_iterator(path)) entries.push_back(entry);
    std::sort(entries.begin(), entries.end());
    for (const auto& entry : entries) {
      std::error_code dangling;
      if (entry.is_directory(dangling)) {
        if (entry.is_symlink() && leads_inside(entry.path())) continue;
        root_.check(entry.path());
        folder(entry.path());
      } else if (entry.path().extension() == ".hea" && entry.is_regular_file(dangling)) {
        found.push_back(entry.path().lexically_relative(root_.folder()).generic_string());
      }
    }
  }

  std::vector<std::string> found;

 private:
  [[nodiscard]] bool leads_inside(const fs::path& link) const {
    const auto relative = fs::canonical(link).lexically_relative(inside_);
    return !relative.empty() && *relative.begin() != "..";
  }

  const DataRoot& root_;
  fs::path inside_;
  std::set<fs::path> seen_;
};

}  // namespace

std::vector<std::string> find_headers(const DataRoot& root) {
  std::error_code error;
  if (!fs::is_directory(root.folder(), error))
    throw Error(Code::data_missing, "there is no such folder").at(root.string()).wanted("a folder of WFDB records");
  std::vector<std::string> found;
  try {
    Search search(root);
    search.folder(root.folder());
    found = std::move(search.found);
  } catch (const fs::filesystem_error& problem) {
    throw Error(Code::data_unreadable, "cannot list the folder")
        .at(problem.path1().string())
        .got(problem.code().message());
  }
  if (found.empty())
    throw Error(Code::data_missing, "the folder holds no WFDB header").at(root.string()).wanted("files NAME.hea");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace scar::ingest
