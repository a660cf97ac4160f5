#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "scar/data/store/store_format.h"
#include "scar/data/synthetic/options.h"

namespace scar::data {

/// Task `synth`, findings of the evidence, folds 1-8 / 9 / 10, and provenance: generator, options, hash of the
/// parameters.
[[nodiscard]] StoreInfo synthetic_store_info(const SyntheticOptions& options);

/// The options behind a synthetic store, so that twins of its records can be rendered: the inverse of
/// synthetic_store_info(). `where` names the store in messages. Error store_mismatch for a store that the generator did
/// not make, and for one that it made with other parameters than it has now.
[[nodiscard]] SyntheticOptions synthetic_options(const StoreInfo& info, const std::string& where);

/// Renders options.records records with `jobs` threads and writes them as a store; goes on where an interrupted run of
/// the same options ended. Equal options give equal bytes for any number of jobs. Stops between shards when a stop
/// signal came; the summary then has an empty manifest_hash. `clean` makes the cleaned report from the raw one (this
/// module knows no rules of text); without it both are the same. Errors: out_of_range (options), and those of
/// StoreWriter.
StoreSummary write_synthetic_store(const std::filesystem::path& path, const SyntheticOptions& options, int jobs,
                                   const std::function<std::string(std::string_view)>& clean = {});

}  // namespace scar::data
