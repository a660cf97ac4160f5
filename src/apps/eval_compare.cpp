#include <cstdio>
#include <iostream>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_scores.h"
#include "flag_values.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/log.h"
#include "scar/core/version.h"
#include "scar/evaluation/compared_files.h"
#include "scar/evaluation/figure_json.h"
#include "scar/evaluation/results.h"

namespace scar::apps {

namespace {

using namespace evaluation;

constexpr const char* kCompareExample =
    "scar-eval compare --a scar-1.scores scar-2.scores --b random-1.scores random-2.scores --endpoint critical:0.5";

struct CompareFlags {
  std::vector<std::string> pair, a, b, endpoints;
  std::string out;
  long long seed = 0, resamples = 2000, threads = 0;
};

/// `compare A B` is `compare --a A --b B`.
void take_pair(CompareFlags& flags) {
  if (flags.pair.empty() && !flags.a.empty() && !flags.b.empty()) return;
  if (flags.pair.size() == 2 && flags.a.empty() && flags.b.empty()) {
    flags.a = {flags.pair[0]};
    flags.b = {flags.pair[1]};
    return;
  }
  throw Error(Code::usage, "two files, or two groups of files, are to be compared")
      .at("command line")
      .got(cat(flags.pair.size(), " files, ", flags.a.size(), " after --a, ", flags.b.size(), " after --b"))
      .wanted("A B, or --a FILE... --b FILE...")
      .hint(kCompareExample);
}

std::vector<ComparedModel> load_group(const std::vector<std::string>& files) {
  std::vector<ComparedModel> out;
  for (const auto& file : files) out.push_back(load_compared_model(file));
  return out;
}

Json uncertainty_json(const std::optional<Uncertainty>& uncertainty) {
  if (!uncertainty) return nullptr;
  return {{"ci95", interval_json(uncertainty->interval)},
          {"lower95", uncertainty->lower},
          {"upper95", uncertainty->upper},
          {"p", uncertainty->p}};
}

Json condition_json(const ConditionComparison& row) {
  Json out;
  out["condition"] = row.name;
  out["figure"] = row.what;
  out["n_records"] = row.n_records;
  out["n_patients"] = row.n_patients;
  out["classes_left_out"] = row.left_out;
  out["classes_skipped_in_resamples"] = row.classes_skipped;
  out["undefined_resamples"] = row.resamples_undefined;
  out["endpoint"] = row.endpoint;
  out["holm_p"] = row.holm_p ? Json(*row.holm_p) : Json(nullptr);
  if (!row.difference) {
    out["difference"] = nullptr;
    return out;
  }
  const auto& difference = *row.difference;
  out["a"] = difference.a;
  out["b"] = difference.b;
  out["difference"] = difference.difference;
  out["a_by_seed"] = row.of_a;
  out["b_by_seed"] = row.of_b;
  out["over_seeds"] = uncertainty_json(difference.seeds);
  out["over_patients"] = uncertainty_json(difference.patients);
  out["taken"] = uncertainty_json(difference.taken);
  out["interval_from"] = difference.source;
  return out;
}

Json group_json(const std::vector<std::string>& files, const std::vector<ComparedModel>& models) {
  Json out = Json::array();
  for (std::size_t i = 0; i < models.size(); ++i) {
    out.push_back({{"file", files[i]},
                   {"sha256", sha256_file(files[i])},
                   {"weights_sha256", models[i].weights_sha256},
                   {"seed", models[i].seed ? Json(*models[i].seed) : Json(nullptr)}});
  }
  return out;
}

std::string signed_digits(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%+.4f", value);
  return buffer;
}

std::string four_digits(const std::optional<double>& value) {
  if (!value) return "-";
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4f", *value);
  return buffer;
}

std::string comparison_table(const Comparison& comparison) {
  TextTable table({"condition", "a", "b", "a - b", "95 % interval", "from", "lower 95 %", "upper 95 %", "p", "Holm p",
                   "records", "patients"});
  for (const auto& row : comparison.conditions) {
    std::vector<std::string> cells = {row.name};
    if (row.difference && row.difference->taken) {
      const auto& difference = *row.difference;
      const auto& taken = *difference.taken;
      cells.insert(cells.end(),
                   {four_digits(difference.a), four_digits(difference.b), signed_digits(difference.difference),
                    cat(signed_digits(taken.interval.low), "..", signed_digits(taken.interval.high)), difference.source,
                    signed_digits(taken.lower), signed_digits(taken.upper), four_digits(taken.p)});
    } else {
      cells.insert(cells.end(), 8, "-");
    }
    cells.insert(cells.end(), {four_digits(row.holm_p), cat(row.n_records), cat(row.n_patients)});
    table.add(std::move(cells));
  }
  return table.text();
}

std::string notes(const Comparison& comparison) {
  std::string out;
  for (const auto& row : comparison.conditions) {
    if (!row.left_out.empty()) {
      std::string names;
      for (const auto& name : row.left_out) names += cat(names.empty() ? "" : ", ", name);
      out += cat(row.name, ": not defined for every model, left out: ", names, "\n");
    }
    if (row.classes_skipped > 0 || row.resamples_undefined > 0) {
      out += cat(row.name, ": ", row.classes_skipped, " times a class was undefined in a resample and left out of it, ",
                 row.resamples_undefined, " resamples had none\n");
    }
  }
  if (comparison.n_seeds == 1) out += "one pair of runs: the intervals say nothing of other seeds\n";
  for (const auto& name : comparison.not_in_all) out += cat(name, ": not in every file, not compared\n");
  return out;
}

int compare_command(CompareFlags flags, const Arguments& arguments) {
  take_pair(flags);
  require_range("--resamples", flags.resamples, 100, 1'000'000);
  require_range("--threads", flags.threads, 0, 1024);
  require_range("--seed", flags.seed, 0, std::numeric_limits<long long>::max());
  check_can_save(flags.out, "--out");
  const auto a = load_group(flags.a), b = load_group(flags.b);
  if (a.size() > 1 && a.size() < 5) {
    log::warn(63, cat(a.size(), " seeds: an interval over so few is wide, and rests on differences being normal"));
  }
  ComparisonOptions options;
  options.endpoints = flags.endpoints;
  options.bootstrap.resamples = flags.resamples;
  options.bootstrap.seed = static_cast<std::uint64_t>(flags.seed);
  options.bootstrap.jobs = bootstrap_jobs(flags.threads);
  const auto comparison = compare_models(a, b, options);

  Json document;
  document["format"] = "scar-result";
  document["version"] = 1;
  document["kind"] = "compare";
  document["scar"] = {{"version", version()}, {"revision", revision()}};
  document["command"] = arguments.command_line();
  document["a"] = group_json(flags.a, a);
  document["b"] = group_json(flags.b, b);
  auto& same = document["same_in_all"] = Json::object();
  for (const auto& [what, value] : a.front().identity) same[what] = value;
  document["n_seeds"] = comparison.n_seeds;
  document["n_patients"] = comparison.n_patients;
  document["bootstrap"] = bootstrap_json(options.bootstrap);
  auto& list = document["conditions"] = Json::array();
  for (const auto& row : comparison.conditions) list.push_back(condition_json(row));
  document["not_in_all_files"] = comparison.not_in_all;
  if (!flags.out.empty()) write_file_atomically(flags.out, document.dump(2) + "\n");

  if (arguments.json()) {
    std::cout << document.dump(2) << "\n";
    return 0;
  }
  for (const auto& [name, group] : {std::pair{"a", &flags.a}, std::pair{"b", &flags.b}}) {
    std::cout << name << ":";
    for (const auto& file : *group) std::cout << " " << file;
    std::cout << "\n";
  }
  std::cout << "\n"
            << comparison.n_seeds << (comparison.n_seeds == 1 ? " pair of runs" : " pairs of runs") << ", "
            << flags.resamples << " resamples of " << comparison.n_patients << " patients\n\n"
            << comparison_table(comparison);
  if (const auto text = notes(comparison); !text.empty()) std::cout << "\n" << text;
  if (!flags.out.empty()) std::cout << "\nresult: " << flags.out << "\n";
  return 0;
}

class CompareVerb final : public Verb {
 public:
  explicit CompareVerb(Arguments& arguments)
      : Verb(arguments.verb("compare",
                            "Two models, or two methods over several seeds, compared by their files of scores.",
                            kCompareExample)) {
    command_.positional("FILES", flags_.pair, "two files of zeroshot --save-scores: A B", false);
    command_.list("--a", flags_.a, "files of the first method, one per seed");
    command_.list("--b", flags_.b, "files of the second method, in the same order of seeds");
    command_.option("--endpoint", flags_.endpoints,
                    "a condition that the comparison is about, may be repeated; these share the level (Holm); "
                    "default: all conditions");
    command_.option("--resamples", flags_.resamples, "of the bootstrap over patients");
    command_.option("--seed", flags_.seed, "of the bootstrap");
    command_.option("--threads", flags_.threads, "CPU threads; 0: all cores; the result does not depend on it");
    command_.option("--out", flags_.out, "also write the result to this file, as JSON");
  }
  int run(const Arguments& arguments) override { return compare_command(flags_, arguments); }

 private:
  CompareFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> compare_verb(Arguments& arguments) { return std::make_unique<CompareVerb>(arguments); }

}  // namespace scar::apps
