#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "corpus.h"
#include "scar/core/json.h"
#include "scar/model/dual_encoder.h"
#include "scar/tensor/autocast.h"
#include "scar/training/options.h"
#include "scar/training/run_directory.h"

namespace scar::training {

/// What must be the same for a run to go on bit for bit, beside its config: data, vocabulary, threads, precision, device,
/// instruction set.
[[nodiscard]] Json make_identity(const TrainOptions& options, const Corpus& corpus, int threads,
                                 tensor::Precision precision, c10::Device device);

/// config.yaml, run.json and excluded.tsv of a new run.
void write_identity(const RunPaths& paths, const TrainOptions& options, const Json& identity, const Corpus& corpus);

/// Compares config key by key and identity entry by entry with what the run was started with. Every difference that is not
/// in `allowed` is listed in one Error(identity_changed); allowed ones are written as the run's new config.
void check_identity(const RunPaths& paths, TrainOptions& options, const Json& identity,
                    const std::vector<std::string>& allowed);

/// Fresh start from the weights of a file or of another run. The masker and the logit scale come along if they are there.
void init_weights(model::DualEncoder& model, const std::string& from);

}  // namespace scar::training
