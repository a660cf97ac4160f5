#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>

#include <ATen/ops/cat.h>
#include <nlohmann/json.hpp>

#include "critical_inputs.h"
#include "eval_verb.h"
#include "evaluation_scores.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/evaluation/results.h"
#include "scar/evaluation/sweep.h"
#include "scar/evaluation/sweep_cells.h"
#include "scar/evaluation/sweep_figures.h"
#include "task_inputs.h"

namespace scar::apps {

namespace {

using namespace evaluation;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kExample = "scar-eval sweep runs/tiny --data stores/synth --task synth --seeds 2 --rate 0.5";
constexpr int kStopped = 75;  // the same command goes on

struct SweepFlags : TaskFlags {
  std::vector<std::string> tasks, modes, rates, structures;
  long long seeds = 5, resamples = 1000;
  bool no_clinical = false, no_exhaustive = false, no_critical = false, derive_limb = false;
  std::string masks_of;
  CriticalFlags critical;
};

/// A task of the sweep: its records as rows of the sweep's records, its classes as columns of the sweep's.
struct SweptTask {
  TaskRecords records;
  at::Tensor classes;
  std::vector<std::int64_t> rows;  // [records]
  std::int64_t first_column = 0;
};

SweepOptions sweep_options(const SweepFlags& flags) {
  require_range("--seeds", flags.seeds, 1, 1000);
  require_range("--resamples", flags.resamples, 100, 1'000'000);
  SweepOptions options;
  if (!flags.rates.empty()) options.rates = parse_rates(flags.rates);
  if (!flags.modes.empty()) {
    options.modes.clear();
    for (const auto& mode : flags.modes) {
      if (mode == "none") continue;
      const auto spec = data::parse_mask(mode + ":0.5");
      if (!spec.drawn())
        throw Error(Code::unknown_mask, cat("--mode ", mode, " has no rates"))
            .wanted("lead, segment, segment-async, joint or none");
      options.modes.push_back(spec.mode);
    }
  }
  options.seeds = flags.seeds;
  options.clinical = !flags.no_clinical;
  options.exhaustive = !flags.no_exhaustive;
  options.derive_limb = flags.derive_limb;
  return options;
}

std::string minutes(double seconds) {
  return seconds < 90 ? cat(std::llround(seconds), " s") : cat(std::llround(seconds / 60), " min");
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::string hash_of(const std::vector<std::string>& lines) {
  Sha256 digest;
  for (const auto& line : lines) digest.update(line + "\n");
  return digest.hex();
}

/// The tasks' records and prompts, and the union of the records.
std::vector<SweptTask> load_tasks(TaskInputs& task, const SweepFlags& flags, std::vector<std::int64_t>& records) {
  std::vector<SweptTask> out;
  for (const auto& name : flags.tasks) {
    if (std::any_of(out.begin(), out.end(), [&](const auto& other) { return other.records.task == name; }))
      throw Error(Code::usage, cat("task ", name, " is named twice")).at("command line: --task");
    add_task(task, flags, name);
    records.insert(records.end(), task.records.records.begin(), task.records.records.end());
    const auto first = out.empty() ? 0 : out.back().first_column + out.back().classes.size(0);
    out.push_back({task.records, task.classes, {}, first});
  }
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  for (auto& each : out) {
    for (const auto record : each.records.records)
      each.rows.push_back(std::lower_bound(records.begin(), records.end(), record) - records.begin());
  }
  return out;
}

/// One task's part of a cell.
RuleScores task_scores(const SweepCell& cell, const CellScores& scores, const SweptTask& task,
                       std::int64_t all_columns) {
  RuleScores out;
  out.condition = cell.rule();
  const auto columns = task.classes.size(0);
  std::vector<data::UnitMask> masks;
  for (std::size_t i = 0; i < task.rows.size(); ++i) {
    const auto row = task.rows[i];
    masks.push_back(scores.masks[static_cast<std::size_t>(row)]);
    if (scores.empty[static_cast<std::size_t>(row)] != 0) continue;
    out.rows.push_back(static_cast<std::int64_t>(i));
    const auto first = scores.scores.begin() + row * all_columns + task.first_column;
    out.scores.insert(out.scores.end(), first, first + columns);
  }
  if (!cell.clean()) out.mask_sha256 = data::mask_hash(masks);
  return out;
}

ScoreTable clean_table(const RuleScores& clean, const TaskRecords& records, const data::Store& store) {
  ScoreTable table;
  table.classes = records.classes;
  table.rows = static_cast<std::int64_t>(records.records.size());
  table.scores = clean.scores;
  table.labels = labels_of(store, records.task, records.records);
  return table;
}

/// Everything of one sweep: what is asked, where it is kept.
class SweepRun {
 public:
  SweepRun(const SweepFlags& flags, const Arguments& arguments)
      : flags_(flags), arguments_(arguments), options_(sweep_options(flags)), task_(load_without_task(flags)) {
    flags_.critical.check();
    for (const auto& structure : structures()) (void)parse_structure(structure);
    tasks_ = load_tasks(task_, flags_, records_);
    std::vector<at::Tensor> classes;
    for (const auto& each : tasks_) classes.push_back(each.classes);
    classes_ = at::cat(classes);
    cells_ = plan_sweep(options_);
    std::vector<std::string> ids;
    for (const auto record : records_) ids.push_back(task_.inputs.store.id(record));
    origin_.records_sha256 = hash_of(ids);
    origin_.grid = task_.grid();
    origin_.records = static_cast<std::int64_t>(records_.size());
    origin_.classes = classes_.size(0);
    task_.records.task.clear();
    document_ = task_head("sweep", task_, flags_, arguments_);
    masks_from_ = flags_.masks_of.empty() ? std::string() : sha256_of_sweep(flags_.masks_of);
    // Which cells are asked for does not change one of them: a larger grid goes on from a smaller one.
    origin_.sweep =
        hash_of({task_identity(document_).dump(), origin_.records_sha256, Json(flags_.tasks).dump(), masks_from_});
    folder_ = task_.inputs.results / cat("sweep-", task_.split.name, "-", origin_.sweep.substr(0, 8));
    fs::create_directories(folder_);
  }

  int run() {
    const FileLock lock(folder_ / "lock");
    write_file_atomically(folder_ / "sweep.sha256", origin_.sweep + "\n");
    Sweep sweep(task_.model(), task_.inputs.store, records_, classes_, task_.embed);
    if (!compute_cells(sweep)) return stopped();
    auto& list = document_["tasks"] = Json::array();
    std::string text;
    try {
      for (const auto& task : tasks_) list.push_back(task_result(task, text));
    } catch (const Stopped&) {
      return stopped();
    }
    const Json identity = {origin_.sweep,
                           Json(flags_.modes),
                           options_.rates,
                           options_.seeds,
                           options_.clinical,
                           options_.exhaustive,
                           options_.derive_limb,
                           structures(),
                           flags_.critical.max_positives,
                           flags_.critical.max_negatives,
                           flags_.resamples};
    const auto path = write_result(task_.inputs.results, cat("sweep-", task_.split.name), identity,
                                   task_.split.name == "test", document_);
    if (arguments_.json()) {
      std::cout << document_.dump(2) << "\n";
    } else {
      std::cout << text << "cells, masks and scores: " << folder_.string() << "\nresult: " << path.string() << "\n";
    }
    return 0;
  }

 private:
  [[nodiscard]] std::vector<std::string> structures() const {
    if (flags_.no_critical) return {};
    return flags_.structures.empty() ? std::vector<std::string>{"leads"} : flags_.structures;
  }

  static std::string sha256_of_sweep(const fs::path& folder) {
    const auto file = folder / "sweep.sha256";
    if (!fs::exists(file)) {
      throw Error(Code::data_missing, "no sweep lies in this folder")
          .at("command line: --masks-of")
          .got(folder.string())
          .wanted("the folder that 'scar-eval sweep' names as 'cells, masks and scores'");
    }
    return read_file(file);
  }

  static int stopped() {
    log::info("stopped; the same command goes on with the cell, or the attack, that was interrupted");
    return kStopped;
  }

  /// Masks of the other sweep, which must have every cell.
  [[nodiscard]] GivenMasks given_masks() const {
    if (flags_.masks_of.empty()) return {};
    return [this](const SweepCell& cell) -> std::optional<std::vector<data::UnitMask>> {
      auto masks = load_cell_masks(cell_path(flags_.masks_of, cell), cell, origin_);
      if (!masks) {
        throw Error(Code::store_mismatch, cat("the other sweep has no cell ", cell.name()))
            .at(flags_.masks_of)
            .hint("run it with the same modes, rates and seeds, or ask for fewer here");
      }
      return masks;
    };
  }

  bool compute_cells(Sweep& sweep) {
    const auto given = given_masks();
    std::vector<SweepCell> missing;
    std::vector<const CellScores*> scores(cells_.size(), nullptr);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (auto there = load_cell(cell_path(folder_, cells_[i]), cells_[i], origin_))
        scores[i] = &sweep.adopt(std::move(*there));
      else
        missing.push_back(cells_[i]);
    }
    const auto tokens = sweep.tokens_to_encode(missing, given);
    log::info(cat(cells_.size(), " cells of ", records_.size(), " records, ", cells_.size() - missing.size(),
                  " are there; to encode: ", tokens, " tokens"));
    const auto begin = Clock::now();
    bool told = false;
    for (std::size_t i = 0, done = 0; i < cells_.size(); ++i) {
      if (scores[i] != nullptr) continue;
      if (stop_signal() != 0) return false;
      const auto& computed = sweep.compute(cells_[i], given);
      save_cell(cell_path(folder_, cells_[i]), cells_[i], computed, origin_);
      scores[i] = &computed;
      ++done;
      const double rest = sweep.tokens_encoded() == 0
                              ? 0
                              : seconds_since(begin) / static_cast<double>(sweep.tokens_encoded()) *
                                    static_cast<double>(tokens - sweep.tokens_encoded());
      if (!told && sweep.tokens_encoded() > 0) {
        log::info(cat("about ", minutes(rest), " for the other cells", structures().empty() ? "" : ", then attacks"));
        told = true;
      }
      log::progress(cat(done, "/", missing.size(), " cells, ", minutes(rest), " left: ", cells_[i].name()));
    }
    log::end_progress();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      Json entry;
      entry["cell"] = cells_[i].name();
      entry["mask_sha256"] = cells_[i].clean() ? Json(nullptr) : Json(scores[i]->mask_sha256);
      entry["removed_units"] = scores[i]->removed_units;
      entry["removed_visible_tokens"] = scores[i]->removed_tokens;
      entry["independent_leads"] = scores[i]->independent_leads;
      entry["nothing_visible"] = std::count(scores[i]->empty.begin(), scores[i]->empty.end(), 1);
      document_["cells"].push_back(std::move(entry));
    }
    scores_ = std::move(scores);
    return true;
  }

