#include "selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "../strict_text.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

namespace {

bool is_inside(std::string_view path, std::string_view folder) {
  return folder.empty() || (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

bool matches(std::string_view path, std::string_view part) {
  if (part.find_first_of("*?[") != std::string_view::npos)
    return ::fnmatch(std::string(part).c_str(), std::string(path).c_str(), 0) == 0;
  if (part.ends_with('/')) return is_inside(path, part.substr(0, part.size() - 1));
  return path == part || is_inside(path, part);
}

/// The first folders of the dataset, for a message.
std::string folders(const ChecksumList& list, std::string_view records) {
  std::set<std::string_view> found;
  for (const auto& entry : list.entries()) {
    if (!is_inside(entry.path, records)) continue;
    const auto end = entry.path.find('/', records.empty() ? 0 : records.size() + 1);
    if (end != std::string_view::npos) found.insert(entry.path.substr(0, end));
  }
  std::string out;
  for (const auto& folder : found) {
    if (out.size() > 300) return out + ", ...";
    out += cat(out.empty() ? "" : ", ", folder);
  }
  return out;
}

void refuse_own_names(const ChecksumList& list, const std::string& origin) {
  for (const auto& entry : list.entries()) {
    const auto stem = entry.path.substr(0, entry.path.size() - std::min<std::size_t>(entry.path.size(), 5));
    const bool clash = entry.path.ends_with(kPartSuffix) && list.find(stem);
    if (clash || is_inside(entry.path, kStateFolder) || entry.path == kStateFolder || entry.path == kChecksumListName) {
      throw Error(Code::checksum_list_invalid, "the list names a file that the download itself writes")
          .at(cat(origin, ":", entry.line))
          .got(shown(entry.path));
    }
  }
}

}  // namespace

std::vector<std::size_t> choose_files(const ChecksumList& list, const std::string& origin, const RemoteDataset& dataset,
                                      const DownloadOptions& options) {
  refuse_own_names(list, origin);
  auto parts = options.only;
  if (options.rate != "all") {
    if (dataset.name != "ptbxl" || !options.only.empty()) {
      throw Error(Code::contradiction, "--rate chooses between the copies of PTB-XL, and cannot stand beside --only")
          .at("command line: --rate")
          .hint("leave it out; --only names folders of any dataset");
    }
    parts = {cat("records", options.rate)};
  }
  std::vector<std::size_t> chosen;
  std::vector<bool> taken(list.entries().size());
  for (const auto& table : dataset.tables) {
    const auto found = list.find(table);
    if (!found) {
      throw Error(Code::checksum_list_invalid, cat("the list is not one of ", dataset.title))
          .at(origin)
          .got(cat("no ", table))
          .hint("--source wants the folder of the dataset in which its SHA256SUMS.txt lies");
    }
    chosen.push_back(*found);
    taken[*found] = true;
  }
  if (const auto licence = list.find("LICENSE.txt"); licence && !taken[*licence]) {
    chosen.push_back(*licence);
    taken[*licence] = true;
  }
  std::vector<bool> used(parts.size());
  const auto before = chosen.size();
  for (std::size_t i = 0; i < list.entries().size(); ++i) {
    const auto path = list.entries()[i].path;
    if (!is_inside(path, dataset.records)) continue;
    bool wanted = parts.empty();
    for (std::size_t p = 0; p < parts.size(); ++p) {
      if (!matches(path, parts[p])) continue;
      used[p] = true;
      wanted = true;
    }
    if (wanted && !taken[i]) chosen.push_back(i);
  }
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (used[p]) continue;
    throw Error(Code::out_of_range, cat("no file of ", dataset.title, " is in ", shown(parts[p])))
        .at(options.only.empty() ? "command line: --rate" : "command line: --only")
        .wanted(cat("a folder, file or pattern of it; folders are ", folders(list, dataset.records)));
  }
  if (parts.empty() && chosen.size() == before && dataset.tables.empty()) {
    throw Error(Code::checksum_list_invalid, cat("the list is not one of ", dataset.title))
        .at(origin)
        .got(cat("no file in ", dataset.records, "/"));
  }
  return chosen;
}

std::filesystem::path preparation_root(const std::filesystem::path& out, const ChecksumList& list,
                                       const std::vector<std::size_t>& chosen, const RemoteDataset& dataset) {
  if (!dataset.tables.empty()) return out;
  std::string common;
  bool first = true;
  for (const auto index : chosen) {
    const auto path = list.entries()[index].path;
    if (!path.ends_with(".hea")) continue;  // not the licence, which lies above
    auto folder = path.substr(0, path.rfind('/'));
    if (first) common = folder;
    first = false;
    while (!common.empty() && folder != common && !is_inside(folder, common))
      common.resize(common.rfind('/') == std::string::npos ? 0 : common.rfind('/'));
  }
  return first ? out / dataset.records : out / common;
}

}  // namespace scar::ingest
