#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scar/data/ecg_record.h"
#include "scar/data/store/store_format.h"
#include "scar/ingest/data_root.h"
#include "scar/ingest/wfdb_signal.h"

namespace scar::ingest {

/// A record as the tables of its source describe it: everything but the samples.
struct SourceRecord {
  std::string id;       // unique in the source
  std::string patient;  // "" = unknown
  int fold = 0;
  std::string report;    // byte for byte
  std::string recorder;  // family of the recording device; "" = unknown
  std::string language;  // of the report; "" = to be found from its words
  data::Background background;
  std::map<std::string, std::vector<std::uint8_t>> labels;  // by task; no entry: not part of it
  std::vector<std::string> files;         // relative to the root: what must be there; the first one is read
  std::string left_out, left_out_detail;  // why the rules of the source leave it out; "" = they do not
};

/// A dataset as downloaded, its tables read and joined, its signals not yet touched. A recipe makes one; preparation.h
/// turns it into a store. Every record of the source is in `records`, in an order that is always the same.
struct Source {
  std::string name;  // for people: "PTB-XL 1.0.3"
  DataRoot root;
  std::string kind;  // of the store: "ptbxl"
  std::vector<data::TaskInfo> tasks;
  std::vector<int> train_folds, validation_folds, test_folds;
  std::string provenance_json = "{}";  // what the tables were: versions, hashes, rules
  std::vector<std::string> tables;     // files below the root that the above was read from
  std::vector<SourceRecord> records;
  /// Reads the signal of files.front(); called from several threads.
  std::function<EcgSamples(const DataRoot& root, const std::filesystem::path& file)> read = read_wfdb_ecg;
  bool final_signals = false;  // `read` gives what is stored: not even the rate may be changed
  /// What every record of the source must be like; throws header_invalid. May be empty.
  std::function<void(const EcgSamples& ecg, const std::string& where)> check;
};

/// Error patient_in_two_splits if a patient has records in folds of different splits, with the ids of two of them.
void check_patients(const Source& source);

/// Error amplitude if a sample exceeds 20 mV: that is no ECG but a fault (electrode off, calibration pulse, damage).
void check_amplitude(const EcgSamples& ecg, const std::string& where);
/// What `source` demands of a record; where it demands nothing, check_amplitude().
void check_signal(const Source& source, const EcgSamples& ecg, const std::string& where);

}  // namespace scar::ingest