  Json task_result(const SweptTask& task, std::string& text) {
    task_.records = task.records;
    task_.classes = task.classes;
    auto kept = scores_head(task_);
    std::vector<SweptCell> swept;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      swept.push_back({cells_[i].spec, cells_[i].seed, task_scores(cells_[i], *scores_[i], task, origin_.classes)});
      auto rule = swept.back().scores;
      rule.condition = cells_[i].name();
      kept.rules.push_back(std::move(rule));
    }
    BootstrapOptions bootstrap;
    bootstrap.resamples = flags_.resamples;
    bootstrap.seed = task_.seed;
    bootstrap.jobs = bootstrap_jobs(flags_.threads);
    const auto figures = study_sweep(swept, task.records.classes, kept.labels, kept.patients, bootstrap);
    Json out;
    out["task"] = task.records.task;
    out["records"] = records_json(task.records);
    const auto clean = clean_table(swept.front().scores, task.records, task_.inputs.store);
    out["clean"] = score_json(score_task(clean));
    out["sweep"] = sweep_json(figures, task.records.classes, bootstrap);
    text += cat("sweep of ", task.records.task, ", ", task_.split.rule, ", ", task.records.records.size(),
                " records\n\n", sweep_table(figures), "\n");
    auto& critical = out["critical"] = Json::array();
    for (const auto& structure : structures()) {
      critical.push_back(critical_result(structure, "", clean, kept, text));
      if (!flags_.masks_of.empty()) {
        const auto file = fs::path(flags_.masks_of) / cat("critical-", task.records.task, "-", structure, ".masks");
        critical.push_back(critical_result(structure, file.string(), clean, kept, text));
      }
    }
    const auto file = folder_ / cat(task.records.task, ".scores");
    save_zero_shot_scores(kept, file);
    out["scores"] = file.string();
    return out;
  }

