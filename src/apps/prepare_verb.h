#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "scar/core/fields.h"
#include "scar/data/store/store_format.h"
#include "verb.h"

namespace scar::apps {

/// Every field of a table as a flag of a verb, so that --help lists it with type, range and default.
class KeyFlags {
 public:
  KeyFlags(Command& command, FieldTable& table);  // both outlive it
  void apply(Problems& problems);                 // after Arguments::parse()

 private:
  FieldTable& table_;
  std::deque<std::pair<std::string, std::string>> texts_;  // deques: the parser keeps references
  std::deque<std::pair<std::string, bool>> switches_;
};

[[nodiscard]] std::unique_ptr<Verb> synth_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> ptbxl_verb(Arguments& arguments);
/// mimic-iv-ecg, cpsc2018, csn, challenge, wfdb
void add_dataset_verbs(Arguments& arguments, Verbs& verbs);
[[nodiscard]] std::unique_ptr<Verb> download_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> tokenizer_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> info_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> verify_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> split_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> merge_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<Verb> duplicates_verb(Arguments& arguments);

[[nodiscard]] int default_jobs();                        // processors that this process may use
[[nodiscard]] int checked_jobs(long long jobs);          // Error(out_of_range) unless 1 to 1024
[[nodiscard]] std::string grouped(std::int64_t number);  // "19,601"
[[nodiscard]] std::string counted(const std::map<std::string, std::int64_t>& counts);  // "de 12,576, en 6,489"
/// Line "name" and value below each other in one column.
[[nodiscard]] std::string line(const std::string& name, const std::string& value);

/// "19,601 in = 19,600 used + 1 left out", and the reasons.
[[nodiscard]] std::string sums(const data::StoreSummary& summary);
[[nodiscard]] nlohmann::ordered_json sums_json(const data::StoreSummary& summary);
/// At most `most` lines of what was left out and why.
[[nodiscard]] std::string exclusions(const std::vector<data::Exclusion>& list, std::size_t most = 10);
[[nodiscard]] nlohmann::ordered_json exclusions_json(const std::vector<data::Exclusion>& list);

/// Says that a signal ended the work and returns the status for that.
[[nodiscard]] int stopped();

}  // namespace scar::apps
