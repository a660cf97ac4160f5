#include "scar/evaluation/zero_shot_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scores_document.h"

namespace scar::evaluation {
namespace {

constexpr const char* kKind = "zeroshot";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The masks of one rate and of the sampled positives alone: a book also holds what only CMRS of this model asked for.
std::string sample_hash(const MaskBook& book, const std::vector<LabelSample>& sample, std::size_t stage) {
  MaskBook part;
  part.structure = book.structure;
  part.rates = {book.rates[stage]};
  part.ids = book.ids;
  part.labels = book.labels;
  for (const auto& target : targets_of(sample)) {
    if (const auto* masks = book.find(target)) part.masks.emplace(target, std::vector{(*masks)[stage]});
  }
  return part.hash();
}

SampleScores sample_scores(const std::string& condition, const MaskBook& book, const std::vector<LabelSample>& sample,
                           const MatchedScore& score, std::size_t stage) {
  SampleScores out;
  out.condition = condition;
  out.masks = book.origin.kind;
  out.structure = structure_name(book.structure);
  out.mask_sha256 = sample_hash(book, sample, stage);
  for (std::size_t label = 0; label < sample.size(); ++label) {
    const auto add = [&](const std::vector<std::int64_t>& rows, const std::vector<std::optional<double>>& scores,
                         bool positive) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        out.members.push_back({rows[i], static_cast<std::int64_t>(label), positive, scores[i]});
      }
    };
    add(sample[label].positives, score.positive_scores[label], true);
    add(sample[label].negatives, score.negative_scores[label], false);
  }
  return out;
}

CmrsScores cmrs_scores(const CriticalStudy& study, const CmrsOptions& options) {
  CmrsScores out;
  out.masks = study.book.origin.kind;
  out.structure = structure_name(study.book.structure);
  out.mask_sha256 = study.book.hash();
  out.rules = Json{{"resolved_from", options.resolved_from},   {"least_auroc_bound", options.least_auroc},
                   {"least_resolved", options.least_resolved}, {"most_resolved", options.most_resolved},
                   {"negatives", options.negatives},           {"seed", options.seed}}
                  .dump();
  out.rates = study.cmrs->critical.rates;
  out.critical.resize(out.rates.size());
  out.random.resize(out.rates.size());
  for (std::size_t label = 0; label < study.cmrs->plan.size(); ++label) {
    const auto& plan = study.cmrs->plan[label];
    for (std::size_t i = 0; i < plan.used.size(); ++i) {
      out.rows.push_back(plan.used[i]);
      out.labels.push_back(static_cast<std::int64_t>(label));
      out.clean.push_back(plan.clean[i]);
      for (std::size_t rate = 0; rate < out.rates.size(); ++rate) {
        out.critical[rate].push_back(study.cmrs->critical.classes[label].masked[rate][i]);
        out.random[rate].push_back(study.cmrs->random.classes[label].masked[rate][i]);
      }
    }
  }
  return out;
}

/// Values with a tensor that says which of them are there: safetensors have no null, and a NaN would be a score that is
/// wrong.
struct Optionals {
  std::vector<double> values;
  std::vector<std::uint8_t> present;

  void add(const std::optional<double>& value) {
    values.push_back(value.value_or(0));
    present.push_back(value ? 1 : 0);
  }
};

Optionals flattened(const std::vector<std::vector<std::optional<double>>>& rows) {
  Optionals out;
  for (const auto& row : rows) {
    for (const auto& value : row) out.add(value);
  }
  return out;
}

std::string place(const char* list, std::size_t i) { return cat(list, ".", i, "."); }

/// Record numbers of a class's members appear once.
void check_members(const ScoresReader& reader, const std::vector<std::int64_t>& rows,
                   const std::vector<std::int64_t>& labels, const std::string& what) {
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!seen.emplace(labels[i], rows[i]).second) {
      reader.fail(cat(what, " names a record twice for one class"), cat("record ", rows[i], ", class ", labels[i]));
    }
  }
}

std::string sha256_text(const ScoresReader& reader, const Json& object, const std::string& name,
                        const std::string& where = {}) {
  auto out = reader.text(object, name, where);
  const bool hexadecimal = out.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!hexadecimal || out.size() != 64) reader.fail(cat("'", name, "' is not a SHA-256"), out.substr(0, 80));
  return out;
}

