#include "shared_files.h"

#include <vector>

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

}  // namespace scar::apps
