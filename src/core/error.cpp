#include "scar/core/error.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/utf8.h"

namespace scar {

namespace {

// Names and lines of a file stand in messages: what is not UTF-8, and control characters but tab and line end, as \xNN,
// so that neither a terminal nor a JSON log takes harm.
void make_printable(std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_sequence_length(text, at);
    const auto first = static_cast<unsigned char>(text[at]);
    const bool control = (length == 1 && (first < 0x20 || first == 0x7F) && first != '\t' && first != '\n') ||
                         (length == 2 && first == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0);
    if (length > 0 && !control) {
      out.append(text, at, length);
      at += length;
      continue;
    }
    const auto end = at + std::max<std::size_t>(length, 1);
    for (; at < end; ++at) {
      constexpr char kDigits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(text[at]);
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  text = std::move(out);
}

}  // namespace

int exit_status(Code code) { return static_cast<int>(code) / 1000; }

Error::Error(Code code, std::string what) {
  problems_.push_back(Problem{.code = code, .what = std::move(what)});
  render();
}

Error::Error(std::vector<Problem> problems) : problems_(std::move(problems)) {
  if (problems_.empty()) problems_.push_back(Problem{.code = Code::internal, .what = "an error without a problem"});
  render();
}

void Error::render() {
  text_.clear();
  for (auto& problem : problems_) {
    for (auto* part :
         {&problem.what, &problem.where, &problem.source_line, &problem.got, &problem.wanted, &problem.hint})
      make_printable(*part);
  }
  for (const auto& problem : problems_) text_ += scar::render(problem);
}

Error&& Error::at(std::string where) && {
  problems_.front().where = std::move(where);
  render();
  return std::move(*this);
}
Error&& Error::source_line(std::string line) && {
  problems_.front().source_line = std::move(line);
  render();
  return std::move(*this);
}
Error&& Error::got(std::string text) && {
  problems_.front().got = std::move(text);
  render();
  return std::move(*this);
}
Error&& Error::wanted(std::string text) && {
  problems_.front().wanted = std::move(text);
  render();
  return std::move(*this);
}
Error&& Error::hint(std::string text) && {
  problems_.front().hint = std::move(text);
  render();
  return std::move(*this);
}

void Problems::throw_if_any() const {
  if (!list_.empty()) throw Error(list_);
}

std::string render(const Problem& problem) {
  std::string out = cat("error[E", static_cast<int>(problem.code), "]: ", problem.what, "\n");
  std::string detail;
  if (!problem.got.empty()) detail = cat("got ", problem.got);
  if (!problem.wanted.empty()) detail += cat(detail.empty() ? "" : ", ", "expected ", problem.wanted);
  if (!problem.where.empty()) {
    out += cat("  --> ", problem.where, "\n");
  }
  if (!problem.source_line.empty()) {
    // `where` ends in line[:column]; the line number is shown again beside the text, as compilers do.
    out += cat("   | ", problem.source_line, "\n");
  }
  if (!detail.empty()) out += cat("  ", detail, "\n");
  if (!problem.hint.empty()) out += cat("  help: ", problem.hint, "\n");
  return out;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestName = 128;  // the table below grows with the square; no name of ours is that long
  std::string best;
  if (name.size() > kLongestName) return best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    // Damerau-Levenshtein (optimal string alignment): two swapped letters are one slip.
    const auto n = name.size(), m = candidate.size();
    std::vector<std::vector<std::size_t>> d(n + 1, std::vector<std::size_t>(m + 1));
    for (std::size_t i = 0; i <= n; ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= m; ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= n; ++i) {
      for (std::size_t j = 1; j <= m; ++j) {
        const std::size_t cost = name[i - 1] == candidate[j - 1] ? 0 : 1;
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
        if (i > 1 && j > 1 && name[i - 1] == candidate[j - 2] && name[i - 2] == candidate[j - 1]) {
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    if (d[n][m] < best_distance) {
      best_distance = d[n][m];
      best = candidate;
    }
  }
  return best;
}

}  // namespace scar
