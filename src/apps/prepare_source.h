#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "prepare_verb.h"
#include "scar/ingest/preparation.h"
#include "scar/text/report_cleaning.h"

namespace scar::apps {

/// A verb that makes a store of a dataset: what the six have in common. A dataset gives its source and its options.
class SourceVerb : public Verb {
 public:
  SourceVerb(Arguments& arguments, const std::string& name, const std::string& purpose, const std::string& example,
             const std::string& root_help);
  int run(const Arguments& arguments) final;

 protected:
  virtual void apply_keys(Problems& problems) = 0;
  [[nodiscard]] virtual ingest::Source make_source() = 0;
  [[nodiscard]] virtual ingest::SignalOptions signal() const = 0;
  [[nodiscard]] virtual const ingest::ToleranceOptions& tolerance() const = 0;
  /// How reports are cleaned; null: the dataset's own rule of the text has done it.
  [[nodiscard]] virtual const text::CleaningOptions* cleaning() const { return nullptr; }
  [[nodiscard]] virtual std::string more_text() const { return {}; }
  virtual void more_json(nlohmann::ordered_json&) const {}

  [[nodiscard]] ingest::DataRoot root() const { return {root_, follow_links_}; }

 private:
  ingest::ProcessingOptions processing_;
  FieldTable processing_table_;
  KeyFlags processing_keys_;
  [[nodiscard]] ingest::IngestCallbacks make_callbacks();
  [[nodiscard]] std::map<std::string, std::int64_t> rules() const;
  void print_text(const ingest::Source& source, const ingest::PreparationSummary& summary) const;
  void print_json(const ingest::Source& source, const ingest::PreparationSummary& summary, double seconds) const;

  std::string root_, out_;
  bool follow_links_ = false;
  long long jobs_ = default_jobs();
  std::array<std::atomic<std::int64_t>, text::kCleaningRules> fired_{};
};

}  // namespace scar::apps
