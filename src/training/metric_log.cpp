#include "scar/training/metric_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"

namespace scar::training {

namespace fs = std::filesystem;

MetricLog::MetricLog(fs::path path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {
  std::error_code error;
  const auto size = fs::exists(path_) ? static_cast<std::uint64_t>(fs::file_size(path_, error)) : 0u;
  if (size < bytes) {
    throw Error(Code::checkpoint_corrupt, "metrics.jsonl is shorter than the checkpoint says")
        .at(path_.string())
        .got(cat(size, " bytes"))
        .wanted(cat("at least ", bytes))
        .hint("put the file back, or start a new run directory");
  }
  if (size > bytes) fs::resize_file(path_, bytes, error);
  if (error) throw Error(Code::write_failed, "cannot shorten metrics.jsonl").at(path_.string()).got(error.message());
}

void MetricLog::write(const std::string& kind, std::int64_t step, const Json& values) {
  Json line;
  line["v"] = 1;
  line["t"] = utc_now();
  line["kind"] = kind;
  line["step"] = step;
  line.update(values);
  const auto text = line.dump() + "\n";  // the library writes NaN and infinity as null
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor >= 0) errno = ENOSPC;  // what a short write means, which sets no error of its own
  const bool written =
      descriptor >= 0 && ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int problem = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!written) fail_file(problem, "cannot write metrics", path_);
  bytes_ += text.size();
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace scar::training
