#include "prepare_source.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/card.h"

namespace scar::apps {

namespace {

std::string cleaning_json(const text::CleaningOptions& options) {
  Json json;
  json["lower_case"] = options.lower_case;
  json["boilerplate"] = options.boilerplate;
  json["rules"] = Json::array();
  for (const auto& rule : text::cleaning_rules()) json["rules"].push_back(rule.name);
  return json.dump();
}

}  // namespace

SourceVerb::SourceVerb(Arguments& arguments, const std::string& name, const std::string& purpose,
                       const std::string& example, const std::string& root_help)
    : Verb(arguments.verb(name, purpose, example)),
      processing_table_(processing_),
      processing_keys_(command_, processing_table_) {
  command_.option("--root", root_, root_help, true);
  command_.option("--out", out_, "folder of the store; an interrupted one is gone on with", true);
  command_.flag("--follow-links", follow_links_,
                "read files outside of the root that links in it lead to; only for links that you laid yourself");
  command_.option("--jobs", jobs_, "threads; the store is the same for any number");
}

int SourceVerb::run(const Arguments& arguments) {
  Problems problems;
  apply_keys(problems);
  processing_keys_.apply(problems);
  problems.throw_if_any();
  const int jobs = checked_jobs(jobs_);
  const auto start = std::chrono::steady_clock::now();
  const auto source = make_source();
  auto options = signal();
  options.processing = processing_;
  const auto summary = ingest::prepare(source, out_, options, tolerance(), make_callbacks(), jobs);
  if (summary.stopped) return stopped();
  log::end_progress();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (arguments.json())
    print_json(source, summary, taken.count());
  else
    print_text(source, summary);
  return 0;
}

ingest::IngestCallbacks SourceVerb::make_callbacks() {
  ingest::IngestCallbacks callbacks;
  if (const auto* options = cleaning()) {
    callbacks.clean_report = [this, options](std::string_view raw) {
      auto cleaned = text::clean(raw, *options, "report");
      for (std::size_t rule = 0; rule < text::kCleaningRules; ++rule) {
        if (cleaned.fired_rule(static_cast<text::CleaningRule>(rule))) ++fired_[rule];
      }
      return text::has_content(cleaned.text) ? std::move(cleaned.text) : std::string();
    };
    callbacks.cleaning_json = cleaning_json(*options);
  }
  callbacks.progress = [start = std::chrono::steady_clock::now()](std::int64_t done, std::int64_t total) {
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const double rate = static_cast<double>(done) / std::max(taken.count(), 1e-3);
    const auto left = static_cast<std::int64_t>(static_cast<double>(total - done) / std::max(rate, 1e-3));
    log::progress(cat("records ", grouped(done), "/", grouped(total), "  ", grouped(static_cast<std::int64_t>(rate)),
                      " records/s, ", left / 60, " min ", left % 60, " s left"));
  };
  return callbacks;
}

std::map<std::string, std::int64_t> SourceVerb::rules() const {
  std::map<std::string, std::int64_t> counts;
  for (const auto& rule : text::cleaning_rules()) counts[rule.name] = fired_[static_cast<std::size_t>(rule.rule)];
  return counts;
}

void SourceVerb::print_text(const ingest::Source& source, const ingest::PreparationSummary& summary) const {
  const auto store = data::Store::open(out_);
  std::string tasks;
  const auto card = data::make_card(store);
  for (std::size_t t = 0; t < store.info().tasks.size(); ++t) {
    tasks += cat(tasks.empty() ? "" : ", ", store.info().tasks[t].name, " ", grouped(card.splits[0].tasks[t].records),
                 "/", grouped(card.splits[1].tasks[t].records), "/", grouped(card.splits[2].tasks[t].records));
  }
  std::cout << line("source", source.name)
            << line("store", cat(out_, ": ", store.info().samples, " samples at ", store.info().rate_hz,
                                 " Hz, 12 leads", summary.store.already_complete ? " (was complete)" : ""))
            << line("records", sums(summary.store)) << exclusions(store.excluded());
  std::map<std::string, std::int64_t> notes;
  for (const auto& [what, count] : summary.notes) {
    if (count > 0) notes[what] = count;
  }
  if (!notes.empty()) std::cout << line("signals", counted(notes));
  if (!tasks.empty()) std::cout << line("tasks", cat(tasks, " (train/validation/test)"));
  std::cout << more_text() << line("recorders", counted(summary.recorders))
            << line("languages", counted(summary.languages));
  if (cleaning() != nullptr) std::cout << line("cleaning", counted(rules()));
  if (!summary.without_content.empty()) {
    std::cout << line("no content",
                      cat(grouped(static_cast<std::int64_t>(summary.without_content.size())),
                          " reports say nothing about the ECG: kept for evaluation, not for pretraining"));
  }
  std::cout << line("next", cat("scar-prepare tokenizer ", out_, " --out ", out_, ".model"));
}

void SourceVerb::print_json(const ingest::Source& source, const ingest::PreparationSummary& summary,
                            double seconds) const {
  const auto store = data::Store::open(out_);
  Json answer;
  answer["store"] = out_;
  answer["source"] = source.name;
  answer["rate_hz"] = store.info().rate_hz;
  answer["samples"] = store.info().samples;
  answer["sums"] = sums_json(summary.store);
  answer["excluded"] = exclusions_json(store.excluded());
  answer["signals"] = summary.notes;
  const auto card = data::make_card(store);
  for (std::size_t t = 0; t < store.info().tasks.size(); ++t) {
    const auto& task = store.info().tasks[t];
    Json& entry = answer["tasks"][task.name];
    for (int s = 0; s < 3; ++s) {
      const auto& counts = card.splits[static_cast<std::size_t>(s)].tasks[t];
      entry["records"].push_back(counts.records);
      for (std::size_t c = 0; c < task.classes.size(); ++c)
        entry["positives"][task.classes[c]].push_back(counts.positives[c]);
    }
  }
  for (const auto& [name, count] : summary.recorders) answer["recorders"][name] = count;
  for (const auto& [name, count] : summary.languages) answer["languages"][name] = count;
  if (cleaning() != nullptr) {
    for (const auto& [name, count] : rules()) answer["cleaning"][name] = count;
  }
  more_json(answer);
  answer["reports_without_content"] = summary.without_content;
  answer["seconds"] = seconds;
  answer["next"] = cat("scar-prepare tokenizer ", out_, " --out ", out_, ".model");
  std::cout << answer.dump(2) << "\n";
}

}  // namespace scar::apps
