#include "scar/ingest/recipes/ptbxl_sub_published.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::ingest {

namespace {

constexpr const char* kSub = "ptbxl-sub";

struct Moved {
  const char *column, *holds;  // in the train split
  std::array<int, 3> positives;
};
constexpr std::array<Moved, 3> kMoved = {
    {{"ISC", "AVB", {658, 125, 128}}, {"AVB", "RAO/RAE", {79, 83, 82}}, {"RAO/RAE", "ISC", {1019, 10, 10}}}};

void check(const Source& source, const PtbxlCensus& census, const std::vector<std::pair<std::size_t, Moved>>& columns) {
  std::string differences;
  for (const auto& [column, moved] : columns) {
    std::array<std::int64_t, 3> counted{};
    for (const auto& record : source.records) {
      const auto labels = record.labels.find(kSubPublished);
      if (labels != record.labels.end())
        counted[static_cast<std::size_t>(ptbxl_split_of_fold(record.fold))] += labels->second[column];
    }
    for (std::size_t split = 0; split < 3; ++split) {
      if (census.split_complete[split] && counted[split] != moved.positives[split])
        differences += cat(differences.empty() ? "" : "; ", moved.column, ": ", counted[split], " counted, ",
                           moved.positives[split], " published");
    }
  }
  if (differences.empty()) return;
  throw Error(Code::counts_differ, cat("the labels of ", kSubPublished, " are not as many as were published"))
      .at(source.root.string())
      .got(differences);
}

}  // namespace

void add_sub_published(Source& source, const PtbxlCensus* census) {
  const auto sub =
      std::find_if(source.tasks.begin(), source.tasks.end(), [](const auto& task) { return task.name == kSub; });
  const auto classes = sub->classes;
  const auto place = [&](const char* name) {
    return static_cast<std::size_t>(std::find(classes.begin(), classes.end(), name) - classes.begin());
  };
  std::vector<std::pair<std::size_t, Moved>> columns;
  for (const auto& moved : kMoved) columns.emplace_back(place(moved.column), moved);
  source.tasks.push_back({kSubPublished, classes});
  for (auto& record : source.records) {
    const auto found = record.labels.find(kSub);
    if (found == record.labels.end()) continue;
    auto labels = found->second;
    if (ptbxl_split_of_fold(record.fold) == 0) {
      for (const auto& [column, moved] : columns) labels[column] = found->second[place(moved.holds)];
    }
    record.labels[kSubPublished] = std::move(labels);
  }
  if (census != nullptr) check(source, *census, columns);
}

}  // namespace scar::ingest
