#pragma once

// Miniatures of the datasets in their own layout and quirks.
#include <matio.h>
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

// A MATLAB 5 struct {sex, age, data}, as the challenge site distributes CPSC2018.
inline void write_mat5(const std::filesystem::path& path, std::size_t samples, bool compressed, std::size_t leads = 12,
                       const char* name = "ECG") {
  std::filesystem::create_directories(path.parent_path());
  auto* file = Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5);
  std::vector<double> data(leads * samples);
  for (std::size_t t = 0; t < samples; ++t) {
    for (std::size_t lead = 0; lead < leads; ++lead)
      data[t * leads + lead] = 0.001 * static_cast<double>(lead + 1) * static_cast<double>(t % 100);
  }
  data[3 * leads + 2] = std::nan("");
  std::size_t dims[2] = {leads, samples}, one[2] = {1, 1};
  const char* fields[] = {"sex", "age", "data"};
  auto* ecg = Mat_VarCreateStruct(name, 2, one, fields, 3);
  char sex[] = "Female";
  std::size_t length[2] = {1, 6};
  double age = 51;
  Mat_VarSetStructFieldByName(ecg, "sex", 0, Mat_VarCreate(nullptr, MAT_C_CHAR, MAT_T_UINT8, 2, length, sex, 0));
  Mat_VarSetStructFieldByName(ecg, "age", 0, Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one, &age, 0));
  Mat_VarSetStructFieldByName(ecg, "data", 0,
                              Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims, data.data(), 0));
  Mat_VarWrite(file, ecg, MAT_COMPRESSION_NONE);
  Mat_VarFree(ecg);
  Mat_Close(file);
  if (!compressed) return;
  // The variable in one compressed element (type 15), as MATLAB writes it.
  constexpr std::size_t kHeader = 128;
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  in.close();
  auto size = compressBound(bytes.size() - kHeader);
  std::string packed(size, 0);
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()) + kHeader,
           bytes.size() - kHeader);
  const std::uint32_t tag[2] = {15, static_cast<std::uint32_t>(size)};
  write(path, bytes.substr(0, kHeader) + std::string(reinterpret_cast<const char*>(tag), sizeof tag) +
                  packed.substr(0, size));
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
