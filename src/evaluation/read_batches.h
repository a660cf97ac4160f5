#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "scar/data/loader.h"
#include "scar/evaluation/embed.h"

namespace scar::evaluation {

/// Reads records in order, takes tokens away, and calls use(seen, batch) until it returns false: `seen` counts what went
/// and what stayed, without features; row b of the batch is that of records[seen.first + b].
void read_batches(const data::RecordSource& source, const std::vector<std::int64_t>& records, std::int64_t patch,
                  const EmbedOptions& options, const RemoveTokens& remove,
                  const std::function<bool(EmbeddedBatch& seen, const data::Batch& batch)>& use);

/// All of them, with what `features` makes of each batch [b, any].
[[nodiscard]] EmbeddedRecords read_records(const data::RecordSource& source, const std::vector<std::int64_t>& records,
                                           std::int64_t patch, const EmbedOptions& options, const RemoveTokens& remove,
                                           const std::function<at::Tensor(const data::Batch& batch)>& features);

}  // namespace scar::evaluation
