#include "corpus.h"

#include <algorithm>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "kept_apart.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/log.h"
#include "scar/core/random.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/splits.h"
#include "scar/data/synthetic/store.h"
#include "scar/data/visibility.h"
#include "scar/text/report_cleaning.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

std::vector<int> whole(const std::vector<double>& folds) { return {folds.begin(), folds.end()}; }

/// In [0, 1), the same in every run: which patients are held out does not depend on the seed, so seeds can be compared.
double patient_place(const data::StoreSet& stores, std::int64_t record) {
  const auto& patient = stores.patient(record).empty() ? stores.id(record) : stores.patient(record);
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
      for (const auto record : corpus.train) reports.push_back(corpus.stores->report(record));
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

/// The name of the store's folder, with its number where two are called the same.
std::string label_of(const data::StoreSet& stores, std::size_t store) {
  const auto name = [](const fs::path& folder) {
    return (folder.has_filename() ? folder : folder.parent_path()).filename();
  };
  const auto own = name(stores.stores()[store].folder());
  const auto same = std::count_if(stores.stores().begin(), stores.stores().end(),
                                  [&](const auto& other) { return name(other.folder()) == own; });
  return same > 1 ? cat(store + 1, ":", own.string()) : own.string();
}

/// Groups of one store each, the largest first. Records of a language that does not fill a batch join the largest group
/// of their store: none may be left out of every epoch.
void make_groups(Corpus& corpus, const DataOptions& options, std::int64_t batch) {
  const auto& stores = *corpus.stores;
  using Key = std::pair<std::size_t, std::string>;
  const auto key_of = [&](std::int64_t record) -> Key {
    return {stores.place(record).store, options.batch_by == "language" ? stores.language(record) : ""};
  };
  std::map<Key, std::int64_t> counts;
  for (const auto record : corpus.train) ++counts[key_of(record)];
  std::map<Key, std::int32_t> number;
  const bool several = stores.stores().size() > 1;
  for (std::size_t k = 0; k < stores.stores().size(); ++k) {
    std::vector<std::pair<std::int64_t, Key>> sorted;
    std::int64_t all = 0;
    for (const auto& [key, count] : counts) {
      if (key.first != k) continue;
      sorted.emplace_back(-count, key);
      all += count;
    }
    if (several && all < batch) {
      throw Error(Code::contradiction, "a store does not fill a batch")
          .at(stores.stores()[k].folder().string())
          .got(cat(all, " training records"))
          .wanted(cat("at least train.batch = ", batch))
          .hint("make train.batch smaller, or leave the store out");
    }
    std::sort(sorted.begin(), sorted.end());
    const auto largest = static_cast<std::int32_t>(corpus.group_names.size());
    for (const auto& [count, key] : sorted) {
      const bool first = std::cmp_equal(largest, corpus.group_names.size());
      if (first || -count >= batch) {
        number[key] = static_cast<std::int32_t>(corpus.group_names.size());
        corpus.group_names.push_back(several ? cat(label_of(stores, k), key.second.empty() ? "" : " ", key.second)
                                             : key.second);
        corpus.group_weights.push_back(options.weights.empty() ? 1.0 : options.weights[k]);
      } else {
        number[key] = largest;
      }
    }
  }
  for (const auto record : corpus.train) corpus.groups.push_back(number.at(key_of(record)));
  // Validation asks the same question: batches of one group, but for those at a border.
  std::stable_sort(corpus.validation.begin(), corpus.validation.end(),
                   [&](std::int64_t a, std::int64_t b) { return key_of(a) < key_of(b); });
}

/// What one store cannot see: a patient who trains in this store and validates in that one.
void check_patients_apart(const Corpus& corpus, const std::vector<std::int64_t>& validation) {
  const auto& stores = *corpus.stores;
  if (stores.stores().size() < 2) return;
  std::map<std::string, std::int64_t> training;
  for (const auto record : corpus.train) {
    const auto at = stores.place(record);
    if (auto name = data::person(stores.stores()[at.store], at.record); !name.empty())
      training.emplace(std::move(name), record);
  }
  for (const auto record : validation) {
    const auto at = stores.place(record);
    const auto found = training.find(data::person(stores.stores()[at.store], at.record));
    if (found == training.end()) continue;
    throw Error(Code::patient_in_two_splits, "a patient trains in one store and validates in another")
        .at(stores.stores()[at.store].folder().string())
        .got(cat("record ", stores.id(record), " of patient ", stores.patient(record), "; record ",
                 stores.id(found->second), " in ", stores.store_of(found->second).folder().string(), " trains"))
        .hint("set data.holdout, which splits by patient over all stores, or leave one of them out");
  }
}

void check_tokens(const data::StoreSet& stores, const model::EcgEncoderOptions& options) {
  if (stores.samples() % options.patch_samples != 0) {
    throw Error(Code::contradiction, "model.ecg.patch_samples does not divide the length of the records")
        .got(cat(options.patch_samples, " and ", stores.samples(), " samples"));
  }
  if (const auto patches = stores.samples() / options.patch_samples; patches > options.max_patches) {
    throw Error(Code::contradiction, "the records have more patches than model.ecg.max_patches")
        .got(cat(patches))
        .wanted(cat("at most ", options.max_patches))
        .hint("raise model.ecg.max_patches or model.ecg.patch_samples");
  }
}

bool anything_visible(const data::RecordSource& source, std::int64_t record, std::int64_t patch) {
  std::vector<std::int16_t> signal(static_cast<std::size_t>(data::kLeads * source.samples()));
  std::vector<std::uint8_t> visible(signal.size() / static_cast<std::size_t>(patch));
  source.read(record, signal.data());
  data::token_visibility(signal.data(), source.samples(), source.rate_hz(), patch, visible.data());
  return std::find(visible.begin(), visible.end(), 1) != visible.end();
}

/// A run that goes on was checked when it began, if it named the same stores then.
bool checked_before(const DataOptions& options, const RunPaths& paths) {
  if (!fs::exists(paths.identity())) return false;
  const auto before = read_options(paths.config()).data;
  return before.kept_apart == options.kept_apart && before.allow_shared == options.allow_shared;
}

}  // namespace