class Loader {
 public:
  explicit Loader(const ScoresReader& reader) : reader_(reader) {}

  ZeroShotScores read() {
    if (reader_.kind() != kKind) reader_.fail("scores of another kind", reader_.kind(), kKind);
    head();
    conditions();
    return std::move(out_);
  }

 private:
  void head() {
    const auto& document = reader_.document();
    out_.task = reader_.text(document, "task");
    out_.split = reader_.text(document, "split");
    out_.classes = reader_.unique_texts(document, "classes");
    out_.ids = reader_.unique_texts(document, "records");
    out_.patients = reader_.texts(document, "patients");
    if (out_.patients.size() != out_.ids.size()) {
      reader_.fail("'patients' and 'records' differ in number", cat(out_.patients.size()), cat(out_.ids.size()));
    }
    records_ = static_cast<std::int64_t>(out_.ids.size());
    classes_ = static_cast<std::int64_t>(out_.classes.size());
    out_.labels = reader_.bits("labels", {records_, classes_});
    out_.prompts_sha256 = sha256_text(reader_, document, "prompts_sha256");
    const auto& store = reader_.member(document, "store");
    out_.store_sha256 = sha256_text(reader_, store, "manifest_sha256", "the store");
    out_.store_kind = reader_.text(store, "kind", "the store");
    const auto& provenance = reader_.member(store, "provenance", "the store");
    if (!provenance.is_object()) reader_.fail("the provenance of the store is not an object");
    out_.provenance = provenance.dump();
    out_.block_ms = number(document, "block_ms", 0, 1e9);
    const auto& run = reader_.member(document, "run");
    out_.run = reader_.text(run, "name", "the run");
    out_.weights_sha256 = sha256_text(reader_, run, "weights_sha256", "the run");
    out_.config_sha256 = reader_.text(run, "config_sha256", "the run");
    const auto& seed = reader_.member(run, "seed", "the run");
    if (!seed.is_null()) {
      if (!seed.is_number_unsigned()) reader_.fail("the seed of the run is not a whole number from 0 on", seed.dump());
      out_.seed = seed.get<std::uint64_t>();
    }
  }

  double number(const Json& object, const std::string& name, double low, double high) {
    const auto& value = reader_.member(object, name);
    if (!value.is_number() || value.get<double>() < low || value.get<double>() > high) {
      reader_.fail(cat("'", name, "' is no number, or out of range"), value.dump(), cat(low, " to ", high));
    }
    return value.get<double>();
  }

  void conditions() {
    const auto& document = reader_.document();
    const auto& rules = list(document, "rules");
    for (std::size_t i = 0; i < rules.size(); ++i) rule(rules[i], place("rule", i));
    const auto& samples = list(document, "samples");
    for (std::size_t i = 0; i < samples.size(); ++i) sample(samples[i], place("sample", i));
    const auto& cmrs = reader_.member(document, "cmrs");
    if (!cmrs.is_null()) resolution(cmrs);
  }

  const Json& list(const Json& object, const std::string& name) {
    const auto& out = reader_.member(object, name);
    if (!out.is_array()) reader_.fail(cat("'", name, "' is not a list"));
    return out;
  }

  std::string condition(const Json& entry) {
    auto name = reader_.text(entry, "condition", "a condition");
    if (name.empty() || !names_.insert(name).second) reader_.fail("a condition has no name, or that of another", name);
    return name;
  }

  void rule(const Json& entry, const std::string& at) {
    RuleScores scores;
    scores.condition = condition(entry);
    if (!reader_.member(entry, "mask_sha256", scores.condition).is_null()) {
      scores.mask_sha256 = sha256_text(reader_, entry, "mask_sha256", scores.condition);
    }
    scores.rows = reader_.whole_numbers(at + "rows", {-1}, 0, records_ - 1);
    if (std::adjacent_find(scores.rows.begin(), scores.rows.end(), std::greater_equal<>()) != scores.rows.end()) {
      reader_.fail(cat("the record numbers of ", scores.condition, " do not ascend"));
    }
    scores.scores = reader_.numbers(at + "scores", {static_cast<std::int64_t>(scores.rows.size()), classes_},
                                    -kInfinity, kInfinity);
    out_.rules.push_back(std::move(scores));
  }

