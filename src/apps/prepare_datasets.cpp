// The verbs of the datasets beside PTB-XL.
#include "prepare_source.h"
#include "scar/ingest/recipes/challenge.h"
#include "scar/ingest/recipes/cpsc2018.h"
#include "scar/ingest/recipes/csn.h"
#include "scar/ingest/recipes/mimic_iv_ecg.h"
#include "scar/ingest/recipes/wfdb_table.h"
#include "shared_files.h"

namespace scar::apps {

namespace {

/// A verb whose flags are the fields of one options struct.
template <class Options>
class OptionsVerb : public SourceVerb {
 public:
  template <class... Words>
  explicit OptionsVerb(Arguments& arguments, const Words&... words)
      : SourceVerb(arguments, words...), table_(options_), keys_(command_, table_) {}

 protected:
  void apply_keys(Problems& problems) override { keys_.apply(problems); }
  const ingest::ToleranceOptions& tolerance() const override { return options_.tolerance; }

  Options options_;

 private:
  FieldTable table_;
  KeyFlags keys_;
};

class Cpsc2018Verb final : public OptionsVerb<ingest::Cpsc2018Options> {
 public:
  explicit Cpsc2018Verb(Arguments& arguments)
      : OptionsVerb(arguments, "cpsc2018",
                    "Makes a store of CPSC2018, from the challenge form (.hea and .mat) or the original one (.mat and "
                    "REFERENCE.csv). The public partition is taken by record name.",
                    "scar-prepare cpsc2018 --root /data/cpsc2018 --out data/cpsc2018.store",
                    "folder with A0001.mat ... A6877.mat and their headers or REFERENCE.csv") {
    command_.option("--splits", splits_, "list of the partition (default: the public one that comes with scar)");
  }

 protected:
  ingest::Source make_source() override {
    return ingest::cpsc2018_source(root(), find_splits(splits_, "cpsc2018.txt"), options_);
  }
  ingest::SignalOptions signal() const override { return {options_.rate_hz, options_.seconds}; }

 private:
  std::string splits_;
};

class CsnVerb final : public OptionsVerb<ingest::CsnOptions> {
 public:
  explicit CsnVerb(Arguments& arguments)
      : OptionsVerb(arguments, "csn",
                    "Makes a store of Chapman-Shaoxing-Ningbo (ecg-arrhythmia 1.0.0) with the labels as published and "
                    "as they are.",
                    "scar-prepare csn --root /data/ecg-arrhythmia-1.0.0 --out data/csn.store",
                    "folder with ConditionNames_SNOMED-CT.csv and WFDBRecords/") {
    command_.option("--splits", splits_, "list of the partition (default: the public one that comes with scar)");
  }

 protected:
  ingest::Source make_source() override {
    return ingest::csn_source(root(), find_splits(splits_, "csn.txt"), options_);
  }
  ingest::SignalOptions signal() const override { return {options_.rate_hz, 10}; }

 private:
  std::string splits_;
};

class MimicVerb final : public OptionsVerb<ingest::MimicOptions> {
 public:
  explicit MimicVerb(Arguments& arguments)
      : OptionsVerb(arguments, "mimic-iv-ecg",
                    "Makes a store of MIMIC-IV-ECG 1.0 for pretraining: tables joined by study, patients disjoint.",
                    "scar-prepare mimic-iv-ecg --root /data/mimic-iv-ecg-1.0 --out data/mimic.store --jobs 16",
                    "folder with record_list.csv, machine_measurements.csv and files/") {}

 protected:
  ingest::Source make_source() override { return ingest::mimic_source(root(), options_); }
  ingest::SignalOptions signal() const override { return {options_.rate_hz, 10}; }
};

class ChallengeVerb final : public OptionsVerb<ingest::ChallengeOptions> {
 public:
  explicit ChallengeVerb(Arguments& arguments)
      : OptionsVerb(arguments, "challenge",
                    "Makes a store of records in the form of the PhysioNet challenges 2020 and 2021, for evaluation.",
                    "scar-prepare challenge --root /data/challenge-2021/training/georgia --out data/georgia.store",
                    "folder with NAME.hea and NAME.mat, in folders of any depth") {}

 protected:
  ingest::Source make_source() override { return ingest::challenge_source(root(), options_); }
  ingest::SignalOptions signal() const override { return {options_.rate_hz, options_.seconds}; }
};

class WfdbVerb final : public OptionsVerb<ingest::WfdbTableOptions> {
 public:
  explicit WfdbVerb(Arguments& arguments)
      : OptionsVerb(arguments, "wfdb",
                    "Makes a store of your own WFDB records, which a CSV table names (docs/data.md).",
                    "scar-prepare wfdb --root /data/ours --table /data/ours/records.csv --out data/ours.store",
                    "folder that the paths of the table begin in") {
    command_.option("--table", records_, "CSV with the columns path, patient, fold or split, report, TASK/CLASS ...",
                    true);
  }

 protected:
  ingest::Source make_source() override { return ingest::wfdb_table_source(root(), records_, options_); }
  ingest::SignalOptions signal() const override { return {options_.rate_hz, options_.seconds}; }
  const text::CleaningOptions* cleaning() const override { return &cleaning_; }

 private:
  std::string records_;
  text::CleaningOptions cleaning_;
};

}  // namespace

void add_dataset_verbs(Arguments& arguments, Verbs& verbs) {
  verbs.push_back(std::make_unique<MimicVerb>(arguments));
  verbs.push_back(std::make_unique<Cpsc2018Verb>(arguments));
  verbs.push_back(std::make_unique<CsnVerb>(arguments));
  verbs.push_back(std::make_unique<ChallengeVerb>(arguments));
  verbs.push_back(std::make_unique<WfdbVerb>(arguments));
}

}  // namespace scar::apps