  /// Own masks, or with `masks_file` those of the other sweep. Kept as one file, so that it is done once.
  Json critical_result(const std::string& structure, const std::string& masks_file, const ScoreTable& clean,
                       ZeroShotScores& kept, std::string& text) {
    auto flags = flags_.critical;
    flags.structure = structure;
    flags.masks_file = masks_file;
    flags.cmrs = true;
    const auto& name = task_.records.task;
    const auto stem = cat("critical-", name, "-", structure, masks_file.empty() ? "" : "-transferred");
    const auto limits = cat(flags.max_positives, "-", flags.max_negatives);
    const auto done = folder_ / cat(stem, "-", limits, ".json");
    const std::vector<double> rates = {.25, .5, .75};
    if (!fs::exists(done)) {
      if (const auto cost = time_attack(task_, flags, rates, clean); cost.seconds_each > 0) {
        log::info(cat(name, ", critical ", structure, ": ", cost.pairs, " (record, class) pairs, about ",
                      minutes(static_cast<double>(cost.pairs) * cost.seconds_each)));
      }
      const auto answer = ask_critical(task_, flags, rates, clean);
      auto scores = scores_head(task_);
      add_study(scores, answer.study, answer.cmrs_options, answer.asked);
      save_zero_shot_scores(scores, folder_ / cat(stem, "-", limits, ".scores"));
      if (masks_file.empty()) save_book(answer.study.book, task_.grid(), folder_ / cat(stem, ".masks"));
      const Json result = {{"critical", critical_json(answer.study, answer.asked)},
                           {"cmrs", cmrs_json(*answer.study.cmrs, answer.cmrs_options)},
                           {"text", critical_caption(answer, flags) + "\n" + cmrs_table(*answer.study.cmrs)}};
      write_file_atomically(done, result.dump(2) + "\n");
    }
    auto result = parse_json(read_file(done), done.string(), static_cast<int>(Code::data_unreadable));
    auto scores = load_zero_shot_scores(folder_ / cat(stem, "-", limits, ".scores"));
    if (structure == structures().front() && masks_file.empty()) {  // conditions have one name each in a file of scores
      kept.samples = scores.samples;
      kept.cmrs = scores.cmrs;
    }
    Json about;
    const auto intervals = intervals_of(scores, task_.seed, bootstrap_jobs(flags_.threads), about);
    result["ci95"] = std::move(about);
    text += result["text"].get<std::string>();
    result.erase("text");
    text += cat("95 % intervals over patients: AUROC at critical .5 ", three_digits(intervals.at("critical:0.5")),
                ", at random .5 ", three_digits(intervals.at("random:0.5")));
    if (const auto cmrs = intervals.find("cmrs"); cmrs != intervals.end())
      text += cat(", CMRS ", three_digits(cmrs->second));
    text += "\n\n";
    return result;
  }

