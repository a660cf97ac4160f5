#include "scar/data/synthetic/findings.h"

namespace scar::data {

const std::vector<Finding>& findings() {
  static const std::vector<Finding> list = {
      {"normal", "normal ECG", false},
      {"anterior_mi", "anterior myocardial infarction", true},
      {"inferior_mi", "inferior myocardial infarction", true},
      {"lateral_mi", "lateral myocardial infarction", true},
      {"lbbb", "left bundle branch block", true},
      {"rbbb", "right bundle branch block", true},
      {"lvh", "left ventricular hypertrophy", true},
      {"first_degree_av_block", "first-degree AV block", false},
      {"atrial_fibrillation", "atrial fibrillation", false},
      {"ventricular_ectopy", "ventricular ectopy", false},
      {"sinus_bradycardia", "sinus bradycardia", false},
      {"sinus_tachycardia", "sinus tachycardia", false},
  };
  return list;
}

}  // namespace scar::data
