#include "checksum_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/utf8.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kMaxEntries = 5'000'000;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxPart = 240;  // a file system takes 255 bytes; the rest is for what scar appends

/// Why a path must not become a file, or "".
std::string refusal(std::string_view path) {
  if (path.empty()) return "no path";
  if (path.size() > kMaxPath) return cat("a path longer than ", kMaxPath, " bytes");
  if (!is_utf8(path)) return "a path that is not UTF-8";
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "a control character (are the line ends CRLF?)";
    if (c == '\\') return "a backslash";
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return "a path that is absolute or has an empty, '.' or '..' part";
    if (part.size() > kMaxPart) return cat("a name longer than ", kMaxPart, " bytes");
    begin = end + 1;
  }
  return {};
}

}  // namespace

ChecksumList ChecksumList::parse(std::string text, const std::string& origin) {
  const auto invalid = [&origin](int line, std::string what) {
    return Error(Code::checksum_list_invalid, std::move(what)).at(line > 0 ? cat(origin, ":", line) : origin);
  };
  if (text.size() > kMaxChecksumListBytes)
    throw invalid(0, cat("the list is longer than ", kMaxChecksumListBytes >> 20, " MiB"));
  ChecksumList list;
  list.text_ = std::make_shared<const std::string>(std::move(text));
  std::string_view rest = *list.text_;
  for (int line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) throw invalid(line, "the list ends within a line: it was cut");
    const auto content = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const auto hex = content.substr(0, kHexDigits);
    if (hex.size() < kHexDigits || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos ||
        content.size() <= kHexDigits || content[kHexDigits] != ' ') {
      throw invalid(line, "a line is not a SHA-256 sum and a file name")
          .got(shown(content))
          .wanted("64 hex digits, a blank and a path");
    }
    auto path = content.substr(kHexDigits + 1);
    if (!path.empty() && (path.front() == ' ' || path.front() == '*')) path.remove_prefix(1);
    if (path.starts_with("./")) path.remove_prefix(2);
    if (const auto why = refusal(path); !why.empty())
      throw invalid(line, "a file name is not accepted").got(cat(why, ": ", shown(path)));
    if (list.entries_.size() == kMaxEntries) throw invalid(line, cat("more than ", kMaxEntries, " files"));
    list.entries_.push_back({hex, path, line});
  }
  std::sort(list.entries_.begin(), list.entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.path, a.line) < std::tie(b.path, b.line); });
  for (std::size_t i = 1; i < list.entries_.size(); ++i) {
    if (list.entries_[i].path == list.entries_[i - 1].path) {
      throw invalid(list.entries_[i].line, "a file is listed twice")
          .got(cat(shown(list.entries_[i].path), ", as in line ", list.entries_[i - 1].line));
    }
  }
  return list;
}

std::optional<std::size_t> ChecksumList::find(std::string_view path) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), path,
                                   [](const Entry& entry, std::string_view name) { return entry.path < name; });
  if (at == entries_.end() || at->path != path) return std::nullopt;
  return static_cast<std::size_t>(at - entries_.begin());
}

}  // namespace scar::ingest
