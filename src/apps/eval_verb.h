#pragma once

#include <memory>

#include "scar/apps/arguments.h"

namespace scar::apps {

inline constexpr const char* kEvalExample =
    "scar-eval zeroshot runs/tiny --data stores/synth --task synth --mask joint:0.5 --mask critical:0.5";

/// One verb of scar-eval. A verb declares its arguments when it is made; run() returns the exit status.
class EvalVerb {
 public:
  explicit EvalVerb(Command& command) : command_(command) {}
  virtual ~EvalVerb() = default;
  EvalVerb(const EvalVerb&) = delete;
  EvalVerb& operator=(const EvalVerb&) = delete;

  [[nodiscard]] bool chosen() const { return command_.chosen(); }
  virtual int run(const Arguments& arguments) = 0;

 protected:
  Command& command_;
};

[[nodiscard]] std::unique_ptr<EvalVerb> zero_shot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> sweep_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> compare_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> evidence_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> curves_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> report_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> plot_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> embed_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> retrieval_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> predict_verb(Arguments& arguments);
[[nodiscard]] std::unique_ptr<EvalVerb> calibrate_verb(Arguments& arguments);

}  // namespace scar::apps