const data::RecordSource& Corpus::source() const {
  if (masked) return *masked;
  return *stores;
}

std::vector<std::int64_t> Corpus::group_sizes() const {
  std::vector<std::int64_t> sizes(group_names.size());
  for (const auto group : groups) ++sizes[static_cast<std::size_t>(group)];
  return sizes;
}

Corpus open_corpus(const TrainOptions& options, const RunPaths& paths, bool dry_run) {
  Corpus corpus;
  std::vector<fs::path> folders(options.data.store.begin(), options.data.store.end());
  if (folders.empty()) {
    make_synthetic(options, paths, dry_run);
    folders = {paths.data()};
  }
  corpus.stores = std::make_unique<data::StoreSet>(data::StoreSet::open(folders));
  const auto& stores = *corpus.stores;
  check_tokens(stores, options.model.ecg);

  std::vector<std::int64_t> validation;
  for (std::size_t k = 0; k < stores.stores().size(); ++k) {
    const auto& store = stores.stores()[k];
    const auto& info = store.info();
    const auto train_folds = options.data.train_folds.empty() ? info.train_folds : whole(options.data.train_folds);
    for (const auto record : data::select_folds(store, train_folds)) {
      const auto number = stores.number(k, record);
      const bool held_out = options.data.holdout > 0 && patient_place(stores, number) < options.data.holdout;
      (held_out ? validation : corpus.train).push_back(number);
    }
    if (options.data.holdout > 0) continue;
    data::check_patients_disjoint(store, train_folds, info.validation_folds);
    // Of several stores one with validation records is enough.
    if (stores.stores().size() > 1 && info.validation_folds.empty()) continue;
    for (const auto record : data::select_folds(store, info.validation_folds))
      validation.push_back(stores.number(k, record));
  }
  check_patients_apart(corpus, validation);
  corpus.candidates = static_cast<std::int64_t>(corpus.train.size() + validation.size());

  const auto keep = [&](const char* reason, const std::function<bool(std::int64_t)>& usable) {
    for (auto* records : {&corpus.train, &validation}) {
      const auto rest = std::stable_partition(records->begin(), records->end(), usable);
      for (auto record = rest; record != records->end(); ++record) corpus.left_out.push_back({*record, reason});
      records->erase(rest, records->end());
    }
  };
  keep("report_without_content", [&](std::int64_t record) { return text::has_content(stores.report(record)); });
  if (!options.data.missing.empty()) {
    const auto patch = options.model.ecg.patch_samples;
    corpus.masked = std::make_unique<data::MaskedSource>(stores, data::parse_mask(options.data.missing), patch);
    keep("nothing_visible", [&](std::int64_t record) { return anything_visible(*corpus.masked, record, patch); });
  }
  if (corpus.train.empty() || validation.size() < 2) {
    throw Error(Code::split_empty, "nothing to train on, or fewer than 2 records to validate on")
        .at(folders.front().string())
        .got(cat(corpus.train.size(), " training, ", validation.size(), " validation records"))
        .hint("see data.train_folds and data.holdout");
  }

  const auto limit = static_cast<std::size_t>(options.data.validation_records);
  if (validation.size() > limit) {
    const auto key = [&](std::int64_t record) { return CounterRandom(0, "validation:" + stores.id(record)).bits64(); };
    std::sort(validation.begin(), validation.end(), [&](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
    corpus.validation_unused = static_cast<std::int64_t>(validation.size() - limit);
    validation.resize(limit);
    std::sort(validation.begin(), validation.end());
  }
  corpus.validation = std::move(validation);
  make_groups(corpus, options.data, options.train.batch);
  if (!checked_before(options.data, paths)) check_kept_apart(options.data, corpus);
  corpus.tokenizer = open_vocabulary(options, paths, corpus, dry_run);
  return corpus;
}

}  // namespace scar::training
