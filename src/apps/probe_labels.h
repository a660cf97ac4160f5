#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probe_inputs.h"

/// Whose labels a probe may see.
namespace scar::apps {

/// Rows of the training records, ascending.
struct LabelSet {
  std::optional<std::int64_t> seed;  // of the choice; nullopt: nothing was chosen by a seed
  std::vector<std::int64_t> rows;
};

/// An amount of labels, and its choices.
struct LabelChoice {
  std::string name;   // "10 %", "k = 4": a heading
  std::string key;    // "fraction", "k": a member of results
  double amount = 0;  // its value
  std::vector<LabelSet> sets;
};

/// Shares of the training records.
struct FractionFlags {
  std::vector<std::string> fractions;
  std::string subset = "patients";
  long long subset_seeds = 5;

  void declare(Command& command);
  void check() const;                   // before anything is read
  [[nodiscard]] Json settings() const;  // what of it decides a result
  [[nodiscard]] std::vector<LabelChoice> choices(const ProbeInputs& inputs) const;

 private:
  [[nodiscard]] std::vector<double> amounts() const;  // ascending, each once
};

}  // namespace scar::apps
