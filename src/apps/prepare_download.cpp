#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/ingest/download.h"

namespace scar::apps {

namespace {

std::string names() {
  std::string out;
  for (const auto& dataset : ingest::remote_datasets()) out += cat(out.empty() ? "" : ", ", dataset.name);
  return out;
}

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}

/// The progress line. Its speed is that of the present stage.
class Progress {
 public:
  void operator()(const ingest::DownloadProgress& now) {
    using Stage = ingest::DownloadProgress::Stage;
    if (now.stage != stage_) {
      stage_ = now.stage;
      begin_ = std::chrono::steady_clock::now();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin_;
    const double seconds = std::max(taken.count(), 1e-3);
    if (now.stage == Stage::list) {
      log::progress(cat("list of files: ", megabytes(static_cast<double>(now.bytes))));
      return;
    }
    auto text = cat(now.stage == Stage::check ? "checked " : "files ", grouped(now.done), "/", grouped(now.total));
    if (now.stage == Stage::fetch) {
      text += cat("  ", megabytes(static_cast<double>(now.bytes)), ", ",
                  megabytes(static_cast<double>(now.bytes) / seconds), "/s");
    }
    if (now.done > 0) {
      // By files, for the list tells no sizes.
      const auto left =
          std::llround(static_cast<double>(now.total - now.done) * seconds / static_cast<double>(now.done));
      text += cat(", ", left / 60, " min ", left % 60, " s left");
    }
    log::progress(text);
  }

 private:
  ingest::DownloadProgress::Stage stage_ = ingest::DownloadProgress::Stage::list;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class DownloadVerb final : public Verb {
 public:
  explicit DownloadVerb(Arguments& arguments)
      : Verb(arguments.verb("download",
                            "Fetches a dataset from its publisher with the program curl: every file is checked "
                            "against the publisher's SHA-256, and an interrupted download goes on where it was.",
                            "scar-prepare download ptbxl --out /data/ptb-xl-1.0.3 --rate 100")),
        table_(options_),
        keys_(command_, table_) {
    command_.positional("NAME", name_, names());
    command_.option("--out", out_, "folder for the files; what is in it already is checked and kept", true);
  }

  int run(const Arguments& arguments) override {
    Problems problems;
    keys_.apply(problems);
    problems.throw_if_any();
    const auto& dataset = ingest::remote_dataset(name_);
    log::info(cat(dataset.title, " from ", options_.source.empty() ? dataset.source : options_.source,
                  "; licence and access: ", dataset.page));
    const auto start = std::chrono::steady_clock::now();
    const auto summary = ingest::download(dataset, out_, options_, Progress());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    log::end_progress();
    if (summary.stopped) {
      log::info("stopped by a signal; what is there stays, and the same command goes on from there");
      return 75;
    }
    if (arguments.json())
      print_json(summary, taken.count());
    else
      print_text(dataset, summary);
    return 0;
  }

 private:
  [[nodiscard]] std::string next(const ingest::DownloadSummary& summary) const {
    return cat("scar-prepare ", name_, " --root ", summary.root.string(), " --out data/", name_, ".store",
               options_.rate == "500" ? " --rate 500" : "");
  }

  void print_text(const ingest::RemoteDataset& dataset, const ingest::DownloadSummary& summary) const {
    std::cout << line("dataset", dataset.title) << line("folder", out_);
    if (options_.dry_run) {
      std::cout << line("files", cat(grouped(summary.files), " chosen = ", grouped(summary.there), " there + ",
                                     grouped(summary.files - summary.there), " to fetch; the list tells no sizes"));
      return;
    }
    std::cout << line("files", cat(grouped(summary.files), " with the listed SHA-256 = ", grouped(summary.there),
                                   " there + ", grouped(summary.files - summary.there), " new (",
                                   megabytes(static_cast<double>(summary.bytes)), " fetched)"));
    if (summary.replaced > 0)
      std::cout << line("replaced", cat(grouped(summary.replaced), " files that were there had another SHA-256"));
    std::cout << line("next", next(summary));
  }

  void print_json(const ingest::DownloadSummary& summary, double seconds) const {
    Json answer;
    answer["dataset"] = name_;
    answer["folder"] = out_;
    answer["dry_run"] = options_.dry_run;
    answer["files"] = summary.files;
    answer["there"] = summary.there;
    answer["replaced"] = summary.replaced;
    answer["fetched"] = summary.fetched;
    answer["bytes"] = summary.bytes;
    answer["seconds"] = seconds;
    if (!options_.dry_run) answer["next"] = next(summary);
    std::cout << answer.dump(2) << "\n";
  }

  ingest::DownloadOptions options_;
  FieldTable table_;
  KeyFlags keys_;
  std::string name_, out_;
};

}  // namespace

std::unique_ptr<Verb> download_verb(Arguments& arguments) { return std::make_unique<DownloadVerb>(arguments); }

}  // namespace scar::apps
