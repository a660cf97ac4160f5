#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/store_reader.h"
#include "scar/data/synthetic/store.h"
#include "scar/text/report_cleaning.h"

namespace scar::apps {

namespace {

class SynthVerb final : public Verb {
 public:
  explicit SynthVerb(Arguments& arguments)
      : Verb(arguments.verb("synth",
                            "Makes a synthetic corpus: 12-lead ECGs, reports, labels and the evidence of each finding.",
                            "scar-prepare synth --out data/synth --records 20000 --seed 1")),
        table_(options_),
        keys_(command_, table_) {
    command_.option("--out", out_, "folder of the store; an interrupted one is gone on with", true);
    command_.option("--jobs", jobs_, "threads; the store is the same for any number");
  }

  int run(const Arguments& arguments) override {
    Problems problems;
    keys_.apply(problems);
    if (problems.empty()) data::validate(options_, problems);
    problems.throw_if_any();
    const int jobs = checked_jobs(jobs_);
    log::info(cat("synthetic corpus: ", grouped(options_.records), " records of ", options_.seconds, " s at ",
                  options_.rate_hz, " Hz, seed ", options_.seed));
    const auto start = std::chrono::steady_clock::now();
    const auto summary =
        data::write_synthetic_store(out_, options_, jobs, [](std::string_view raw) { return text::clean_report(raw); });
    if (summary.manifest_hash.empty()) return stopped();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const auto store = data::Store::open(out_);
    const auto next = cat("scar-prepare tokenizer ", out_, " --out ", out_, ".model");
    if (arguments.json()) {
      Json answer;
      answer["store"] = out_;
      answer["kind"] = store.info().kind;
      answer["rate_hz"] = store.info().rate_hz;
      answer["samples"] = store.info().samples;
      answer["findings"] = store.info().findings;
      answer["sums"] = sums_json(summary);
      answer["seconds"] = taken.count();
      answer["next"] = next;
      std::cout << answer.dump(2) << "\n";
      return 0;
    }
    std::string findings;
    for (const auto& finding : store.info().findings) findings += cat(findings.empty() ? "" : ", ", finding);
    std::cout << line("store", cat(out_, summary.already_complete ? " (was complete)" : ""))
              << line("records", sums(summary)) << line("findings", findings) << line("next", next);
    return 0;
  }

 private:
  data::SyntheticOptions options_;
  FieldTable table_;
  KeyFlags keys_;
  std::string out_;
  long long jobs_ = default_jobs();
};

}  // namespace

std::unique_ptr<Verb> synth_verb(Arguments& arguments) { return std::make_unique<SynthVerb>(arguments); }

}  // namespace scar::apps