  void sample(const Json& entry, const std::string& at) {
    SampleScores scores;
    scores.condition = condition(entry);
    scores.masks = masks(entry, scores.condition);
    scores.structure = reader_.text(entry, "structure", scores.condition);
    scores.mask_sha256 = sha256_text(reader_, entry, "mask_sha256", scores.condition);
    const auto rows = reader_.whole_numbers(at + "rows", {-1}, 0, records_ - 1);
    const auto n = static_cast<std::int64_t>(rows.size());
    const auto labels = reader_.whole_numbers(at + "classes", {n}, 0, classes_ - 1);
    const auto positive = reader_.bits(at + "positive", {n});
    const auto scored = reader_.bits(at + "scored", {n});
    const auto values = reader_.numbers(at + "scores", {n}, -kInfinity, kInfinity);
    check_members(reader_, rows, labels, scores.condition);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (out_.labels[static_cast<std::size_t>(rows[i] * classes_ + labels[i])] != positive[i]) {
        reader_.fail(cat("a member of ", scores.condition, " is not what its label says"),
                     cat("record ", rows[i], ", class ", labels[i]));
      }
      scores.members.push_back(
          {rows[i], labels[i], positive[i] != 0, scored[i] != 0 ? std::optional<double>(values[i]) : std::nullopt});
    }
    out_.samples.push_back(std::move(scores));
  }

  void resolution(const Json& entry) {
    CmrsScores scores;
    scores.masks = masks(entry, "cmrs");
    scores.structure = reader_.text(entry, "structure", "cmrs");
    scores.mask_sha256 = sha256_text(reader_, entry, "mask_sha256", "cmrs");
    scores.rules = reader_.member(entry, "rules", "cmrs").dump();
    scores.rates = reader_.numbers("cmrs.rates", {-1}, 0, 1);
    if (scores.rates.empty()) reader_.fail("CMRS has no rate");
    const auto rates = static_cast<std::int64_t>(scores.rates.size());
    scores.rows = reader_.whole_numbers("cmrs.rows", {-1}, 0, records_ - 1);
    const auto n = static_cast<std::int64_t>(scores.rows.size());
    scores.labels = reader_.whole_numbers("cmrs.classes", {n}, 0, classes_ - 1);
    check_members(reader_, scores.rows, scores.labels, "CMRS");
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
      if (out_.labels[static_cast<std::size_t>(scores.rows[i] * classes_ + scores.labels[i])] == 0) {
        reader_.fail("CMRS holds a record that is not positive",
                     cat("record ", scores.rows[i], ", class ", scores.labels[i]));
      }
    }
    // At or below one half nothing is resolved, and the sum that CMRS divides by could vanish.
    scores.clean = reader_.numbers("cmrs.clean", {n}, std::nextafter(.5, 1), 1);
    for (auto [name, target] : {std::pair{"critical", &scores.critical}, std::pair{"random", &scores.random}}) {
      const auto values = reader_.numbers(cat("cmrs.", name), {rates, n}, 0, 1);
      const auto present = reader_.bits(cat("cmrs.", name, "_measured"), {rates, n});
      target->resize(scores.rates.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        (*target)[i / scores.rows.size()].push_back(present[i] != 0 ? std::optional<double>(values[i]) : std::nullopt);
      }
    }
    out_.cmrs = std::move(scores);
  }

  std::string masks(const Json& entry, const std::string& where) {
    auto kind = reader_.text(entry, "masks", where);
    if (kind != "own" && kind != "transferred" && kind != "random") {
      reader_.fail(cat("masks of ", where, " have an unknown origin"), kind, "own, transferred or random");
    }
    return kind;
  }

  const ScoresReader& reader_;
  ZeroShotScores out_;
  std::int64_t records_ = 0, classes_ = 0;
  std::set<std::string> names_;
};

}  // namespace

RuleScores rule_scores(const std::string& condition, const ZeroShotResult& result, const RecordMasks* masks) {
  return {condition, masks == nullptr ? std::string() : masks->hash, result.rows, result.table.scores};
}

void add_study(ZeroShotScores& scores, const CriticalStudy& study, const CmrsOptions& cmrs_options,
               const std::vector<double>& asked) {
  for (std::size_t stage = 0; stage < study.rates.size(); ++stage) {
    const auto& rate = study.rates[stage];
    if (!is_asked(asked, rate.rate)) continue;
    scores.samples.push_back(
        sample_scores(cat("critical:", rate.rate), study.book, study.sample, rate.critical, stage));
    scores.samples.push_back(
        sample_scores(cat("random:", rate.rate), study.random_book, study.sample, rate.random, stage));
  }
  if (study.cmrs) scores.cmrs = cmrs_scores(study, cmrs_options);
}

