#include "shared_files.h"

#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::apps {

namespace fs = std::filesystem;

std::optional<fs::path> find_shared(const fs::path& name) {
  std::vector<fs::path> places = {fs::path("configs") / name};
  std::error_code none;
  for (auto folder = fs::read_symlink("/proc/self/exe", none).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    places.push_back(folder / "share" / "scar" / "configs" / name);
    places.push_back(folder / "configs" / name);
  }
  for (const auto& place : places) {
    if (fs::is_regular_file(place, none)) return place;
  }
  return std::nullopt;
}

std::string find_splits(const std::string& asked, const char* name) {
  if (!asked.empty()) return asked;
  if (const auto found = find_shared(fs::path("splits") / name)) return found->string();
  throw Error(Code::data_missing, cat("the split list ", name, " is not beside the program"))
      .wanted("configs/splits/ of the source tree or share/scar/configs/splits/ of the installation")
      .hint("copy it there; scar-prepare also takes --splits FILE");
}

}  // namespace scar::apps
