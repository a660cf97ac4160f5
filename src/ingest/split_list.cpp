#include "scar/ingest/split_list.h"

#include <algorithm>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/utf8.h"
#include "scar/ingest/data_root.h"
#include "strict_text.h"

namespace scar::ingest {

std::string SplitList::partition_sha256() const {
  std::string lines;
  for (const auto& [name, number] : fold) lines += cat(name, " ", number, "\n");
  return sha256_hex(lines);
}

SplitList parse_split_list(std::string_view text, const std::string& origin) {
  if (first_invalid_utf8(text)) throw Error(Code::text_not_utf8, "the split list is not UTF-8 text").at(origin);
  SplitList list;
  list.sha256 = sha256_hex(text);
  auto rest = text;
  int fold = 0;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    const auto invalid = [&](std::string what) {
      return Error(Code::csv_invalid, std::move(what)).at(cat(origin, ":", number));
    };
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      fold = line == "[train]" ? 1 : line == "[validation]" ? 2 : line == "[test]" ? 3 : 0;
      if (fold == 0) throw invalid("an unknown section").got(shown(line)).wanted("[train], [validation] or [test]");
      continue;
    }
    if (fold == 0) throw invalid("a record before the first section").wanted("[train], [validation] or [test] first");
    while (!line.empty()) {
      const auto length = std::min(line.find_first_of(" \t"), line.size());
      const auto name = line.substr(0, length);
      line = trimmed(line.substr(length));
      if (!list.fold.emplace(name, fold).second) throw invalid("a record stands there twice").got(shown(name));
      if (fold == 1) list.train.emplace_back(name);
      ++list.sizes[static_cast<std::size_t>(fold - 1)];
    }
  }
  return list;
}

SplitList read_split_list(const std::filesystem::path& path) {
  constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;
  return parse_split_list(read_regular_file(path, kMaxBytes), path.string());
}

}  // namespace scar::ingest
