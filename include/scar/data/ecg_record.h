#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace scar::data {

/// A stored sample that is not there. No measured value is stored as this number.
constexpr std::int16_t kMissing = -32768;

/// In a row of labels: the record is not part of the task (then the whole row has this value).
constexpr std::uint8_t kNotInTask = 255;

/// What is known of a recording's patient and circumstances. No model sees it; evaluations ask whom a model serves worse.
struct Background {
  std::string sex;     // "female", "male"; "" = unknown
  int age = -1;        // years at the recording, 90 = 90 or more; -1 = unknown
  std::string device;  // model of the recorder as the source calls it; "" = unknown
  std::string site;    // where it was recorded; "" = unknown

  [[nodiscard]] bool operator==(const Background&) const = default;
};
constexpr int kOldestAge = 90;

/// One recording with what is known about it, as `ingest` and the synthetic generator make it and a store keeps it.
struct EcgRecord {
  std::string id;       // unique in its store
  std::string patient;  // "" = unknown; such a record counts as a patient of its own
  int fold = 0;
  std::vector<std::int16_t> samples;  // [12, T], lead-major, in units of scale_mv; kMissing = not there
  float scale_mv = 0.001F;            // millivolts per unit, > 0
  std::string report_raw;             // as the source has it
  std::string report;                 // cleaned; what training reads
  std::string recorder;               // family of the recording device; "" = unknown
  std::string language;               // of the report: "de", "en", ...; "" = unknown
  Background background;
  std::map<std::string, std::vector<std::uint8_t>> labels;  // task -> [classes] of 0 and 1; no entry: not in the task
  std::vector<std::uint8_t> primary, secondary;  // evidence bitmaps [findings, bitmap_bytes]; empty without evidence
};

}  // namespace scar::data
