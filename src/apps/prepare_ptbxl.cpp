#include <array>
#include <atomic>
#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/store_reader.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "scar/text/report_cleaning.h"

namespace scar::apps {

namespace {

struct PtbxlCommandOptions {
  ingest::PtbxlOptions ptbxl;
  text::CleaningOptions cleaning;
};

template <class Visitor>
void visit_fields(PtbxlCommandOptions& o, Visitor&& visit) {
  visit_fields(o.ptbxl, visit);
  visit.group("cleaning", o.cleaning);
}

std::string cleaning_json(const text::CleaningOptions& options) {
  Json json;
  json["lower_case"] = options.lower_case;
  json["boilerplate"] = options.boilerplate;
  json["rules"] = Json::array();
  for (const auto& rule : text::cleaning_rules()) json["rules"].push_back(rule.name);
  return json.dump();
}

class PtbxlVerb final : public PrepareVerb {
 public:
  explicit PtbxlVerb(Arguments& arguments)
      : command_(
            arguments.verb("ptbxl",
                           "Makes a store of PTB-XL 1.0.3. Every checksum and initial value is verified, labels are "
                           "compared with the published counts, whatever is left out is listed.",
                           "scar-prepare ptbxl /data/ptb-xl-1.0.3 --out data/ptbxl100")),
        table_(options_),
        keys_(command_, table_) {
    command_.positional("ROOT", root_,
                        "folder with ptbxl_database.csv, scp_statements.csv and records100/ or records500/");
    command_.option("--out", out_, "folder of the store; an interrupted one is gone on with", true);
    command_.option("--jobs", jobs_, "threads; the store is the same for any number");
  }
  [[nodiscard]] bool chosen() const override { return command_.chosen(); }

  int run(bool json) override {
    Problems problems;
    keys_.apply(problems);
    if (problems.empty()) ingest::validate(options_.ptbxl, problems);
    problems.throw_if_any();
    const int jobs = checked_jobs(jobs_);
    const auto start = std::chrono::steady_clock::now();
    const auto callbacks = make_callbacks();
    const auto summary = ingest::prepare_ptbxl(root_, out_, options_.ptbxl, callbacks, jobs);
    if (summary.stopped) return stopped();
    log::end_progress();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const auto store = data::Store::open(out_);
    const auto next = cat("scar-prepare tokenizer ", out_, " --out ", out_, ".model");
    if (json) {
      print_json(summary, store, taken.count(), next);
    } else {
      print_text(summary, store, next);
    }
    return 0;
  }

 private:
  ingest::PtbxlCallbacks make_callbacks() {
    ingest::PtbxlCallbacks callbacks;
    callbacks.clean_report = [this](std::string_view raw) {
      auto cleaned = text::clean(raw, options_.cleaning, "report");
      for (std::size_t rule = 0; rule < text::kCleaningRules; ++rule) {
        if (cleaned.fired_rule(static_cast<text::CleaningRule>(rule))) ++fired_[rule];
      }
      return text::has_content(cleaned.text) ? std::move(cleaned.text) : std::string();
    };
    callbacks.cleaning_json = cleaning_json(options_.cleaning);
    callbacks.progress = [start = std::chrono::steady_clock::now()](std::int64_t done, std::int64_t total) {
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      const auto rate = static_cast<std::int64_t>(static_cast<double>(done) / std::max(taken.count(), 1e-3));
      log::progress(cat("records ", grouped(done), "/", grouped(total), "  ", grouped(rate), " records/s"));
    };
    return callbacks;
  }

  [[nodiscard]] std::map<std::string, std::int64_t> rules() const {
    std::map<std::string, std::int64_t> counts;
    for (const auto& rule : text::cleaning_rules()) counts[rule.name] = fired_[static_cast<std::size_t>(rule.rule)];
    return counts;
  }

  void print_text(const ingest::PtbxlSummary& summary, const data::Store& store, const std::string& next) const {
    const auto& census = summary.census;
    std::string tasks;
    for (const auto& task : census.tasks) {
      tasks +=
          cat(tasks.empty() ? "" : ", ", task.name, " ", grouped(task.records[0] + task.records[1] + task.records[2]));
    }
    std::cout << line("source", cat("PTB-XL ", census.version, ", ", grouped(census.patients),
                                    " patients, disjoint between folds"))
              << line("store", cat(out_, ": ", store.info().samples, " samples at ", store.info().rate_hz,
                                   " Hz, 12 leads", summary.store.already_complete ? " (was complete)" : ""))
              << line("records", sums(summary.store)) << exclusions(store.excluded())
              << line("tasks", cat(tasks, "; without a diagnosis ", grouped(census.without_diagnosis)))
              << line("recorders", counted(summary.recorders)) << line("languages", counted(summary.languages))
              << line("cleaning", counted(rules()))
              << line("no content",
                      cat(grouped(summary.reports_without_content), " reports say nothing about the ECG: kept for ",
                          "evaluation, not for pretraining"))
              << line("next", next);
  }

  void print_json(const ingest::PtbxlSummary& summary, const data::Store& store, double seconds,
                  const std::string& next) const {
    const auto& census = summary.census;
    Json answer;
    answer["store"] = out_;
    answer["version"] = census.version;
    answer["rate_hz"] = store.info().rate_hz;
    answer["samples"] = store.info().samples;
    answer["patients"] = census.patients;
    answer["folds_present"] = census.present;
    answer["folds_absent"] = census.absent;
    answer["sums"] = sums_json(summary.store);
    answer["excluded"] = exclusions_json(store.excluded());
    answer["without_diagnosis"] = census.without_diagnosis;
    for (const auto& task : census.tasks) {
      Json& entry = answer["tasks"][task.name];
      entry["records"] = task.records;
      for (const auto& one : task.classes) entry["positives"][one.name] = one.positives;
    }
    for (const auto& [name, count] : summary.recorders) answer["recorders"][name] = count;
    for (const auto& [name, count] : summary.languages) answer["languages"][name] = count;
    for (const auto& [name, count] : rules()) answer["cleaning"][name] = count;
    answer["reports_without_content"] = summary.without_content;
    answer["seconds"] = seconds;
    answer["next"] = next;
    std::cout << answer.dump(2) << "\n";
  }

  PtbxlCommandOptions options_;
  Command& command_;
  FieldTable table_;
  KeyFlags keys_;
  std::string root_, out_;
  long long jobs_ = default_jobs();
  std::array<std::atomic<std::int64_t>, text::kCleaningRules> fired_{};
};

}  // namespace

std::unique_ptr<PrepareVerb> ptbxl_verb(Arguments& arguments) { return std::make_unique<PtbxlVerb>(arguments); }

}  // namespace scar::apps
