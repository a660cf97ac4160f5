#pragma once

#include <string>
#include <vector>

#include "probe_study.h"

/// Logistic regression as `linear` and `kshot` fit it.
namespace scar::apps {

struct LogisticFlags {
  std::string c = "shared", refit;

  void declare(Command& command);
  void check() const;
  [[nodiscard]] Json settings() const;
  [[nodiscard]] std::string rule() const;  // how C is chosen, in words
  [[nodiscard]] FitFeatures fit(const std::vector<std::string>& classes) const;

 private:
  [[nodiscard]] evaluation::ProbeOptions options() const;
};

}  // namespace scar::apps
