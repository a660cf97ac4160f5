#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evaluation_inputs.h"
#include "scar/data/masks.h"
#include "scar/report/ecg_plot.h"

/// Records of a store as figures show them.
namespace scar::apps {

struct EcgRequest {
  std::optional<data::MaskSpec> mask;  // none: nothing is removed
  std::uint64_t seed = 0;              // of the mask
  std::int64_t token_samples = 0;      // of a mask where there is no run; a run knows its own
};

/// Number of a record by its id. Error data_missing, naming the folder.
[[nodiscard]] std::int64_t find_record(const data::Store& store, const std::string& id, const std::string& folder);

/// The record, what the mask removes of it, and what the run's pooling weighs in the pass over what is left. `inputs`:
/// a run and this store, or null for the record alone.
[[nodiscard]] report::EcgPlot plot_record(const data::Store& store, std::int64_t record, const EvaluationInputs* inputs,
                                          const EcgRequest& request);

}  // namespace scar::apps
