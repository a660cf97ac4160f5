#pragma once

// Miniatures of the datasets in their own layout and quirks.
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "scar/data/store/store_reader.h"
#include "scar/ingest/recipes/cpsc2018.h"
#include "scar/ingest/recipes/csn.h"
#include "scar/ingest/recipes/mimic_iv_ecg.h"
#include "scar/ingest/recipes/wfdb_table.h"
#include "test_files.h"

namespace scar::ingest::testing {

inline const std::filesystem::path kSplits = std::filesystem::path(SCAR_SOURCE) / "configs" / "splits";

class DatasetFixture : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "root"; }

  // The form of the challenges: a header, and a MATLAB 4 matrix that is format 16 after 24 bytes.
  void challenge_record(const std::string& stem, const std::string& diagnoses, int samples = 5000, int salt = 1,
                        const std::string& unit = "1000/mV", const std::string& mark = "#") const {
    const auto name = std::filesystem::path(stem).filename().string();
    static const std::vector<std::string> leads = {"I",  "II", "III", "aVR", "aVL", "aVF",
                                                   "V1", "V2", "V3",  "V4",  "V5",  "V6"};
    const auto signals = twelve_signals(samples, salt);
    std::string header = name + " 12 500 " + std::to_string(samples) + " 05-Feb-2020 11:39:16\n";
    for (std::size_t i = 0; i < 12; ++i) {
      header += name + ".mat 16+24 " + unit + " 16 0 " + std::to_string(signals[i].front()) + " " +
                std::to_string(checksum(signals[i])) + " 0 " + leads[i] + "\n";
    }
    header += mark + "Age: 51\n" + mark + "Sex: Female\n" + mark + "Dx: " + diagnoses + "\n" + mark + "Rx: Unknown\n";
    write(root() / (stem + ".hea"), header);
    write(root() / (stem + ".mat"), std::string(24, 'h') + frames(signals));
  }

  PreparationSummary prepare(const Source& source, std::int64_t rate_hz = 0) const {
    return ingest::prepare(source, folder_.path() / "store", {rate_hz, 10}, {}, {}, 2);
  }
  [[nodiscard]] data::Store store() const { return data::Store::open(folder_.path() / "store"); }

  TemporaryFolder folder_;
};

inline std::vector<int> row(const data::Store& store, const std::string& task, std::int64_t record) {
  const auto* labels = store.labels(task, record);
  return {labels, labels + store.task(task).classes.size()};
}

// Elements of a MATLAB 5 file: type, size, bytes, padded to a multiple of eight.
inline std::string element(std::uint32_t type, std::string data) {
  const std::uint32_t tag[2] = {type, static_cast<std::uint32_t>(data.size())};
  data.resize((data.size() + 7) / 8 * 8);
  return std::string(reinterpret_cast<const char*>(tag), sizeof tag) + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

inline std::string array(std::uint32_t kind, const std::vector<std::int32_t>& dimensions, const std::string& name,
                         const std::string& content) {
  return element(14, element(6, bytes_of<std::uint32_t>({kind, 0})) + element(5, bytes_of(dimensions)) +
                         element(1, name) + content);
}

// A MATLAB 5 struct {sex, age, data}, as the challenge site distributes CPSC2018.
inline void write_mat5(const std::filesystem::path& path, std::size_t samples, bool compressed, std::size_t leads = 12,
                       const char* name = "ECG") {
  std::vector<double> data(leads * samples);
  for (std::size_t t = 0; t < samples; ++t) {
    for (std::size_t lead = 0; lead < leads; ++lead)
      data[t * leads + lead] = 0.001 * static_cast<double>(lead + 1) * static_cast<double>(t % 100);
  }
  data[3 * leads + 2] = std::nan("");
  const auto names = std::string("sex\0\0\0\0\0age\0\0\0\0\0data\0\0\0\0", 24);
  auto variable =
      array(2, {1, 1}, name,
            std::string("\5\0\4\0\10\0\0\0", 8) + element(1, names) + array(4, {1, 6}, "", element(2, "Female")) +
                array(6, {1, 1}, "", std::string("\2\0\1\0\63\0\0\0", 8)) +
                array(6, {static_cast<std::int32_t>(leads), static_cast<std::int32_t>(samples)}, "",
                      element(9, bytes_of(data))));
  if (compressed) {
    auto size = compressBound(variable.size());
    std::string packed(size, 0);
    compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(variable.data()),
             variable.size());
    packed.resize(size);
    const std::uint32_t tag[2] = {15, static_cast<std::uint32_t>(size)};
    variable = std::string(reinterpret_cast<const char*>(tag), sizeof tag) + packed;
  }
  std::string header = "MATLAB 5.0 MAT-file";
  header.resize(124, ' ');
  write(path, header + std::string("\0\1IM", 4) + variable);
}

