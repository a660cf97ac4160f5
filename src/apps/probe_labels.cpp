#include "probe_labels.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/log.h"
#include "scar/data/ecg_record.h"
#include "scar/evaluation/labelled_subset.h"
#include "scar/evaluation/published_subset.h"
#include "scar/ingest/split_list.h"
#include "shared_files.h"

namespace scar::apps {

using namespace evaluation;

namespace {

// Records of the public train file of a task in its order: ascending ecg_id for PTB-XL, else that of the split list.
std::vector<std::string> public_train_ids(const data::Store& store, const TaskRecords& train) {
  std::vector<std::string> ids;
  for (std::int64_t record = 0; record < store.size(); ++record) {
    const bool in_folds = std::find(train.folds.begin(), train.folds.end(), store.fold(record)) != train.folds.end();
    if (in_folds && store.labels(train.task, record)[0] != data::kNotInTask) ids.push_back(store.id(record));
  }
  const auto& kind = store.info().kind;
  const auto rows = published_train_rows(train.task);
  if (!rows || static_cast<std::int64_t>(ids.size()) != *rows) {
    throw Error(Code::contradiction, "published label subsets are rows of a public train file, which this is not")
        .got(cat(train.task, ", ", ids.size(), " records in folds ", join(train.folds)))
        .wanted(rows ? cat(*rows, " records") : std::string("a task of PTB-XL, CPSC2018 or CSN"))
        .hint(kind == "ptbxl" ? "a store of all folds, or --train-folds 1,2,3,4,5,6,7,8"
                              : "a store of the whole dataset");
  }
  if (kind == "ptbxl") return ids;
  return ingest::read_split_list(find_splits("", kind == "csn" ? "csn.txt" : "cpsc2018.txt")).train;
}

std::vector<std::int64_t> published_rows(const std::string& rule, const std::vector<std::string>& public_ids,
                                         const std::vector<std::string>& ids, double fraction) {
  std::set<std::string> chosen;
  for (const auto row : published_subset(rule, static_cast<std::int64_t>(public_ids.size()), fraction))
    chosen.insert(public_ids[static_cast<std::size_t>(row)]);
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (chosen.contains(ids[row])) rows.push_back(static_cast<std::int64_t>(row));
  }
  if (rows.size() < chosen.size())
    log::warn(63, cat(chosen.size() - rows.size(), " records of the published subset have nothing visible"));
  return rows;
}

}  // namespace

void FractionFlags::declare(Command& command) {
  command.option("--fraction", fractions,
                 "share of the training records whose labels are used, by patient, nested; may be repeated (default: "
                 "0.01, 0.1 and 1)");
  command.option("--subset", subset,
                 "who is labelled: patients (stratified by label), or the rows of published work: merl, melp");
  command.option("--subset-seeds", subset_seeds, "choices of labelled patients, seeds 0, 1, ...; all of them is one");
}

std::vector<double> FractionFlags::amounts() const {
  if (fractions.empty()) return {.01, .1, 1};
  std::set<double> out;
  for (const auto& text : fractions) out.insert(parse_number("--fraction", text, 1e-6, 1));
  return {out.begin(), out.end()};
}

void FractionFlags::check() const {
  (void)amounts();
  require_range("--subset-seeds", subset_seeds, 1, 1000);
  require_choice("--subset", subset, {"patients", "merl", "melp"});
}

Json FractionFlags::settings() const {
  return {{"fractions", amounts()}, {"subset", subset}, {"subset_seeds", subset == "patients" ? subset_seeds : 1}};
}

std::vector<LabelChoice> FractionFlags::choices(const ProbeInputs& inputs) const {
  const auto& train = inputs.parts[kTrain];
  const auto& store = inputs.loaded.store;
  const auto ids = train.ids(store);
  std::vector<LabelChoice> out;
  for (const double fraction : amounts()) out.push_back({cat(100 * fraction, " %"), "fraction", fraction, {}});
  if (subset != "patients") {
    const auto public_ids = public_train_ids(store, train);
    for (auto& choice : out) choice.sets.push_back({{}, published_rows(subset, public_ids, ids, choice.amount)});
    return out;
  }
  for (long long seed = 0; seed < subset_seeds; ++seed) {
    const LabelledSubsets subsets(train.patients(store), ids, train.labels, static_cast<std::uint64_t>(seed));
    for (auto& choice : out) {
      if (choice.amount < 1)
        choice.sets.push_back({seed, subsets.rows(choice.amount)});
      else if (seed == 0)
        choice.sets.push_back({{}, subsets.rows(1)});  // everyone, whatever the seed
    }
  }
  return out;
}

}  // namespace scar::apps
