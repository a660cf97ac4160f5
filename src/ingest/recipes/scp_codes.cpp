#include "scar/ingest/recipes/scp_codes.h"

#include <algorithm>
#include <optional>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "strict_text.h"

namespace scar::ingest {

namespace {

constexpr std::size_t kMaxBytes = 8192;
constexpr std::size_t kMaxCodes = 128;
constexpr std::size_t kMaxCodeLength = 32;

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  std::vector<ScpCode> parse() {
    if (text_.size() > kMaxBytes) fail("a text of this length", cat(text_.size(), " bytes"));
    std::vector<ScpCode> codes;
    skip_blanks();
    take('{', "'{'");
    skip_blanks();
    while (peek() != '}') {
      if (codes.size() == kMaxCodes) fail("more codes than there are", cat("at most ", kMaxCodes));
      codes.push_back(entry());
      const auto& name = codes.back().code;
      if (std::count_if(codes.begin(), codes.end(), [&](const ScpCode& c) { return c.code == name; }) > 1) {
        fail(cat("the code ", shown(name), " a second time"), "every code once");
      }
      skip_blanks();
      if (peek() != ',') break;
      ++at_;
      skip_blanks();
    }
    take('}', "',' or '}'");
    skip_blanks();
    if (at_ != text_.size()) fail("more text after the dict", "the end of the field");
    return codes;
  }

 private:
  [[noreturn]] void fail(const std::string& got, const std::string& wanted) const {
    throw Error(Code::scp_codes_invalid, "scp_codes is not a dict of codes and likelihoods")
        .at(where_)
        .got(cat(got, " at character ", at_ + 1))
        .wanted(wanted);
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] std::string next() const {
    return at_ < text_.size() ? shown(text_.substr(at_, 1)) : std::string("the end");
  }
  void skip_blanks() {
    while (peek() == ' ') ++at_;
  }
  void take(char c, const char* wanted) {
    if (peek() != c || at_ == text_.size()) fail(next(), wanted);
    ++at_;
  }

  ScpCode entry() {
    ScpCode result;
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail(next(), "a code in quotes");
    ++at_;
    const auto is_code_character = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '(' || c == ')' || c == '_';
    };
    while (is_code_character(peek())) result.code += text_[at_++];
    if (peek() != quote) fail(next(), "capital letters, digits and /()_, then the closing quote");
    if (result.code.empty() || result.code.size() > kMaxCodeLength) fail("a code of this length", "1 to 32 characters");
    ++at_;
    skip_blanks();
    take(':', "':'");
    skip_blanks();
    const std::size_t begin = at_;
    while ((peek() >= '0' && peek() <= '9') || peek() == '.') ++at_;
    const auto value = text_.substr(begin, at_ - begin);
    const auto number = parse_number<double>(value);
    if (value.empty() || value.front() == '.' || !number || *number > 100) {
      at_ = begin;
      fail(next(), "a number from 0 to 100");
    }
    result.likelihood = *number;
    return result;
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<ScpCode> parse_scp_codes(std::string_view text, const std::string& where) {
  return Parser(text, where).parse();
}

}  // namespace scar::ingest