class CsnFixture : public DatasetFixture {
 protected:
  CsnFixture() {
    // A byte order mark, and two rows of one code.
    write(root() / "ConditionNames_SNOMED-CT.csv",
          "\xEF\xBB\xBF"
          "AcronymName,FullName,Snomed_CT\r\nAFIB,Atrial Fibrillation,164889003\r\nAF,Atrial Flutter,164890007\r\n"
          "ST,Sinus Tachycardia,427084000\r\nSTTC,ST-T Change,428750005\r\nLBBB,left bundle branch block,164909002\r\n"
          "LFBBB,left front bundle branch block,164909002\r\nSB,Sinus Bradycardia,426177001\r\n");
    options_.partial = true;
  }
  CsnOptions options_;
  [[nodiscard]] Source source() const { return csn_source(root(), kSplits / "csn.txt", options_); }
  [[nodiscard]] static int label(const data::Store& s, const std::string& task, std::int64_t record,
                                 const std::string& name) {
    const auto& classes = s.task(task).classes;
    return s.labels(task, record)[std::find(classes.begin(), classes.end(), name) - classes.begin()];
  }
};

class MimicFixture : public DatasetFixture {
 protected:
  MimicFixture() { options_.partial = true; }
  void tables(const std::string& list_rows, const std::string& measurement_rows) const {
    write(root() / "record_list.csv", "subject_id,study_id,file_name,ecg_time,path\n" + list_rows);
    std::string head = "subject_id,study_id,cart_id,ecg_time";
    for (int i = 0; i < 18; ++i) head += ",report_" + std::to_string(i);
    write(root() / "machine_measurements.csv", head + "\n" + measurement_rows);
  }
  void record(const std::string& subject, const std::string& study, int salt) const {
    // aVF before aVL, gain 200, as the dataset writes it.
    static const std::vector<std::string> leads = {"I",  "II", "III", "aVR", "aVF", "aVL",
                                                   "V1", "V2", "V3",  "V4",  "V5",  "V6"};
    write_record(root() / ("files/p1000/p" + subject + "/s" + study + "/" + study), leads, twelve_signals(5000, salt),
                 500, "200.0(0)/mV");
  }
  static std::string list_row(const std::string& subject, const std::string& study) {
    return subject + "," + study + "," + study + ",2180-07-23 08:44:00,files/p1000/p" + subject + "/s" + study + "/" +
           study + "\n";
  }
  static std::string text_row(const std::string& subject, const std::string& study, const std::string& text) {
    return subject + "," + study + ",1,2180-07-23 08:44:00," + text + std::string(17, ',') + "\n";
  }
  MimicOptions options_;
};

class TableFixture : public DatasetFixture {
 protected:
  TableFixture() {
    for (const auto* name : {"a/r1", "a/r2", "b/r3"})
      write_record(root() / name, upper_case_leads(), twelve_signals(2500, 3), 250);
  }
  [[nodiscard]] Source source(const std::string& csv) const {
    write(folder_.path() / "table.csv", csv);
    return wfdb_table_source(root(), folder_.path() / "table.csv", {});
  }
};

}  // namespace scar::ingest::testing
