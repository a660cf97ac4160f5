#include <nlohmann/json.hpp>

#include "prepare_source.h"
#include "scar/core/cat.h"
#include "scar/core/json.h"
#include "scar/ingest/recipes/ptbxl.h"

namespace scar::apps {

namespace {

struct PtbxlCommandOptions {
  ingest::PtbxlOptions ptbxl;
  text::CleaningOptions cleaning;
};

template <class Visitor>
void visit_fields(PtbxlCommandOptions& o, Visitor&& visit) {
  visit_fields(o.ptbxl, visit);
  visit.group("cleaning", o.cleaning);
}

class PtbxlVerb final : public SourceVerb {
 public:
  explicit PtbxlVerb(Arguments& arguments)
      : SourceVerb(arguments, "ptbxl",
                   "Makes a store of PTB-XL 1.0.3. Every checksum and initial value is verified, labels are compared "
                   "with the published counts, whatever is left out is listed.",
                   "scar-prepare ptbxl --root /data/ptb-xl-1.0.3 --out data/ptbxl100.store",
                   "folder with ptbxl_database.csv, scp_statements.csv and records100/ or records500/"),
        table_(options_),
        keys_(command_, table_) {}

 protected:
  void apply_keys(Problems& problems) override {
    keys_.apply(problems);
    if (problems.empty()) ingest::validate(options_.ptbxl, problems);
  }
  ingest::Source make_source() override {
    auto made = ingest::ptbxl_source(root(), options_.ptbxl);
    census_ = std::move(made.census);
    return std::move(made.source);
  }
  ingest::SignalOptions signal() const override { return {.rate_hz = 0, .seconds = ingest::kPtbxlSeconds}; }
  const ingest::ToleranceOptions& tolerance() const override { return options_.ptbxl.tolerance; }
  const text::CleaningOptions* cleaning() const override { return &options_.cleaning; }
  std::string more_text() const override {
    return line("patients",
                cat(grouped(census_.patients), ", disjoint between folds ", ingest::fold_list(census_.present), "; ",
                    grouped(census_.without_diagnosis), " records without a diagnosis"));
  }
  void more_json(Json& answer) const override {
    answer["version"] = census_.version;
    answer["patients"] = census_.patients;
    answer["folds_present"] = census_.present;
    answer["folds_absent"] = census_.absent;
    answer["without_diagnosis"] = census_.without_diagnosis;
  }

 private:
  PtbxlCommandOptions options_;
  FieldTable table_;
  KeyFlags keys_;
  ingest::PtbxlCensus census_;
};

}  // namespace

std::unique_ptr<Verb> ptbxl_verb(Arguments& arguments) { return std::make_unique<PtbxlVerb>(arguments); }

}  // namespace scar::apps
