#include <gtest/gtest.h>

#include <map>
#include <set>

#include "fixtures.h"
#include "scar/text/prompts.h"
#include "scar/text/report_cleaning.h"

namespace scar::text {
namespace {

const std::map<std::string, std::vector<std::string>> kPtbxlClasses = {
    {"ptbxl-super", {"HYP", "NORM", "MI", "CD", "STTC"}},
    {"ptbxl-sub",
     {"AMI",     "LAFB/LPFB", "LVH",  "STTC", "IMI", "SEHYP", "CRBBB", "WPW",   "LAO/LAE", "NORM", "ISC", "AVB",
      "RAO/RAE", "LMI",       "ISCI", "ISCA", "NST", "CLBBB", "ILBBB", "IRBBB", "PMI",     "RVH",  "IVCD"}},
    {"ptbxl-form",
     {"PAC", "DIG", "HVOLT", "STD", "LPR", "QWAVE", "VCLVH", "NDT", "TAB", "LOWT", "NT", "STE", "NST", "ABQRS", "PVC",
      "INVT", "LVOLT", "LNGQT", "PRC(S)"}},
    {"ptbxl-rhythm",
     {"SVARR", "BIGU", "STACH", "SARRH", "SBRAD", "TRIGU", "AFIB", "SR", "SVTAC", "PSVT", "AFLT", "PACE"}},
};

const std::map<std::string, std::vector<std::string>> kSynthClasses = {
    {"synth",
     {"normal", "anterior_mi", "inferior_mi", "lateral_mi", "lbbb", "rbbb", "lvh", "first_degree_av_block",
      "atrial_fibrillation", "ventricular_ectopy", "sinus_bradycardia", "sinus_tachycardia"}},
};

/// Exactly these tasks and classes: a class that no task has would be a slip of the hand.
void expect_exactly(const PromptPack& pack, const std::map<std::string, std::vector<std::string>>& classes) {
  EXPECT_EQ(pack.tasks().size(), classes.size());
  for (const auto& [task, wanted] : classes) {
    pack.check_covers(task, wanted);
    EXPECT_EQ(pack.classes(task).size(), wanted.size()) << task;
  }
}

void expect_no_prompt_in_two_classes(const PromptPack& pack) {
  for (const auto& task : pack.tasks()) {
    std::map<std::string, std::string> owner;
    for (const auto& label : pack.classes(task)) {
      for (const auto& text : pack.texts(task, label)) {
        const auto [entry, is_new] = owner.try_emplace(normalise(text, true), label);
        EXPECT_TRUE(is_new) << task << ": '" << text << "' stands in " << entry->second << " and " << label;
      }
    }
  }
}

void expect_both_languages(const PromptPack& pack) {
  for (const auto& task : pack.tasks()) {
    for (const auto& label : pack.classes(task)) {
      std::set<std::string> languages;
      for (const auto& prompt : pack.prompts(task, label)) languages.insert(prompt.language);
      EXPECT_EQ(languages, (std::set<std::string>{"de", "en"})) << task << " " << label;
    }
  }
}

void expect_cleaned_form(const PromptPack& pack) {
  for (const auto& task : pack.tasks()) {
    for (const auto& label : pack.classes(task)) {
      for (const auto& text : pack.texts(task, label)) EXPECT_EQ(clean_report(text), text) << task << " " << label;
    }
  }
}

// T34: PTB-XL is scored in both languages of its reports.
TEST(PromptPacks, PtbxlCoversTheFourTasksInBothLanguages) {
  const auto pack = PromptPack::load("configs/prompts/ptbxl.yaml");
  expect_exactly(pack, kPtbxlClasses);
  expect_both_languages(pack);
  expect_no_prompt_in_two_classes(pack);
  expect_cleaned_form(pack);
}

TEST(PromptPacks, PlainHasTheOneOrTwoTextsOfEachClass) {
  const auto pack = PromptPack::load("configs/prompts/ptbxl-plain.yaml");
  expect_exactly(pack, kPtbxlClasses);
  expect_no_prompt_in_two_classes(pack);
  for (const auto& task : pack.tasks()) {
    for (const auto& label : pack.classes(task)) EXPECT_LE(pack.texts(task, label).size(), 2u);
  }
  EXPECT_EQ(pack.texts("ptbxl-sub", "LAO/LAE"),
            (std::vector<std::string>{"left atrial overload", "left atrial enlargement"}));
}

TEST(PromptPacks, SynthCoversTheFindingsInBothLanguages) {
  const auto pack = PromptPack::load("configs/prompts/synth.yaml");
  expect_exactly(pack, kSynthClasses);
  expect_both_languages(pack);
  expect_no_prompt_in_two_classes(pack);
  expect_cleaned_form(pack);
}

// T21: in Chapman-Shaoxing-Ningbo AF is atrial flutter, in CPSC2018 there is only fibrillation.
TEST(PromptPacks, T21TheOtherDatasetsHaveATextForEveryClassByTask) {
  const std::vector<std::string> csn = {"AQW",  "UW",  "SR",   "WPW",  "2AVB", "AT",  "VB",    "ARS",  "STTC", "SA",
                                        "STE",  "VPB", "TWO",  "STTU", "ALS",  "APB", "2AVB1", "PRIE", "CCR",  "CR",
                                        "AF",   "AVB", "QTIE", "LBBB", "VEB",  "SVT", "RBBB",  "1AVB", "STDD", "MI",
                                        "AFIB", "TWC", "PWC",  "ERV",  "RVH",  "LVH", "ST",    "JEB"};
  const auto pack = PromptPack::load("configs/prompts/csn.yaml");
  expect_exactly(pack, {{"csn-exact", csn}, {"csn-published", csn}});
  expect_no_prompt_in_two_classes(pack);
  for (const auto* task : {"csn-exact", "csn-published"}) {
    EXPECT_EQ(pack.texts(task, "AF"), std::vector<std::string>{"atrial flutter"});
    EXPECT_EQ(pack.texts(task, "AFIB"), std::vector<std::string>{"atrial fibrillation"});
    EXPECT_EQ(pack.texts(task, "ST"), std::vector<std::string>{"sinus tachycardia"});
  }
  EXPECT_EQ(pack.texts("csn-published", "STTU"), std::vector<std::string>{"ST tilt up"});
  EXPECT_EQ(pack.texts("csn-exact", "STTU"), std::vector<std::string>{"ST segment elevation"});
  const std::vector<std::string> cpsc = {"AFIB", "VPC", "NORM", "1AVB", "CRBBB", "STE", "PAC", "CLBBB", "STD"};
  expect_exactly(PromptPack::load("configs/prompts/cpsc2018.yaml"), {{"cpsc2018", cpsc}, {"cpsc2018-published", cpsc}});
}

TEST(PromptPacks, PacksDiffer) {
  std::set<std::string> hashes;
  for (const std::string name : {"cpsc2018", "csn", "ptbxl", "ptbxl-plain", "synth"}) {
    hashes.insert(PromptPack::load("configs/prompts/" + name + ".yaml").hash());
  }
  EXPECT_EQ(hashes.size(), 5u);
}

}  // namespace
}  // namespace scar::text
