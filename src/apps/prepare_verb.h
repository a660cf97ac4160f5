#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "scar/apps/arguments.h"
#include "scar/core/fields.h"
#include "scar/data/store/store_format.h"

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

/// One verb of scar-prepare. Declares its arguments when it is made; run() returns the exit status.
class PrepareVerb {
 public:
  virtual ~PrepareVerb() = default;
  [[nodiscard]] virtual bool chosen() const = 0;
  virtual int run(bool json) = 0;
};

[[nodiscard]] std::unique_ptr<PrepareVerb> synth_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> ptbxl_verb(Arguments& arguments);
/// mimic-iv-ecg, cpsc2018, csn, challenge, wfdb
void add_dataset_verbs(Arguments& arguments, std::vector<std::unique_ptr<PrepareVerb>>& verbs);
[[nodiscard]] std::unique_ptr<PrepareVerb> download_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> tokenizer_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> info_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> verify_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> split_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> merge_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<PrepareVerb> duplicates_verb(Arguments& arguments);

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
