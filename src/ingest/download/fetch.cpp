#include "fetch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/stop_flag.h"

namespace scar::ingest {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBatch =
    256;  // transfers of one curl process: few enough to be lost, enough to reuse connections

constexpr int kMostMissing = 1000;  // files in a row; then the rest is not asked for

// curl's exit codes, as its manual lists them.
constexpr int kHttpError = 22, kWriteError = 23, kRangeError = 33, kBadResume = 36, kCannotReadFile = 37;
constexpr int kUntrusted = 60, kBadCaFile = 77;

std::int64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

std::string host_of(const std::string& url) {
  const auto begin = url.find("//") + 2;
  return url.substr(begin, url.find_first_of("/:", begin) - begin);
}

/// curl could not write: asks the disk itself, which says why.
[[noreturn]] void explain_write_failure(const fs::path& path, const std::string& message) {
  const auto probe = fs::path(path.string() + ".probe");
  try {
    OutputFile out(probe);
    out.write(std::string(std::size_t{1} << 20, '\0'));
    out.close();
  } catch (...) {
    ::unlink(probe.c_str());
    throw;
  }
  ::unlink(probe.c_str());
  throw Error(Code::write_failed, "curl could not write a file").at(path.string()).got(message);
}

Error refused(const TransferResult& result, const std::string& url, const RemoteDataset& dataset, bool netrc) {
  const auto host = host_of(url);
  const auto how =
      cat("write 'machine ", host,
          " login NAME password PASSWORD' into ~/.netrc (chmod 600) and run the same command with --netrc");
  return Error(Code::access_refused, "the server does not give out this file")
      .at(url)
      .got(cat("HTTP ", result.http_status, netrc ? cat(", with the account of ~/.netrc for ", host) : ""))
      .hint(cat(dataset.page, " says who may read ", dataset.title,
                ": log in there, and where it asks for it show the training and sign the agreement. Then ",
                netrc ? cat("check name and password in ~/.netrc for ", host) : how));
}

bool is_passing_http(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

class Fetch {
 public:
  Fetch(const FetchPlan& plan, const Curl& curl, const RemoteDataset& dataset, const DownloadOptions& options,
        const std::function<void(std::int64_t, std::int64_t)>& report)
      : plan_(plan),
        curl_(curl),
        dataset_(dataset),
        options_(options),
        report_(report),
        most_in_a_row_(std::max(8, 2 * options.jobs)) {}

  FetchOutcome run() {
    for (std::size_t i = 0; i < plan_.count; ++i) queue_.push_back({i, 0});
    for (int round = 0; !(queue_.empty() && later_.empty()) && stop_signal() == 0;) {
      if (queue_.empty()) {
        pause(round++);
        queue_.swap(later_);
        continue;
      }
      run_batch();
      if (in_a_row_ < most_in_a_row_) continue;
      if (++outages_ >= options_.attempts) {
        throw Error(Code::transfer_failed, "the server has stopped to answer")
            .at(last_url_)
            .got(cat(last_message_, "; ", in_a_row_, " files in a row, ", outages_, " times"))
            .hint("run the same command later; it goes on where it stopped");
      }
      in_a_row_ = 0;
      pause(outages_);
    }
    outcome_.stopped = stop_signal() != 0;
    return std::move(outcome_);
  }

 private:
  struct File {
    std::size_t index;
    int attempts;
  };
  struct Running {
    File file;
    std::int64_t had = 0;  // bytes there before
    bool ended = false;
  };

  void run_batch() {
    batch_.clear();
    std::vector<Transfer> transfers;
    while (!queue_.empty() && transfers.size() < kBatch && stop_signal() == 0) {
      const auto file = queue_.front();
      queue_.pop_front();
      auto transfer = plan_.transfer(file.index);
      if (!transfer) {
        ++done_;
        continue;
      }
      batch_.push_back({file, size_of(transfer->to)});
      transfers.push_back(std::move(*transfer));
    }
    if (transfers.empty()) return;
    curl_.run(
        transfers, {options_.jobs, options_.netrc},
        [&](const TransferResult& result) {
          const auto& transfer = transfers[result.index];
          batch_[result.index].ended = true;
          outcome_.bytes += result.bytes;
          on_result(batch_[result.index], transfer, result);
          return stop_signal() == 0 && in_a_row_ < most_in_a_row_;
        },
        [&] {
          std::int64_t bytes = outcome_.bytes;
          for (std::size_t i = 0; i < transfers.size(); ++i) {
            if (batch_[i].ended) continue;
            const auto size = size_of(transfers[i].to);
            bytes += std::max<std::int64_t>(0, size - batch_[i].had);
            if (plan_.max_bytes > 0 && size > plan_.max_bytes) too_long(transfers[i]);
          }
          report_(done_, bytes);
          return stop_signal() == 0;
        });
    for (auto running = batch_.rbegin(); running != batch_.rend(); ++running) {
      if (!running->ended) queue_.push_front(running->file);
    }
  }

  void on_result(const Running& running, const Transfer& transfer, const TransferResult& result) {
    const int http = result.http_status;
    if (http == 401) throw refused(result, transfer.url, dataset_, options_.netrc);
    refused_in_a_row_ = http == 403 ? refused_in_a_row_ + 1 : 0;
    // One 403 among others may be a file that is not there: that is how storage buckets put it.
    if (refused_in_a_row_ >= std::min<std::size_t>(plan_.count, 8))
      throw refused(result, transfer.url, dataset_, options_.netrc);
    if (result.exit_code == kWriteError) explain_write_failure(transfer.to, result.message);
    if (result.exit_code == kUntrusted || result.exit_code == kBadCaFile) {
      throw Error(Code::transfer_failed, "the certificate of the server is not trusted")
          .at(transfer.url)
          .got(result.message)
          .hint("install ca-certificates, or name the authority's file in CURL_CA_BUNDLE");
    }
    if (result.exit_code == 0) {
      if (plan_.max_bytes > 0 && size_of(transfer.to) > plan_.max_bytes) too_long(transfer);
      in_a_row_ = outages_ = missing_in_a_row_ = 0;
      if (plan_.accept(running.file.index)) {
        ++done_;
        ++outcome_.fetched;
      } else {
        again(running.file, FetchFailure::Kind::checksum, "its SHA-256 is not the listed one");
      }
      return;
    }
    const auto why = http >= 400 ? cat("HTTP ", http) : result.message;
    if (running.had > 0 &&
        (result.exit_code == kRangeError || result.exit_code == kBadResume || (http == 416 && result.exit_code != 0))) {
      // The server cannot continue the file, or it is longer than the server's: from the beginning. No attempt is
      // counted, for now there is nothing to continue and this cannot repeat.
      std::error_code ignored;
      fs::remove(transfer.to, ignored);
      queue_.push_back(running.file);
      return;
    }
    if ((result.exit_code == kHttpError && !is_passing_http(http)) || result.exit_code == kCannotReadFile) {
      if (++missing_in_a_row_ == kMostMissing) {
        throw Error(Code::data_missing, "the source does not give out what it lists")
            .at(transfer.url)
            .got(cat(why, ", ", missing_in_a_row_, " files in a row"))
            .hint("a copy may be incomplete: try another --source; or choose a part with --only");
      }
      ++done_;
      outcome_.failures.push_back({running.file.index, FetchFailure::Kind::missing, why});
      return;
    }
    ++in_a_row_;
    last_url_ = transfer.url;
    last_message_ = why;
    again(running.file, FetchFailure::Kind::transfer, why);
  }

  void again(File file, FetchFailure::Kind kind, const std::string& why) {
    if (++file.attempts < options_.attempts) {
      later_.push_back(file);
    } else {
      ++done_;
      outcome_.failures.push_back({file.index, kind, cat(why, " (", file.attempts, " attempts)")});
    }
  }

  [[noreturn]] void too_long(const Transfer& transfer) const {
    std::error_code ignored;
    fs::remove(transfer.to, ignored);
    throw Error(Code::checksum_list_invalid, "the list is longer than any that is expected")
        .at(transfer.url)
        .wanted(cat("at most ", plan_.max_bytes, " bytes"));
  }

  /// 1, 2, 4 ... 30 s, and no longer than until a signal.
  static void pause(int times) {
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + std::min(1s * (1 << std::min(times, 5)), 30s);
    while (stop_signal() == 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(50ms);
  }

  const FetchPlan& plan_;
  const Curl& curl_;
  const RemoteDataset& dataset_;
  const DownloadOptions& options_;
  const std::function<void(std::int64_t, std::int64_t)>& report_;
  std::deque<File> queue_, later_;  // later: in the next round
  std::vector<Running> batch_;
  FetchOutcome outcome_;
  std::int64_t done_ = 0;  // fetched, failed or needless
  // A server that is down fails thousands of files at once: these count failures without a success between them.
  int in_a_row_ = 0, outages_ = 0, missing_in_a_row_ = 0;
  const int most_in_a_row_;
  std::size_t refused_in_a_row_ = 0;
  std::string last_url_, last_message_;
};

}  // namespace

FetchOutcome fetch(const FetchPlan& plan, const Curl& curl, const RemoteDataset& dataset,
                   const DownloadOptions& options, const std::function<void(std::int64_t, std::int64_t)>& report) {
  return Fetch(plan, curl, dataset, options, report).run();
}

}  // namespace scar::ingest
