#pragma once

#include <string>
#include <vector>

#include "scar/core/json.h"
#include "scar/evaluation/critical_study.h"
#include "task_inputs.h"

/// Critical masks and CMRS, as the verbs of scar-eval ask for them.
namespace scar::apps {

struct CriticalFlags {
  std::string structure = "leads", masks_file;
  long long max_positives = 200, max_negatives = 500;
  bool cmrs = false;

  void declare(Command& command);
  /// Error out_of_range, or unknown structure.
  void check() const;
};

struct CriticalAnswer {
  evaluation::CriticalStudy study;
  evaluation::CmrsOptions cmrs_options;
  std::vector<double> asked;     // rates
  std::string transferred_hash;  // of the masks that were read; "" = own masks
};

/// Thrown by ask_critical() when somebody asked the program to stop; only where install_stop_handlers() was called.
struct Stopped {};

/// Attacks the model, or takes the masks of --masks, and scores the mask-matched samples. `clean` holds scores of all
/// records of the task, row by row. Warns of an attack that failed (W061).
[[nodiscard]] CriticalAnswer ask_critical(const TaskInputs& task, const CriticalFlags& flags, std::vector<double> rates,
                                          const evaluation::ScoreTable& clean);
/// The pairs that an attack would go through, and how long one takes: measured on the first few.
struct AttackCost {
  std::int64_t pairs = 0;
  double seconds_each = 0;
};
[[nodiscard]] AttackCost time_attack(const TaskInputs& task, const CriticalFlags& flags,
                                     const std::vector<double>& rates, const evaluation::ScoreTable& clean);

/// For people: whose masks, of what, how many records.
[[nodiscard]] std::string critical_caption(const CriticalAnswer& answer, const CriticalFlags& flags);
[[nodiscard]] std::string cmrs_table(const evaluation::CmrsStudy& study);

}  // namespace scar::apps
