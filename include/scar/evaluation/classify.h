#pragma once

#include <cstdint>
#include <vector>

#include "scar/data/record_source.h"
#include "scar/evaluation/embed.h"
#include "scar/model/ecg_classifier.h"

namespace scar::evaluation {

/// embed_records() of a fine-tuned encoder: `features` are its logits [n, classes] float. Without gradient and dropout;
/// the classifier is in evaluation mode afterwards. options.features is not asked.
[[nodiscard]] EmbeddedRecords classify_records(model::EcgClassifier& classifier, const data::RecordSource& source,
                                               const std::vector<std::int64_t>& records, const EmbedOptions& options,
                                               const RemoveTokens& remove = {});

}  // namespace scar::evaluation