void save_zero_shot_scores(const ZeroShotScores& scores, const std::filesystem::path& path) {
  Json document;
  document["task"] = scores.task;
  document["split"] = scores.split;
  document["classes"] = scores.classes;
  document["prompts_sha256"] = scores.prompts_sha256;
  document["store"] = {{"manifest_sha256", scores.store_sha256},
                       {"kind", scores.store_kind},
                       {"provenance", parse_json(scores.provenance, "provenance", static_cast<int>(Code::internal))}};
  document["block_ms"] = scores.block_ms;
  document["run"] = {{"name", scores.run},
                     {"weights_sha256", scores.weights_sha256},
                     {"config_sha256", scores.config_sha256},
                     {"seed", scores.seed ? Json(*scores.seed) : Json(nullptr)}};
  document["records"] = scores.ids;
  document["patients"] = scores.patients;

  const auto classes = static_cast<std::int64_t>(scores.classes.size());
  tensor::NamedTensors tensors;
  tensors["labels"] = to_tensor(scores.labels, classes);
  auto& rules = document["rules"] = Json::array();
  for (std::size_t i = 0; i < scores.rules.size(); ++i) {
    const auto& rule = scores.rules[i];
    rules.push_back({{"condition", rule.condition},
                     {"mask_sha256", rule.mask_sha256.empty() ? Json(nullptr) : Json(rule.mask_sha256)}});
    tensors[place("rule", i) + "rows"] = to_tensor(rule.rows);
    tensors[place("rule", i) + "scores"] = to_tensor(rule.scores, classes);
  }
  auto& samples = document["samples"] = Json::array();
  for (std::size_t i = 0; i < scores.samples.size(); ++i) {
    const auto& sample = scores.samples[i];
    samples.push_back({{"condition", sample.condition},
                       {"masks", sample.masks},
                       {"structure", sample.structure},
                       {"mask_sha256", sample.mask_sha256}});
    std::vector<std::int64_t> rows, labels;
    std::vector<std::uint8_t> positive;
    Optionals values;
    for (const auto& member : sample.members) {
      rows.push_back(member.row);
      labels.push_back(member.label);
      positive.push_back(member.positive ? 1 : 0);
      values.add(member.score);
    }
    const auto at = place("sample", i);
    tensors[at + "rows"] = to_tensor(rows);
    tensors[at + "classes"] = to_tensor(labels);
    tensors[at + "positive"] = to_tensor(positive);
    tensors[at + "scored"] = to_tensor(values.present);
    tensors[at + "scores"] = to_tensor(values.values);
  }
  document["cmrs"] = nullptr;
  if (scores.cmrs) {
    const auto& cmrs = *scores.cmrs;
    document["cmrs"] = {{"masks", cmrs.masks},
                        {"structure", cmrs.structure},
                        {"mask_sha256", cmrs.mask_sha256},
                        {"rules", parse_json(cmrs.rules, "rules", static_cast<int>(Code::internal))}};
    tensors["cmrs.rates"] = to_tensor(cmrs.rates);
    tensors["cmrs.rows"] = to_tensor(cmrs.rows);
    tensors["cmrs.classes"] = to_tensor(cmrs.labels);
    tensors["cmrs.clean"] = to_tensor(cmrs.clean);
    const auto positives = static_cast<std::int64_t>(cmrs.rows.size());
    const auto rates = static_cast<std::int64_t>(cmrs.rates.size());
    for (const auto& [name, values] : {std::pair{"critical", &cmrs.critical}, std::pair{"random", &cmrs.random}}) {
      const auto flat = flattened(*values);
      tensors[cat("cmrs.", name)] = to_tensor(flat.values).view({rates, positives});
      tensors[cat("cmrs.", name, "_measured")] = to_tensor(flat.present).view({rates, positives});
    }
  }
  save_scores_document(path, kKind, std::move(document), tensors);
}

ZeroShotScores read_zero_shot_scores(const ScoresReader& reader) { return Loader(reader).read(); }

ZeroShotScores load_zero_shot_scores(const std::filesystem::path& path) {
  return read_zero_shot_scores(ScoresReader(path));
}

}  // namespace scar::evaluation
