#include "scar/ingest/task_counts.h"

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

data::TaskInfo task_info(const std::string& name, const std::vector<PublishedClass>& classes) {
  data::TaskInfo task{name, {}};
  for (const auto& one : classes) task.classes.emplace_back(one.name);
  return task;
}

void check_published(const Source& source, const std::string& task, const std::array<std::int64_t, 3>& sizes,
                     const std::vector<PublishedClass>& classes) {
  static const char* const kSplits[] = {"train", "validation", "test"};
  std::array<std::int64_t, 3> records{};
  std::vector<std::array<std::int64_t, 3>> positives(classes.size());
  for (const auto& record : source.records) {
    const auto labels = record.labels.find(task);
    if (!record.left_out.empty() || labels == record.labels.end() || record.fold < 1 || record.fold > 3) continue;
    const auto split = static_cast<std::size_t>(record.fold - 1);
    ++records[split];
    for (std::size_t c = 0; c < classes.size(); ++c) positives[c][split] += labels->second[c];
  }
  std::string differences;
  const auto compare = [&](const std::string& what, std::size_t split, std::int64_t got, std::int64_t wanted) {
    if (got != wanted)
      differences += cat(differences.empty() ? "" : "; ", kSplits[split], " ", what, " ", got, " for ", wanted);
  };
  for (std::size_t split = 0; split < 3; ++split) {
    compare("records", split, records[split], sizes[split]);
    for (std::size_t c = 0; c < classes.size(); ++c)
      compare(classes[c].name, split, positives[c][split], classes[c].positives[split]);
  }
  if (differences.empty()) return;
  throw Error(Code::counts_differ, cat("the labels of ", task, " are not as many as were published"))
      .at(source.root.string())
      .got(differences)
      .hint("is it another version of the dataset? --partial takes a part of it, without this check");
}

}  // namespace scar::ingest
