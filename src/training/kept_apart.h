#pragma once

#include "corpus.h"
#include "scar/training/options.h"

namespace scar::training {

/// Compares the training records with the records of data.kept_apart that are not in those stores' training folds: by
/// patient (in stores of one kind) and by signal (in stores of any kind, rate, length and scale). Error
/// patient_in_two_splits with counts and examples, or a warning under data.allow_shared.
void check_kept_apart(const DataOptions& options, const Corpus& corpus);

}  // namespace scar::training