  SweepFlags flags_;
  const Arguments& arguments_;
  SweepOptions options_;
  TaskInputs task_;
  std::vector<SweptTask> tasks_;
  std::vector<std::int64_t> records_;
  at::Tensor classes_;
  std::vector<SweepCell> cells_;
  CellOrigin origin_;
  std::string masks_from_;
  fs::path folder_;
  std::vector<const CellScores*> scores_;  // [cells]
  Json document_;
};

class SweepVerb final : public Verb {
 public:
  explicit SweepVerb(Arguments& arguments)
      : Verb(arguments.verb("sweep",
                            "Zero-shot diagnosis under all kinds of missingness: curves, worst leads, CMRS. Goes on "
                            "where it was stopped.",
                            kExample)) {
    flags_.declare(command_, "of choices by hash, critical masks and bootstrap; masks by rule have seeds 0, 1, ...",
                   /*with_task=*/false);
    command_.option("--task", flags_.tasks, "task of the store; may be repeated: records are encoded once for all");
    command_.option("--mode", flags_.modes,
                    "lead | segment | segment-async | joint | none; may be repeated (default: all four)");
    command_.option("--rate", flags_.rates, "share removed; may be repeated (default: .1, .25, .5, .75, .9)");
    command_.option("--seeds", flags_.seeds, "draws of every random mask");
    command_.flag("--no-clinical", flags_.no_clinical, "without the named sets of leads");
    command_.flag("--no-exhaustive", flags_.no_exhaustive, "without the removal of every lead and every pair of leads");
    command_.flag("--derive-limb", flags_.derive_limb,
                  "limb leads that follow from two that are left are not missing (not under critical masks)");
    command_.flag("--no-critical", flags_.no_critical, "without critical masks and CMRS");
    command_.option(
        "--structure", flags_.structures,
        "what critical masks remove as a whole: leads | segments | tokens | joint; may be repeated; scores are kept "
        "of the first (default: leads)");
    command_.option("--max-positives", flags_.critical.max_positives,
                    "positives per class that are attacked, chosen by hash");
    command_.option("--max-negatives", flags_.critical.max_negatives,
                    "negatives per class under critical masks, chosen by hash");
    command_.option(
        "--masks-of", flags_.masks_of,
        "folder of another model's sweep: its masks by rule are used, and its critical masks beside own ones");
    command_.option("--resamples", flags_.resamples, "of the bootstrap over patients");
  }
  int run(const Arguments& arguments) override {
    if (flags_.tasks.empty())
      throw Error(Code::usage, "no task is named").at("command line").hint("--task ptbxl-super");
    install_stop_handlers();
    return SweepRun(flags_, arguments).run();
  }

 private:
  SweepFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> sweep_verb(Arguments& arguments) { return std::make_unique<SweepVerb>(arguments); }

}  // namespace scar::apps
