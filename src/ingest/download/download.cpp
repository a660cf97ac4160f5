#include "scar/ingest/download.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "../checksum_list.h"
#include "checked_files.h"
#include "curl.h"
#include "fetch.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/parallel.h"
#include "scar/core/stop_flag.h"
#include "scar/ingest/data_root.h"
#include "selection.h"

namespace scar::ingest {

namespace fs = std::filesystem;

namespace {

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  const auto code = error == std::errc::permission_denied || error == std::errc::read_only_file_system
                        ? Code::permission
                    : error == std::errc::no_space_on_device ? Code::disk_full
                                                             : Code::write_failed;
  throw Error(code, cat("cannot create the folder: ", error.message())).at(folder.string());
}

void rename_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw Error(Code::write_failed, cat("cannot rename into place: ", error.message())).at(to.string());
}

fs::path part_of(const fs::path& path) { return {path.string() + kPartSuffix}; }

/// A folder of the system for temporary files, for a dry run that must leave nothing behind.
class ScratchFolder {
 public:
  ScratchFolder() {
    auto name = (fs::temp_directory_path() / "scar-download-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(Code::write_failed, "cannot make a temporary folder").at(name).hint("set TMPDIR");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Download {
 public:
  Download(const RemoteDataset& dataset, const fs::path& out, const DownloadOptions& options,
           const std::function<void(const DownloadProgress&)>& progress)
      : dataset_(dataset),
        out_(out),
        state_(out / kStateFolder),
        options_(options),
        progress_(progress),
        source_(options.source.empty() ? dataset.source : folder_url(options.source, "command line: --source")) {}

  DownloadSummary run() {
    std::optional<FileLock> lock;
    refuse_other_project();
    if (!options_.dry_run) {
      make_folders(state_);
      lock.emplace(state_ / "lock");
    }
    const auto list = obtain_list();
    if (!list) return stopped();
    const auto chosen = choose_files(*list, source_ + kChecksumListName, dataset_, options_);
    summary_.files = static_cast<std::int64_t>(chosen.size());
    summary_.root = preparation_root(out_, *list, chosen, dataset_);
    if (options_.dry_run) {
      for (const auto index : chosen) summary_.there += stamp_of(place(*list, index)) ? 1 : 0;
      return summary_;
    }
    CheckedFiles checked(state_ / "checked", *list);
    const auto absent = look(*list, chosen, checked);
    summary_.there = summary_.files - static_cast<std::int64_t>(absent.size());
    if (!absent.empty() && stop_signal() == 0) fetch_files(*list, absent, checked);
    return stop_signal() != 0 ? stopped() : summary_;
  }

 private:
  [[nodiscard]] DownloadSummary stopped() {
    summary_.stopped = true;
    return summary_;
  }

  [[nodiscard]] fs::path place(const ChecksumList& list, std::size_t index) const {
    return inside_root(out_, list.entries()[index].path, source_ + kChecksumListName);
  }

  [[nodiscard]] const Curl& curl() {  // only a call that fetches something needs it
    if (!curl_) curl_.emplace();
    return *curl_;
  }

  /// "PROJECT SHA256": what the folder is a copy of, and the list that it was begun with.
  [[nodiscard]] std::pair<std::string, std::string> known_project() const {
    std::error_code ignored;
    if (!fs::exists(state_ / "project", ignored)) return {};
    const auto text = read_regular_file(state_ / "project", 4096);
    const auto blank = std::min(text.find(' '), text.size());
    return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()), 64)};
  }

  void refuse_other_project() const {
    const auto project = known_project().first;
    if (project.empty() || project == dataset_.project) return;
    throw Error(Code::output_exists, "the folder holds a download of something else")
        .at(out_.string())
        .got(project)
        .wanted(dataset_.project)
        .hint("give each project a folder of its own");
  }

  /// The list that lies here from the last call, else that of the source. Nothing: stopped by a signal.
  [[nodiscard]] std::optional<ChecksumList> obtain_list() {
    const auto kept = out_ / kChecksumListName;
    std::error_code ignored;
    if (const auto hash = known_project().second; !options_.check && !hash.empty() && fs::exists(kept, ignored)) {
      auto text = read_regular_file(kept, kMaxChecksumListBytes);
      if (sha256_hex(text) == hash) return ChecksumList::parse(std::move(text), kept.string());
    }
    const auto url = source_ + kChecksumListName;
    std::optional<ScratchFolder> scratch;
    if (options_.dry_run) scratch.emplace();
    const auto part = (scratch ? scratch->path() : state_) / (std::string(kChecksumListName) + kPartSuffix);
    std::optional<ChecksumList> list;
    FetchPlan plan;
    plan.count = 1;
    plan.max_bytes = static_cast<std::int64_t>(kMaxChecksumListBytes);
    plan.transfer = [&](std::size_t) {
      std::error_code none;
      fs::remove(part, none);  // never continued: nothing tells whether both halves are of one list
      return Transfer{url, part};
    };
    plan.accept = [&](std::size_t) {
      list = ChecksumList::parse(read_regular_file(part, kMaxChecksumListBytes), url);
      return true;
    };
    auto options = options_;
    options.jobs = 1;
    const auto outcome = fetch(plan, curl(), dataset_, options, [this](std::int64_t, std::int64_t bytes) {
      progress_({DownloadProgress::Stage::list, 0, 0, bytes});
    });
    if (outcome.stopped) return std::nullopt;
    if (!outcome.failures.empty()) {
      throw Error(Code::transfer_failed, "the list of files could not be fetched")
          .at(url)
          .got(outcome.failures.front().why)
          .hint(
              "is the server reachable from here? A proxy is taken from https_proxy, another copy of the dataset "
              "from --source");
    }
    if (options_.dry_run) return list;
    // What the list names is checked before it replaces another one.
    (void)choose_files(*list, url, dataset_, options_);
    fsync_path(part);
    const auto hash = sha256_file(part);
    rename_file(part, kept);
    write_file_atomically(state_ / "project", cat(dataset_.project, " ", hash, "\n"));
    return list;
  }

  /// Which of the chosen files are still to be fetched. One with another SHA-256 becomes NAME.part: if it was only cut
  /// it is continued, else the first attempt finds out.
  [[nodiscard]] std::vector<std::size_t> look(const ChecksumList& list, const std::vector<std::size_t>& chosen,
                                              CheckedFiles& checked) {
    enum class State { absent, known, good, other };
    struct Found {
      State state = State::absent;
      FileStamp stamp;
    };
    constexpr std::size_t kStep = 512;
    const int threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
    std::vector<std::size_t> absent;
    for (std::size_t first = 0; first < chosen.size() && stop_signal() == 0; first += kStep) {
      const auto count = std::min(kStep, chosen.size() - first);
      std::vector<Found> found(count);
      for_each_parallel(0, static_cast<std::int64_t>(count), threads, [&](std::int64_t i) {
        const auto index = chosen[first + static_cast<std::size_t>(i)];
        const auto path = place(list, index);
        const auto stamp = stamp_of(path);
        if (!stamp) return;
        auto& one = found[static_cast<std::size_t>(i)];
        one.stamp = *stamp;
        if (!options_.check && checked.knows(index, *stamp))
          one.state = State::known;
        else
          one.state = sha256_file(path) == list.entries()[index].sha256 ? State::good : State::other;
      });
      for (std::size_t i = 0; i < count; ++i) {
        const auto index = chosen[first + i];
        if (found[i].state == State::good) checked.add(index, found[i].stamp);
        if (found[i].state == State::other) {
          rename_file(place(list, index), part_of(place(list, index)));
          ++summary_.replaced;
        }
        if (found[i].state == State::absent || found[i].state == State::other) absent.push_back(index);
      }
      checked.save();
      if (first + count < chosen.size()) {
        progress_({DownloadProgress::Stage::check, static_cast<std::int64_t>(first + count),
                   static_cast<std::int64_t>(chosen.size()), 0});
      }
    }
    return absent;
  }

  void fetch_files(const ChecksumList& list, const std::vector<std::size_t>& absent, CheckedFiles& checked) {
    const auto accept = [&](std::size_t index) {
      const auto path = place(list, index);
      const auto part = part_of(path);
      std::error_code ignored;
      if (!fs::exists(part, ignored)) OutputFile(part).close();  // curl makes no file of an answer without bytes
      if (sha256_file(part) != list.entries()[index].sha256) {
        fs::remove(part, ignored);
        return false;
      }
      fsync_path(part);
      rename_file(part, path);
      checked.add(index, *stamp_of(path));
      checked.save();
      return true;
    };
    FetchPlan plan;
    plan.count = absent.size();
    plan.accept = [&](std::size_t i) { return accept(absent[i]); };
    plan.transfer = [&](std::size_t i) -> std::optional<Transfer> {
      const auto& entry = list.entries()[absent[i]];
      const auto path = place(list, absent[i]);
      if (path.parent_path() != last_folder_) make_folders(last_folder_ = path.parent_path());
      const auto part = part_of(path);
      // Whole since a call that was killed before it knew. Not so if it is longer or of another version: then the
      // server's answer tells.
      if (stamp_of(part) && sha256_file(part) == entry.sha256 && accept(absent[i])) return std::nullopt;
      return Transfer{source_ + percent_encoded(entry.path), part};
    };
    const auto total = static_cast<std::int64_t>(absent.size());
    const auto outcome = fetch(plan, curl(), dataset_, options_, [&](std::int64_t done, std::int64_t bytes) {
      progress_({DownloadProgress::Stage::fetch, done, total, bytes});
    });
    summary_.fetched = outcome.fetched;
    summary_.bytes = outcome.bytes;
    if (!outcome.stopped && !outcome.failures.empty()) throw_failures(list, absent, outcome);
  }

  [[noreturn]] void throw_failures(const ChecksumList& list, const std::vector<std::size_t>& absent,
                                   const FetchOutcome& outcome) const {
    constexpr std::size_t kNamed = 5;
    std::map<FetchFailure::Kind, std::vector<const FetchFailure*>> kinds;  // transfer first: the one to try again
    for (const auto& failure : outcome.failures) kinds[failure.kind].push_back(&failure);
    std::vector<Problem> problems;
    for (const auto& [kind, failures] : kinds) {
      Problem problem;
      std::string names;
      for (std::size_t i = 0; i < std::min(kNamed, failures.size()); ++i)
        names += cat(i > 0 ? ", " : "", list.entries()[absent[failures[i]->index]].path, ": ", failures[i]->why);
      if (failures.size() > kNamed) names += cat(", and ", failures.size() - kNamed, " more");
      const auto number = cat(failures.size(), " of ", summary_.files, " files ");
      if (kind == FetchFailure::Kind::transfer) {
        problem.code = Code::transfer_failed;
        problem.what = number + "could not be fetched";
        problem.hint = "run the same command again: it keeps what is there and goes on with these";
      } else if (kind == FetchFailure::Kind::checksum) {
        problem.code = Code::file_checksum;
        problem.what = number + "do not have the SHA-256 that the source lists; they were not kept";
        problem.hint = "run the same command again, or with --check for a new list; a proxy or mirror may change files";
      } else {
        problem.code = Code::data_missing;
        problem.what = number + "are listed, but the source does not give them out";
        problem.hint = "a copy may be incomplete: try another --source; or choose a part with --only";
      }
      problem.where = out_.string();
      problem.got = names;
      problems.push_back(std::move(problem));
    }
    throw Error(std::move(problems));
  }

  const RemoteDataset& dataset_;
  const fs::path out_, state_;
  const DownloadOptions& options_;
  const std::function<void(const DownloadProgress&)>& progress_;
  const std::string source_;
  std::optional<Curl> curl_;
  fs::path last_folder_;
  DownloadSummary summary_;
};

}  // namespace

DownloadSummary download(const RemoteDataset& dataset, const fs::path& out, const DownloadOptions& options,
                         const std::function<void(const DownloadProgress&)>& progress) {
  return Download(dataset, out, options, progress).run();
}

}  // namespace scar::ingest
