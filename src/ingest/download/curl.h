#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace scar::ingest {

/// `text` as one part, or several with '/' between them, of a URL's path: RFC 3986's unreserved characters stay.
[[nodiscard]] std::string percent_encoded(std::string_view path);

/// The URL of a folder, with '/' at its end: https://, http:// or file:///, without account, query and fragment, for a
/// password does not belong on a command line. Anything else is Error(out_of_range) at `where`.
[[nodiscard]] std::string folder_url(std::string_view text, const std::string& where);

struct Transfer {
  std::string url;
  std::filesystem::path to;  // what is there is continued
};

struct TransferResult {
  std::size_t index = 0;  // of the Transfer
  int exit_code = 0;      // curl's, 0 = all that the server announced is there
  int http_status = 0;    // 0 if none came
  std::int64_t bytes = 0;
  std::string message;  // curl's, "" if it has none
};

struct TransferOptions {
  int jobs = 4;
  bool netrc = false;
};

/// The program curl: transfers run in it, many at a time over connections that are used again. Proxies and certificates
/// come from the environment as curl documents; its configuration files are not read.
class Curl {
 public:
  Curl();  // Error(program_missing) if PATH has no curl, or one older than 7.75

  /// Starts all transfers, which must be of one scheme. `on_result` hears of each that has ended and `on_tick` is called
  /// about twice a second; if one of them returns false, what still runs is ended where it is and never reported.
  /// Error(internal) with curl's words if it does not start at all.
  void run(const std::vector<Transfer>& transfers, const TransferOptions& options,
           const std::function<bool(const TransferResult&)>& on_result, const std::function<bool()>& on_tick) const;

 private:
  std::filesystem::path program_;
};

}  // namespace scar::ingest
