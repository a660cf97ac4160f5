#include "scar/core/error.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "scar/core/cat.h"

namespace scar {

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
  std::string best;
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
