#include "scar/data/store/card.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "scar/data/ecg_record.h"
#include "scar/data/store/splits.h"

namespace scar::data {

namespace {

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    words += c != ' ' && !inside ? 1 : 0;
    inside = c != ' ';
  }
  return words;
}

}  // namespace

StoreCard make_card(const Store& store) {
  const auto& info = store.info();
  StoreCard card;
  card.splits[0] = {.name = split_name(Split::train), .folds = info.train_folds};
  card.splits[1] = {.name = split_name(Split::validation), .folds = info.validation_folds};
  card.splits[2] = {.name = split_name(Split::test), .folds = info.test_folds};
  card.splits[3] = {.name = split_name(Split::none)};
  for (auto& split : card.splits) {
    for (const auto& task : info.tasks)
      split.tasks.push_back({task.name, 0, std::vector<std::int64_t>(task.classes.size())});
  }
  std::array<std::set<int>, 4> other_folds;
  std::array<std::unordered_set<std::string_view>, 4> patients;
  std::unordered_set<std::string_view> reports;
  std::vector<std::int64_t> words;
  for (std::int64_t i = 0; i < store.size(); ++i) {
    const auto s = static_cast<std::size_t>(split_of(store, i));
    auto& split = card.splits[s];
    other_folds[s].insert(store.fold(i));
    ++split.records;
    ++split.languages[store.language(i)];
    ++split.recorders[store.recorder(i)];
    if (store.patient(i).empty())
      ++split.without_patient;
    else
      patients[s].insert(store.patient(i));
    if (store.report(i).empty()) {
      ++split.without_report;
    } else {
      reports.insert(store.report(i));
      words.push_back(count_words(store.report(i)));
    }
    for (auto& task : split.tasks) {
      const auto* labels = store.labels(task.name, i);
      if (labels[0] == kNotInTask) continue;
      ++task.records;
      for (std::size_t c = 0; c < task.positives.size(); ++c) task.positives[c] += labels[c];
    }
  }
  for (std::size_t s = 0; s < 4; ++s) card.splits[s].patients = static_cast<std::int64_t>(patients[s].size());
  card.splits[3].folds.assign(other_folds[3].begin(), other_folds[3].end());
  card.distinct_reports = static_cast<std::int64_t>(reports.size());
  std::sort(words.begin(), words.end());
  const std::array<double, 3> at = {.05, .5, .95};
  for (std::size_t k = 0; k < 3 && !words.empty(); ++k)
    card.words[k] = words[static_cast<std::size_t>(at[k] * static_cast<double>(words.size() - 1))];
  return card;
}

}  // namespace scar::data
