#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "test_files.h"

namespace scar::ingest::testing {

/// Codes of scp_statements.csv with diagnostic, form, rhythm, diagnostic_class, diagnostic_subclass (PTB-XL 1.0.3, CC
/// BY 4.0).
inline const std::vector<std::array<const char*, 6>>& statements() {
  static const std::vector<std::array<const char*, 6>> rows = {{"NDT", "1.0", "1.0", "", "STTC", "STTC"},
                                                               {"NST_", "1.0", "1.0", "", "STTC", "NST_"},
                                                               {"DIG", "1.0", "1.0", "", "STTC", "STTC"},
                                                               {"LNGQT", "1.0", "1.0", "", "STTC", "STTC"},
                                                               {"NORM", "1.0", "", "", "NORM", "NORM"},
                                                               {"IMI", "1.0", "", "", "MI", "IMI"},
                                                               {"ASMI", "1.0", "", "", "MI", "AMI"},
                                                               {"LVH", "1.0", "", "", "HYP", "LVH"},
                                                               {"LAFB", "1.0", "", "", "CD", "LAFB/LPFB"},
                                                               {"ISC_", "1.0", "", "", "STTC", "ISC_"},
                                                               {"IRBBB", "1.0", "", "", "CD", "IRBBB"},
                                                               {"1AVB", "1.0", "", "", "CD", "_AVB"},
                                                               {"IVCD", "1.0", "", "", "CD", "IVCD"},
                                                               {"ISCAL", "1.0", "", "", "STTC", "ISCA"},
                                                               {"CRBBB", "1.0", "", "", "CD", "CRBBB"},
                                                               {"CLBBB", "1.0", "", "", "CD", "CLBBB"},
                                                               {"ILMI", "1.0", "", "", "MI", "IMI"},
                                                               {"LAO/LAE", "1.0", "", "", "HYP", "LAO/LAE"},
                                                               {"AMI", "1.0", "", "", "MI", "AMI"},
                                                               {"ALMI", "1.0", "", "", "MI", "AMI"},
                                                               {"ISCIN", "1.0", "", "", "STTC", "ISCI"},
                                                               {"INJAS", "1.0", "", "", "MI", "AMI"},
                                                               {"LMI", "1.0", "", "", "MI", "LMI"},
                                                               {"ISCIL", "1.0", "", "", "STTC", "ISCI"},
                                                               {"LPFB", "1.0", "", "", "CD", "LAFB/LPFB"},
                                                               {"ISCAS", "1.0", "", "", "STTC", "ISCA"},
                                                               {"INJAL", "1.0", "", "", "MI", "AMI"},
                                                               {"ISCLA", "1.0", "", "", "STTC", "ISCA"},
                                                               {"RVH", "1.0", "", "", "HYP", "RVH"},
                                                               {"ANEUR", "1.0", "", "", "STTC", "STTC"},
                                                               {"RAO/RAE", "1.0", "", "", "HYP", "RAO/RAE"},
                                                               {"EL", "1.0", "", "", "STTC", "STTC"},
                                                               {"WPW", "1.0", "", "", "CD", "WPW"},
                                                               {"ILBBB", "1.0", "", "", "CD", "ILBBB"},
                                                               {"IPLMI", "1.0", "", "", "MI", "IMI"},
                                                               {"ISCAN", "1.0", "", "", "STTC", "ISCA"},
                                                               {"IPMI", "1.0", "", "", "MI", "IMI"},
                                                               {"SEHYP", "1.0", "", "", "HYP", "SEHYP"},
                                                               {"INJIN", "1.0", "", "", "MI", "IMI"},
                                                               {"INJLA", "1.0", "", "", "MI", "AMI"},
                                                               {"PMI", "1.0", "", "", "MI", "PMI"},
                                                               {"3AVB", "1.0", "", "", "CD", "_AVB"},
                                                               {"INJIL", "1.0", "", "", "MI", "IMI"},
                                                               {"2AVB", "1.0", "", "", "CD", "_AVB"},
                                                               {"ABQRS", "", "1.0", "", "", ""},
                                                               {"PVC", "", "1.0", "", "", ""},
                                                               {"STD_", "", "1.0", "", "", ""},
                                                               {"VCLVH", "", "1.0", "", "", ""},
                                                               {"QWAVE", "", "1.0", "", "", ""},
                                                               {"LOWT", "", "1.0", "", "", ""},
                                                               {"NT_", "", "1.0", "", "", ""},
                                                               {"PAC", "", "1.0", "", "", ""},
                                                               {"LPR", "", "1.0", "", "", ""},
                                                               {"INVT", "", "1.0", "", "", ""},
                                                               {"LVOLT", "", "1.0", "", "", ""},
                                                               {"HVOLT", "", "1.0", "", "", ""},
                                                               {"TAB_", "", "1.0", "", "", ""},
                                                               {"STE_", "", "1.0", "", "", ""},
                                                               {"PRC(S)", "", "1.0", "", "", ""},
                                                               {"SR", "", "", "1.0", "", ""},
                                                               {"AFIB", "", "", "1.0", "", ""},
                                                               {"STACH", "", "", "1.0", "", ""},
                                                               {"SARRH", "", "", "1.0", "", ""},
                                                               {"SBRAD", "", "", "1.0", "", ""},
                                                               {"PACE", "", "", "1.0", "", ""},
                                                               {"SVARR", "", "", "1.0", "", ""},
                                                               {"BIGU", "", "", "1.0", "", ""},
                                                               {"AFLT", "", "", "1.0", "", ""},
                                                               {"SVTAC", "", "", "1.0", "", ""},
                                                               {"PSVT", "", "", "1.0", "", ""},
                                                               {"TRIGU", "", "", "1.0", "", ""}};
  return rows;
}

inline std::string statements_csv() {
  std::string text = ",description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass\n";
  for (const auto& row : statements()) {
    text +=
        std::string(row[0]) + ",\"a, b\"," + row[1] + "," + row[2] + "," + row[3] + "," + row[4] + "," + row[5] + "\n";
  }
  return text;
}

struct FixtureRow {
  int id;
  std::string patient;
  int fold;
  std::string report = "sinusrhythmus normales ekg";
  std::string codes = "{'NORM': 100.0, 'SR': 0.0}";
  std::string device = "CS-12   E";
  std::string age = "300.0", sex = "1", site = "0.0";
};

inline std::string stem(int id, int rate) {
  auto number = std::to_string(id);
  number.insert(0, 5 - number.size(), '0');
  return (rate == 100 ? "records100/00000/" : "records500/00000/") + number + (rate == 100 ? "_lr" : "_hr");
}

inline std::string database_csv(const std::vector<FixtureRow>& rows) {
  std::string text = "ecg_id,patient_id,age,sex,site,device,report,scp_codes,strat_fold,filename_lr,filename_hr\n";
  for (const auto& row : rows) {
    text += std::to_string(row.id) + "," + row.patient + "," + row.age + "," + row.sex + "," + row.site + "," +
            row.device + ",\"" + row.report + "\",\"" + row.codes + "\"," + std::to_string(row.fold) + "," +
            stem(row.id, 100) + "," + stem(row.id, 500) + "\n";
  }
  return text;
}

/// A PTB-XL folder with these rows and their records at 100 Hz.
inline void write_ptbxl(const std::filesystem::path& root, const std::vector<FixtureRow>& rows) {
  write(root / "ptbxl_database.csv", database_csv(rows));
  write(root / "scp_statements.csv", statements_csv());
  for (const auto& row : rows)
    write_record(root / stem(row.id, 100), upper_case_leads(), twelve_signals(1000, row.id), 100);
}

}  // namespace scar::ingest::testing
