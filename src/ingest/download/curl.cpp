#include "curl.h"

#include <array>
#include <chrono>
#include <optional>

#include "../strict_text.h"
#include "child_process.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kMark = "scar-transfer\t";
constexpr milliseconds kTick{500};

/// A value of curl's configuration format.
std::string config_value(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\v':
        out += "\\v";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

std::string_view scheme_of(std::string_view url) { return url.substr(0, url.find(':')); }

std::string configuration(const std::vector<Transfer>& transfers, const TransferOptions& options) {
  const auto scheme = scheme_of(transfers.front().url);
  auto out = cat("silent\nno-progress-meter\nparallel\nparallel-max = ", options.jobs,
                 "\nfail\ngloboff\nlocation\nmax-redirs = 5\nproto = \"=", scheme,
                 "\"\nproto-redir = \"=", scheme == "http" ? "http,https" : scheme,
                 "\"\ncontinue-at = -\nconnect-timeout = 30\nspeed-limit = 1\nspeed-time = 60\n");
  if (options.netrc) out += "netrc\n";
  // To stderr, since curl's stdout is held back until a block is full.
  out += cat(
      "write-out = ",
      config_value(cat("%{stderr}", kMark, "%{urlnum}\t%{exitcode}\t%{http_code}\t%{size_download}\t%{errormsg}\n")),
      "\n");
  for (const auto& transfer : transfers)
    out += cat("url = ", config_value(transfer.url), "\noutput = ", config_value(transfer.to.string()), "\n");
  return out;
}

std::optional<TransferResult> parse_result(std::string_view line) {
  if (!line.starts_with(kMark)) return std::nullopt;
  line.remove_prefix(kMark.size());
  std::array<std::string_view, 4> fields;
  for (auto& field : fields) {
    const auto end = line.find('\t');
    if (end == std::string_view::npos) return std::nullopt;
    field = line.substr(0, end);
    line.remove_prefix(end + 1);
  }
  const auto index = parse_number<std::size_t>(fields[0]);
  const auto exit_code = parse_number<int>(fields[1]), http_status = parse_number<int>(fields[2]);
  const auto bytes = parse_number<std::int64_t>(fields[3]);
  if (!index || !exit_code || !http_status || !bytes) return std::nullopt;
  return TransferResult{*index, *exit_code, *http_status, *bytes, std::string(line)};
}

Error missing(std::string what) {
  return Error(Code::program_missing, std::move(what))
      .wanted("curl 7.75 or newer")
      .hint("install it, on Debian and Ubuntu: apt-get install curl");
}

}  // namespace

std::string percent_encoded(std::string_view path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~' || c == '/') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string folder_url(std::string_view text, const std::string& where) {
  const auto refuse = [&](const char* wanted) {
    return Error(Code::out_of_range, "not the URL of a folder").at(where).got(shown(text, 200)).wanted(wanted);
  };
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  if (!web && !text.starts_with("file:///")) throw refuse("https://..., http://... or file:///...");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '"' || c == '\\' || c == '?' || c == '#')
      throw refuse("a URL without blanks, quotes, backslashes, '?' and '#'; others are written as %XX");
  }
  const auto host = text.substr(text.find("//") + 2);
  const auto authority = host.substr(0, host.find('/'));
  // Not shown: what stands before the '@' is a secret.
  if (authority.find('@') != std::string_view::npos) {
    throw Error(Code::out_of_range, "a URL with an account in it is not accepted")
        .at(where)
        .hint("passwords belong into ~/.netrc (see curl's --netrc); then say --netrc");
  }
  if (web && authority.empty()) throw refuse("a host after the //");
  return text.ends_with('/') ? std::string(text) : cat(text, "/");
}

Curl::Curl() {
  const auto found = find_program("curl");
  if (!found) throw missing("the program curl was not found on PATH");
  program_ = *found;
  ChildProcess process(program_, {"--disable", "--version"}, "");
  std::string text;
  while (process.read(text, milliseconds(5000))) {
  }
  process.wait();
  std::string_view version = text;
  version = version.substr(0, version.find_first_of("\n"));
  const auto shown_version = std::string(version);
  if (version.starts_with("curl ")) version.remove_prefix(5);
  const auto dot = version.find('.');
  const auto major = parse_number<int>(version.substr(0, dot));
  auto rest = dot == std::string_view::npos ? std::string_view{} : version.substr(dot + 1);
  const auto minor = parse_number<int>(rest.substr(0, rest.find_first_not_of("0123456789")));
  // 7.75: each result names its transfer, its exit code and its message.
  if (!major || !minor || *major < 7 || (*major == 7 && *minor < 75))
    throw missing("curl is too old, or is not curl").at(program_.string()).got(shown(shown_version));
}

void Curl::run(const std::vector<Transfer>& transfers, const TransferOptions& options,
               const std::function<bool(const TransferResult&)>& on_result,
               const std::function<bool()>& on_tick) const {
  ChildProcess process(program_, {"--disable", "--config", "-"}, configuration(transfers, options));
  std::string text, words;
  std::size_t heard = 0;
  auto next_tick = std::chrono::steady_clock::now() + kTick;
  for (bool open = true; open;) {
    open = process.read(text, kTick);
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      const auto line = std::string_view(text).substr(begin, end - begin);
      begin = end + 1;
      const auto result = parse_result(line);
      if (result && result->index < transfers.size()) {
        ++heard;
        if (!on_result(*result)) return;
      } else if (words.size() < 1000) {
        words += cat(words.empty() ? "" : "; ", line);
      }
    }
    text.erase(0, begin);
    if (std::chrono::steady_clock::now() >= next_tick) {
      if (!on_tick()) return;
      next_tick = std::chrono::steady_clock::now() + kTick;
    }
  }
  const int status = process.wait();
  if (heard == 0) {
    throw Error(Code::internal, "curl ended without a result")
        .at(program_.string())
        .got(cat("exit status ", status, words.empty() ? "" : ": ", shown(words, 300)));
  }
}

}  // namespace scar::ingest
