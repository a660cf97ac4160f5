#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scar/training/options.h"

namespace scar::training {

enum class Resume { automatic, must, never };

struct TrainRequest {
  TrainOptions options;
  std::filesystem::path run_directory;
  Resume resume = Resume::automatic;
  std::filesystem::path resume_from;       // a checkpoint folder; empty: the latest that verifies
  std::string init_from;                   // weights or run to start from; "" = fresh weights
  std::vector<std::string> allow_changed;  // keys that may differ from those of the run that is continued
  std::string command_line;                // for the log
  bool dry_run = false;                    // check everything, start nothing
};

/// Trains to the end, or to a stop signal. Returns 0 when the run is finished (also if it was before), 75 when a signal stopped
/// it and its state is saved, 130 or 143 when a signal came before there was anything to save.
int train(const TrainRequest& request);

}  // namespace scar::training
