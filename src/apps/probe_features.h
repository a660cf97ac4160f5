#pragma once

#include <functional>
#include <string>
#include <vector>

#include "probe_inputs.h"
#include "scar/evaluation/embed.h"

/// Features that stand still while a probe is trained on them.
namespace scar::apps {

struct FeatureFlags {
  std::string features = "pooled";
  long long random_encoders = 3;

  void declare(Command& command);
  void check() const;
  [[nodiscard]] Json settings() const;
};

/// Features of some records without the tokens that are removed.
using MakeFeatures = std::function<evaluation::EmbeddedRecords(const std::vector<std::int64_t>& records,
                                                               const evaluation::RemoveTokens& remove)>;
struct FeatureMember {
  std::string name;                    // "run", "random encoder 0"
  std::function<MakeFeatures()> open;  // what it returns holds the encoder
};
/// A row of the table: one kind of features, of one or several members whose figures are averaged.
struct FeatureRow {
  std::string name;              // "run", "random encoders"
  bool different_units = false;  // cosines mean nothing before standardisation
  std::vector<FeatureMember> members;
};

/// The run, random encoders of its shape (seeds 0, 1, ...), and statistics of the leads that nobody learnt. The rows
/// refer to flags and inputs, which must live longer.
[[nodiscard]] std::vector<FeatureRow> feature_rows(const ProbeFlags& flags, const FeatureFlags& features,
                                                   ProbeInputs& inputs);

}  // namespace scar::apps
