#include <algorithm>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>

#include <nlohmann/json.hpp>

#include "ecg_records.h"
#include "eval_verb.h"
#include "evaluation_inputs.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/splits.h"
#include "scar/evaluation/scorer.h"
#include "scar/report/run_report.h"
#include "scar/training/run_directory.h"

namespace scar::apps {

namespace {

namespace fs = std::filesystem;

constexpr const char* kExample = "scar-eval report runs/tiny --data stores/synth";

struct ReportFlags {
  std::string run, results, store, mask = "clinical:i-ii-v2", layout = "3x4+ii", out;
  std::vector<std::string> records;
  long long ecgs = 2, seed = 0;
};

/// Results of the folder in the order of their names: those of one kind and task stand together.
std::vector<std::pair<std::string, Json>> load_results(const fs::path& folder, const std::string& run) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    throw Error(Code::data_missing, "there are no results to report")
        .at(folder.string())
        .wanted("JSON files of scar-eval and scar-probe")
        .hint(cat("scar-eval zeroshot ", run, " --data STORE --task TASK; scar-eval sweep ", run,
                  " --data STORE --task TASK; scar-probe linear ", run, " --data STORE --task TASK"));
  }
  std::sort(files.begin(), files.end());
  std::vector<std::pair<std::string, Json>> out;
  for (const auto& file : files) {
    out.emplace_back(file.filename().string(),
                     parse_json(read_file(file), file.string(), static_cast<int>(Code::data_unreadable)));
  }
  return out;
}

/// The records that are named, else the first by hash of those that did not train.
std::vector<std::int64_t> choose_records(const ReportFlags& flags, const data::Store& store) {
  std::vector<std::int64_t> out;
  for (const auto& id : flags.records) out.push_back(find_record(store, id, flags.store));
  if (!out.empty()) return out;
  return evaluation::first_by_hash(store, data::select_folds(store, choose_split(store, "auto").folds), flags.ecgs,
                                   static_cast<std::uint64_t>(flags.seed), "report", "");
}

std::vector<report::EcgFigure> draw_records(const ReportFlags& flags, const EvaluationInputs& inputs) {
  report::EcgPlotOptions options;
  options.layout = report::parse_layout(flags.layout);
  EcgRequest whole, masked;
  masked.seed = static_cast<std::uint64_t>(flags.seed);
  if (flags.mask != "none") masked.mask = data::parse_mask(flags.mask);
  std::vector<report::EcgFigure> out;
  for (const auto record : choose_records(flags, inputs.store)) {
    out.push_back({report::draw_ecg(plot_record(inputs.store, record, &inputs, whole), options),
                   cat("Record ", inputs.store.id(record), ", everything visible.")});
    if (!masked.mask) continue;
    out.push_back({report::draw_ecg(plot_record(inputs.store, record, &inputs, masked), options),
                   cat("The same record under ", flags.mask, ".")});
  }
  return out;
}

int report_command(const ReportFlags& flags, const Arguments& arguments) {
  require_range("--ecgs", flags.ecgs, 0, 100);
  if (flags.store.empty() && !flags.records.empty()) {
    throw Error(Code::contradiction, "records are shown from a store")
        .at("command line: --record")
        .wanted("--data STORE");
  }
  EvaluationFlags loading;
  loading.run = flags.run;
  loading.store = flags.store;
  loading.device = "cpu";
  loading.precision = "fp32";
  std::optional<EvaluationInputs> inputs;  // only to draw records
  if (!flags.store.empty()) inputs = load_inputs(loading);
  const auto run = inputs ? inputs->run.directory : load_model(loading).run.directory;
  const auto folder = flags.results.empty() ? training::RunPaths(run).results() : fs::path(flags.results);
  const auto out = flags.out.empty() ? run / "report.html" : fs::path(flags.out);
  check_can_save(out.string(), "--out");
  const auto documents = load_results(folder, flags.run);
  std::vector<report::ResultFile> results;
  for (const auto& [name, document] : documents) results.push_back({name, &document});
  const auto ecgs = inputs ? draw_records(flags, *inputs) : std::vector<report::EcgFigure>();
  write_file_atomically(out, report::run_report(run.filename().string(), results, ecgs));
  if (arguments.json()) {
    Json answer = {{"kind", "report"}, {"report", out.string()}};
    for (const auto& [name, document] : documents) answer["results"].push_back(name);
    std::cout << answer.dump(2) << "\n";
  } else {
    std::cout << results.size() << " results\nreport: " << out.string() << "\n";
  }
  return 0;
}

class ReportVerb final : public Verb {
 public:
  explicit ReportVerb(Arguments& arguments)
      : Verb(arguments.verb("report", "One HTML page of all results of a run, which needs nothing but itself.",
                            kExample)) {
    command_.positional("RUN", flags_.run, "run directory (its best checkpoint, else its last) or a checkpoint folder");
    command_.option("--results", flags_.results, "folder of results (default: RUN/results)");
    command_.option("--data", flags_.store, "store whose records are shown as ECGs with the run's token weights");
    command_.option("--record", flags_.records, "a record to show; may be repeated (default: --ecgs of them, by hash)");
    command_.option("--ecgs", flags_.ecgs, "how many records to show, of those that did not train");
    command_.option("--mask", flags_.mask, "each record is shown under this mask, too; none: whole alone");
    command_.option("--seed", flags_.seed, "of the choice of records and of the mask");
    command_.option("--layout", flags_.layout, "3x4+ii | 6x2 | 12x1");
    command_.option("--out", flags_.out, "FILE.html (default: RUN/report.html)");
  }
  int run(const Arguments& arguments) override { return report_command(flags_, arguments); }

 private:
  ReportFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> report_verb(Arguments& arguments) { return std::make_unique<ReportVerb>(arguments); }

}  // namespace scar::apps
