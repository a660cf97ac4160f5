#include "corpus.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/log.h"
#include "scar/core/random.h"
#include "scar/data/store/splits.h"
#include "scar/data/synthetic/store.h"
#include "scar/text/report_cleaning.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

std::vector<int> whole(const std::vector<double>& folds) { return {folds.begin(), folds.end()}; }

/// In [0, 1), the same in every run: which patients are held out does not depend on the seed, so seeds can be compared.
double patient_place(const data::Store& store, std::int64_t record) {
  const auto& patient = store.patient(record).empty() ? store.id(record) : store.patient(record);
  return CounterRandom(0, "holdout:" + patient).uniform();
}

void make_synthetic(const TrainOptions& options, const RunPaths& paths, bool dry_run) {
  const auto folder = paths.data();
  if (fs::exists(folder / "MANIFEST.json")) return;
  if (dry_run) {
    throw Error(Code::store_missing, "the synthetic store is made by the run itself; a dry run makes nothing")
        .at(folder.string())
        .hint("set data.store to check a store");
  }
  log::info(cat("making ", options.data.synthetic.records, " synthetic records in ", folder.string()));
  const auto jobs = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  (void)data::write_synthetic_store(folder, options.data.synthetic, jobs,
                                    [](std::string_view raw) { return text::clean_report(raw); });
}

std::unique_ptr<text::Tokenizer> open_vocabulary(const TrainOptions& options, const RunPaths& paths,
                                                 const Corpus& corpus, bool dry_run) {
  const auto kept = paths.vocabulary();
  if (!fs::exists(kept)) {
    std::string bytes;
    if (!options.text.vocabulary.empty()) {
      bytes = text::Tokenizer::load(options.text.vocabulary).bytes();
    } else {
      std::vector<std::string> reports;
      for (const auto record : corpus.train) reports.push_back(corpus.store->report(record));
      const auto trained = text::train_tokenizer(reports, options.text.tokenizer);
      log::info(cat("vocabulary of ", trained.vocabulary_size, " pieces from ", trained.texts, " different reports"));
      bytes = trained.bytes;
    }
    if (dry_run) return std::make_unique<text::Tokenizer>(text::Tokenizer::from_bytes(bytes, "vocabulary"));
    write_file_atomically(kept, bytes);
  } else if (!options.text.vocabulary.empty() &&
             text::Tokenizer::load(options.text.vocabulary).sha256() != text::Tokenizer::load(kept).sha256()) {
    throw Error(Code::vocabulary_changed, "the run was started with another vocabulary")
        .at(options.text.vocabulary)
        .hint(cat("the run's own is ", kept.string(), "; start anew in another --run-dir to change it"));
  }
  return std::make_unique<text::Tokenizer>(text::Tokenizer::load(kept));
}

/// Largest group first. Records of a language that does not fill a batch join the largest one: none may be left out of
/// every epoch.
void make_groups(Corpus& corpus, const std::string& by, std::int64_t batch) {
  std::map<std::string, std::int64_t> counts;
  const auto name = [&](std::int64_t record) { return by == "language" ? corpus.store->language(record) : ""; };
  for (const auto record : corpus.train) ++counts[name(record)];
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const auto& [key, count] : counts) sorted.emplace_back(-count, key);
  std::sort(sorted.begin(), sorted.end());
  std::map<std::string, std::int32_t> number;
  for (const auto& [count, key] : sorted) {
    if (corpus.group_names.empty() || -count >= batch) {
      number[key] = static_cast<std::int32_t>(corpus.group_names.size());
      corpus.group_names.push_back(key);
    } else {
      number[key] = 0;
    }
  }
  for (const auto record : corpus.train) corpus.groups.push_back(number.at(name(record)));
  // Validation asks the same question: batches of one group, but for those at a border.
  std::stable_sort(corpus.validation.begin(), corpus.validation.end(),
                   [&](std::int64_t a, std::int64_t b) { return name(a) < name(b); });
}

}  // namespace

std::vector<std::int64_t> Corpus::group_sizes() const {
  std::vector<std::int64_t> sizes(group_names.size());
  for (const auto group : groups) ++sizes[static_cast<std::size_t>(group)];
  return sizes;
}

Corpus open_corpus(const TrainOptions& options, const RunPaths& paths, bool dry_run) {
  Corpus corpus;
  fs::path folder = options.data.store;
  if (options.data.store.empty()) {
    make_synthetic(options, paths, dry_run);
    folder = paths.data();
  }
  corpus.store = std::make_unique<data::Store>(data::Store::open(folder));
  const auto& store = *corpus.store;
  const auto train_folds =
      options.data.train_folds.empty() ? store.info().train_folds : whole(options.data.train_folds);

  std::vector<std::int64_t> validation;
  const auto candidates = data::select_folds(store, train_folds);
  if (options.data.holdout > 0) {
    for (const auto record : candidates) {
      (patient_place(store, record) < options.data.holdout ? validation : corpus.train).push_back(record);
    }
  } else {
    data::check_patients_disjoint(store, train_folds, store.info().validation_folds);
    corpus.train = candidates;
    validation = data::select_folds(store, store.info().validation_folds);
  }
  corpus.candidates = static_cast<std::int64_t>(corpus.train.size() + validation.size());

  const auto drop_empty = [&](std::vector<std::int64_t>& records) {
    const auto says_something = [&](std::int64_t record) { return text::has_content(store.report(record)); };
    const auto rest = std::stable_partition(records.begin(), records.end(), says_something);
    corpus.empty_reports.insert(corpus.empty_reports.end(), rest, records.end());
    records.erase(rest, records.end());
  };
  drop_empty(corpus.train);
  drop_empty(validation);
  corpus.without_content = static_cast<std::int64_t>(corpus.empty_reports.size());
  if (corpus.train.empty() || validation.size() < 2) {
    throw Error(Code::split_empty, "nothing to train on, or fewer than 2 records to validate on")
        .at(folder.string())
        .got(cat(corpus.train.size(), " training, ", validation.size(), " validation records"))
        .hint("see data.train_folds and data.holdout");
  }

  const auto limit = static_cast<std::size_t>(options.data.validation_records);
  if (validation.size() > limit) {
    const auto key = [&](std::int64_t record) { return CounterRandom(0, "validation:" + store.id(record)).bits64(); };
    std::sort(validation.begin(), validation.end(), [&](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
    corpus.validation_unused = static_cast<std::int64_t>(validation.size() - limit);
    validation.resize(limit);
    std::sort(validation.begin(), validation.end());
  }
  corpus.validation = std::move(validation);
  make_groups(corpus, options.data.batch_by, options.train.batch);
  corpus.tokenizer = open_vocabulary(options, paths, corpus, dry_run);
  return corpus;
}

}  // namespace scar::training
