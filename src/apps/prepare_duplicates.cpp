#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/duplicates.h"
#include "scar/data/store/splits.h"

namespace scar::apps {

namespace {

/// Whether these splits are more than one; what is in none is not used.
bool across(std::set<data::Split> splits) {
  splits.erase(data::Split::none);
  return splits.size() > 1;
}

class DuplicatesVerb final : public Verb {
 public:
  explicit DuplicatesVerb(Arguments& arguments)
      : Verb(arguments.verb("duplicates",
                            "Finds records that hold one signal, within and between stores of any rate, length and "
                            "scale, and patients and signals that stand in more than one split.",
                            "scar-prepare duplicates data/ptbxl100 data/csn --out duplicates.tsv")) {
    command_.positional("STORE", paths_, "stores of scar-prepare");
    command_.option("--out", out_, "file for the whole list: a line per record, with its group");
    command_.option("--jobs", jobs_, "threads");
  }

  int run(const Arguments& arguments) override {
    std::vector<data::Store> stores;
    for (const auto& path : paths_) stores.push_back(data::Store::open(path));
    std::vector<data::RecordList> lists;
    for (const auto& store : stores) {
      data::RecordList list{&store, std::vector<std::int64_t>(static_cast<std::size_t>(store.size()))};
      std::iota(list.records.begin(), list.records.end(), 0);
      lists.push_back(std::move(list));
    }
    const auto groups = data::find_duplicates(lists, checked_jobs(jobs_), [](std::int64_t done, std::int64_t total) {
      log::progress(cat("records ", grouped(done), "/", grouped(total)));
    });
    log::end_progress();

    std::int64_t surplus = 0, across_stores = 0, across_splits = 0;
    std::string table = "group\tstore\trecord\tpatient\tsplit\n";
    for (std::size_t g = 0; g < groups.size(); ++g) {
      std::set<std::size_t> of_stores;
      std::set<data::Split> splits;
      for (const auto& place : groups[g].records) {
        const auto& store = stores[place.list];
        of_stores.insert(place.list);
        splits.insert(data::split_of(store, place.record));
        table += cat(g + 1, "\t", paths_[place.list], "\t", store.id(place.record), "\t", store.patient(place.record),
                     "\t", split(store, place.record), "\n");
      }
      surplus += static_cast<std::int64_t>(groups[g].records.size()) - 1;
      across_stores += of_stores.size() > 1 ? 1 : 0;
      across_splits += across(splits) ? 1 : 0;
    }
    const auto patients = patients_in_two_splits(stores);
    if (!out_.empty()) write_file_atomically(out_, table);
    if (arguments.json()) {
      Json answer;
      answer["stores"] = paths_;
      answer["groups"] = groups.size();
      answer["surplus_records"] = surplus;
      answer["groups_across_stores"] = across_stores;
      answer["groups_across_splits"] = across_splits;
      answer["patients_in_two_splits"] = patients;
      answer["list"] = Json::array();
      for (const auto& group : groups) {
        Json one;
        one["difference"] = group.difference;
        for (const auto& place : group.records) {
          const auto& store = stores[place.list];
          one["records"].push_back({{"store", paths_[place.list]},
                                    {"id", store.id(place.record)},
                                    {"patient", store.patient(place.record)},
                                    {"split", split(store, place.record)}});
        }
        answer["list"].push_back(std::move(one));
      }
      std::cout << answer.dump(2) << "\n";
      return 0;
    }
    std::int64_t all = 0;
    for (const auto& store : stores) all += store.size();
    std::cout << line("records", cat(grouped(all), " in ", stores.size(), stores.size() == 1 ? " store" : " stores"))
              << line("signals", cat(grouped(static_cast<std::int64_t>(groups.size())), " stand there more than once, ",
                                     grouped(surplus), " records too many; ", grouped(across_stores),
                                     " in several stores, ", grouped(across_splits), " in several splits"))
              << line("patients", cat(grouped(patients), " in several splits (of stores of one kind)"));
    for (std::size_t g = 0; g < std::min<std::size_t>(10, groups.size()); ++g) {
      std::string names;
      for (const auto& place : groups[g].records) {
        const auto& store = stores[place.list];
        names += cat(names.empty() ? "" : ", ", paths_[place.list], ":", store.id(place.record), " (",
                     split(store, place.record), ")");
      }
      std::cout << line("", names);
    }
    if (groups.size() > 10)
      std::cout << line("", cat("and ", grouped(static_cast<std::int64_t>(groups.size()) - 10), " more",
                                out_.empty() ? "; --out FILE lists them all" : ""));
    if (!out_.empty()) std::cout << line("list", out_);
    return 0;
  }

 private:
  static const char* split(const data::Store& store, std::int64_t record) {
    return data::split_name(data::split_of(store, record));
  }

  static std::int64_t patients_in_two_splits(const std::vector<data::Store>& stores) {
    std::map<std::string, std::set<data::Split>> splits;
    for (const auto& store : stores) {
      for (std::int64_t i = 0; i < store.size(); ++i) {
        if (const auto who = data::person(store, i); !who.empty()) splits[who].insert(data::split_of(store, i));
      }
    }
    return std::count_if(splits.begin(), splits.end(), [](const auto& one) { return across(one.second); });
  }

  std::vector<std::string> paths_;
  std::string out_;
  long long jobs_ = default_jobs();
};

}  // namespace

std::unique_ptr<Verb> duplicates_verb(Arguments& arguments) { return std::make_unique<DuplicatesVerb>(arguments); }

}  // namespace scar::apps
