// Miniatures of the datasets in their own layout and quirks. Names in the tests are those of the traps that they catch.
#include <algorithm>

#include "datasets_fixture.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/recipes/challenge.h"

namespace scar::ingest {
namespace {

namespace fs = std::filesystem;
using testing::kSplits;
using testing::row;
using testing::TemporaryFolder;
using testing::twelve_signals;
using testing::write;
using testing::write_mat5;
using Datasets = testing::DatasetFixture;
using Csn = testing::CsnFixture;
using Mimic = testing::MimicFixture;
using Table = testing::TableFixture;

// ---- CPSC2018 ------------------------------------------------------------------------------------------------------

TEST_F(Datasets, CpscWordsAndCodesGiveTheSameLabels) {
  challenge_record("A0001", "RBBB");
  challenge_record("A0002", "59118001");
  challenge_record("A0003", "AF,STD", 7500);
  challenge_record("A0004", "164889003, 429622005", 3000);
  Cpsc2018Options options;
  options.partial = true;
  const auto summary = prepare(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options));
  const auto s = store();
  ASSERT_EQ(s.size(), 4);
  EXPECT_EQ(row(s, "cpsc2018", 0), (std::vector<int>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(row(s, "cpsc2018", 1), row(s, "cpsc2018", 0));
  EXPECT_EQ(row(s, "cpsc2018", 2), (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(row(s, "cpsc2018", 3), row(s, "cpsc2018", 2));
  EXPECT_EQ(summary.notes.at("cropped"), 1);
  EXPECT_EQ(summary.notes.at("padded with missing samples"), 1);
}

// T09: the window holds what was recorded; what is beyond the end of a short record is missing, never zero.
TEST_F(Datasets, T09ShortCpscRecordsHaveNoZeroFilledSample) {
  challenge_record("A0004", "AF", 3000);
  Cpsc2018Options options;
  options.partial = true;
  prepare(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options));
  std::vector<std::int16_t> samples(12 * 5000);
  store().read(0, samples.data());
  for (std::size_t lead = 0; lead < 12; ++lead)
    EXPECT_TRUE(std::all_of(samples.begin() + static_cast<std::ptrdiff_t>(lead) * 5000 + 3000,
                            samples.begin() + static_cast<std::ptrdiff_t>(lead + 1) * 5000,
                            [](std::int16_t value) { return value == data::kMissing; }));
}

// T08: by record name. Record 677 of the public test file is A6729; a row number is no file name.
TEST_F(Datasets, T08CpscIsSplitByRecordName) {
  for (const auto* id : {"A6729", "A0493", "A4898", "A2600", "A9999"}) challenge_record(id, "Normal");
  Cpsc2018Options options;
  options.partial = true;
  const auto source = cpsc2018_source(root(), kSplits / "cpsc2018.txt", options);
  std::map<std::string, int> folds;
  for (const auto& record : source.records) folds[record.id] = record.fold;
  EXPECT_EQ(folds.at("A6729"), 3);
  EXPECT_EQ(folds.at("A0493"), 3);
  EXPECT_EQ(folds.at("A4898"), 1);
  EXPECT_EQ(folds.at("A2600"), 2);
  EXPECT_EQ(source.records.back().left_out, "not_in_split") << "T29: listed, not dropped";
  const auto summary = prepare(source);
  EXPECT_EQ(summary.store.candidates, 5);
  EXPECT_EQ(summary.store.records, 4);
  EXPECT_EQ(summary.store.reasons.at("not_in_split"), 1);
}

TEST_F(Datasets, T04CountsOfAPartAreRefusedUnlessAsked) {
  challenge_record("A0001", "RBBB");
  EXPECT_PROBLEM(cpsc2018_source(root(), kSplits / "cpsc2018.txt", {}), Code::counts_differ, "root");
}

TEST_F(Datasets, ADiagnosisThatCpscDoesNotHaveIsRefused) {
  challenge_record("A0001", "Normal,Elvis");
  Cpsc2018Options options;
  options.partial = true;
  EXPECT_PROBLEM(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options), Code::csv_invalid, "A0001.hea");
}

TEST_F(Datasets, T18CpscInItsOriginalFormIsMatlab5WithAReference) {
  write_mat5(root() / "A0001.mat", 5200, true);
  write_mat5(root() / "A0002.mat", 5000, false);
  write(root() / "REFERENCE.csv", "Recording,First_label,Second_label,Third_label\r\nA0002,2,8,\r\nA0001,5,,\r\n");
  Cpsc2018Options options;
  options.partial = true;
  prepare(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options));
  const auto s = store();
  ASSERT_EQ(s.size(), 2);
  EXPECT_EQ(s.id(0), "A0001");
  EXPECT_EQ(row(s, "cpsc2018", 0), (std::vector<int>{0, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(row(s, "cpsc2018", 1), (std::vector<int>{1, 0, 0, 0, 0, 0, 0, 0, 1}));
  std::vector<std::int16_t> samples(12 * 5000);
  s.read(0, samples.data());
  EXPECT_EQ(samples[11 * 5000 + 99], 12 * 99);  // 1.188 mV
  EXPECT_EQ(samples[2 * 5000 + 3], data::kMissing) << "T12: NaN is missing";
}

TEST_F(Datasets, T18MatlabFilesThatHoldSomethingElseAreTyped) {
  write(root() / "REFERENCE.csv", "Recording,First_label,Second_label,Third_label\nA0001,1,,\n");
  Cpsc2018Options options;
  options.partial = true;
  const auto source = cpsc2018_source(root(), kSplits / "cpsc2018.txt", options);
  const auto read = [&] { return source.read(source.root, root() / "A0001.mat"); };
  write(root() / "A0001.mat",
        "this is no MATLAB file, only text that is long enough to be looked at as a header of one, "
        "which has 128 bytes in all of its versions ....");
  EXPECT_PROBLEM(read(), Code::mat_invalid, "A0001.mat");
  write_mat5(root() / "A0001.mat", 100, true, 8);
  EXPECT_PROBLEM(read(), Code::mat_invalid, "A0001.mat");
  write_mat5(root() / "A0001.mat", 100, true, 12, "EKG");
  EXPECT_PROBLEM(read(), Code::mat_invalid, "A0001.mat");
  write_mat5(root() / "A0001.mat", 5000, true);
  fs::resize_file(root() / "A0001.mat", fs::file_size(root() / "A0001.mat") / 2);
  EXPECT_PROBLEM(read(), Code::mat_invalid, "A0001.mat");
}

// ---- Chapman-Shaoxing-Ningbo -----------------------------------------------------------------------------------------

// T03: published labels are parts of words; exact ones are whole acronyms.
TEST_F(Csn, T03ExactLabelsAreWholeAcronymsAndPublishedOnesPartsOfText) {
  challenge_record("WFDBRecords/08/089/JS08246", "164889003,428750005");  // AFIB, STTC
  prepare(source());
  const auto s = store();
  EXPECT_EQ(label(s, "csn-exact", 0, "AFIB"), 1);
  EXPECT_EQ(label(s, "csn-exact", 0, "STTC"), 1);
  EXPECT_EQ(label(s, "csn-exact", 0, "AF"), 0);
  EXPECT_EQ(label(s, "csn-exact", 0, "ST"), 0);
  EXPECT_EQ(label(s, "csn-published", 0, "AF"), 1) << "AF is a part of AFIB";
  EXPECT_EQ(label(s, "csn-published", 0, "ST"), 1) << "ST is a part of STTC";
  EXPECT_EQ(s.report_raw(0), "Atrial Fibrillation. ST-T Change");
  EXPECT_EQ(s.task("csn-exact").classes.size(), 38U);
}

// T20: several rows share a code and the first one counts; a code without a row is counted and no error.
TEST_F(Csn, T20TheFirstRowOfACodeCountsAndUnknownCodesAreNoError) {
  challenge_record("WFDBRecords/08/089/JS08246", "164909002,999999999");
  prepare(source());
  EXPECT_EQ(label(store(), "csn-exact", 0, "LBBB"), 1);
}

TEST_F(Csn, RecordsOfNoSplitAreListedOrTakenForPretraining) {
  challenge_record("WFDBRecords/08/089/JS08246", "426177001");
  challenge_record("WFDBRecords/99/999/JS99999", "426177001");
  const auto listed = prepare(source());
  EXPECT_EQ(listed.store.records, 1);
  EXPECT_EQ(listed.store.reasons.at("not_in_split"), 1);
  options_.all_records = true;
  const auto all = source();
  EXPECT_EQ(all.records.back().fold, 0);
  EXPECT_TRUE(all.records.back().labels.empty());
  EXPECT_EQ(all.records.back().report, "Sinus Bradycardia");
}

TEST_F(Csn, CountsOfAPartAreRefusedUnlessAsked) {
  challenge_record("WFDBRecords/08/089/JS08246", "164889003");
  options_.partial = false;
  EXPECT_PROBLEM(source(), Code::counts_differ, "root");
}

TEST(SplitLists, HoldThePublishedNumbers) {
  // Sums of 6,877 and 23,026: every record once.
  TemporaryFolder folder;
  for (const auto& [name, expected] : std::map<std::string, std::array<int, 3>>{{"cpsc2018.txt", {4950, 551, 1376}},
                                                                                {"csn.txt", {16546, 1860, 4620}}}) {
    std::ifstream file(kSplits / name);
    std::array<int, 3> sizes{};
    int section = -1;
    for (std::string word; file >> word;) {
      if (word.front() == '#') {
        std::getline(file, word);
      } else if (word.front() == '[') {
        ++section;
      } else {
        ++sizes.at(static_cast<std::size_t>(section));
      }
    }
    EXPECT_EQ(sizes, expected) << name;
  }
}

// ---- MIMIC-IV-ECG ----------------------------------------------------------------------------------------------------

TEST(MimicText, T13PublishedRule) {
  const auto published = [](std::vector<std::string_view> parts) { return mimic_text(parts, false).value_or("-"); };
  EXPECT_EQ(published({"Sinus rhythm", "Possible right atrial abnormality", "", "Borderline ECG"}),
            "sinus rhythm. possible right atrial abnormality. borderline ecg.");
  EXPECT_EQ(published({"*** Sinus rhythm", "Normal EKG ---"}), "sinus rhythm. normal ecg.");
  EXPECT_EQ(published({"Sinus\nrhythm\tand more  words"}), "sinus rhythm and more  words.");
  EXPECT_EQ(published({"Sinus rhythm", "*** OLD ***", "Normal ECG"}), "sinus rhythm. *** old ***. normal ecg.");
  EXPECT_EQ(published({"Sinus rhythm", "Normal"}), "-") << "three words";
  EXPECT_EQ(published({"", "", ""}), "-");
  EXPECT_EQ(published({"=-=", "***"}), "-");
}

TEST(MimicText, T13CorrectedRuleCleansEveryStatement) {
  const auto corrected = [](std::vector<std::string_view> parts) { return mimic_text(parts, true).value_or("-"); };
  EXPECT_EQ(corrected({"Sinus rhythm", "*** OLD  INFARCT ***", "=-", "Normal EKG"}),
            "sinus rhythm. old infarct. normal ecg.");
}

// T11: whatever the order of the tables, a record has the text of its study. T01: whatever the order of the leads.
TEST_F(Mimic, T11TablesAreJoinedByStudyAndT01LeadsByName) {
  record("10", "111", 1);
  record("10", "222", 2);
  record("11", "333", 3);
  const std::string list = list_row("11", "333") + list_row("10", "111") + list_row("10", "222");
  tables(list, text_row("10", "222", "Atrial fibrillation with fast rate") +
                   text_row("10", "111", "Sinus rhythm normal ECG now") +
                   text_row("11", "333", "Left bundle branch block now"));
  const auto summary = prepare(mimic_source(root(), options_));
  EXPECT_EQ(summary.store.records, 3);
  const auto s = store();
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto& text = s.report(i);
    EXPECT_EQ(text.substr(0, 5), s.id(i) == "111" ? "sinus" : s.id(i) == "222" ? "atria" : "left ") << s.id(i);
    if (s.id(i) != "111") continue;
    std::vector<std::int16_t> samples(12 * 5000);
    s.read(i, samples.data());
    const auto signals = twelve_signals(5000, 1);
    EXPECT_TRUE(std::equal(signals[5].begin(), signals[5].end(), samples.begin() + 4 * 5000))
        << "aVL is the sixth signal";
    EXPECT_TRUE(std::equal(signals[4].begin(), signals[4].end(), samples.begin() + 5 * 5000)) << "aVF is the fifth";
    EXPECT_EQ(s.patient(i), "10");
  }
}

TEST_F(Mimic, T06AllRecordsOfASubjectAreOnOneSide) {
  std::map<int, int> folds;
  for (int subject = 0; subject < 5000; ++subject) ++folds[mimic_fold(std::to_string(10000000 + subject))];
  EXPECT_NEAR(folds[2], 100, 40);
  EXPECT_EQ(folds[1] + folds[2], 5000);
}

TEST_F(Mimic, ShortTextsAreListedAndStudiesInOneTableAreAnError) {
  record("10", "111", 1);
  record("11", "333", 3);
  tables(list_row("11", "333") + list_row("10", "111"),
         text_row("10", "111", "Sinus rhythm") + text_row("11", "333", "Left bundle branch block now"));
  const auto summary = prepare(mimic_source(root(), options_));
  EXPECT_EQ(summary.store.records, 1);
  EXPECT_EQ(summary.store.reasons.at("text_too_short"), 1);
  tables(list_row("11", "333") + list_row("10", "111"), text_row("11", "333", "Left bundle branch block now"));
  EXPECT_PROBLEM(mimic_source(root(), options_), Code::csv_invalid, "record_list.csv:3");
  tables(list_row("11", "333"),
         text_row("10", "111", "a b c d") + text_row("11", "333", "Left bundle branch block now"));
  EXPECT_PROBLEM(mimic_source(root(), options_), Code::csv_invalid, "root");
  tables(list_row("11", "333") + list_row("11", "333"), text_row("11", "333", "Left bundle branch block now"));
  EXPECT_PROBLEM(mimic_source(root(), options_), Code::duplicate_record, "record_list.csv:3");
  options_.partial = false;
  tables(list_row("11", "333"), text_row("11", "333", "Left bundle branch block now"));
  EXPECT_PROBLEM(mimic_source(root(), options_), Code::counts_differ, "root");
}

TEST_F(Mimic, PathsOfTheTableStayBelowTheRoot) {
  tables("10,111,111,2180-07-23 08:44:00,../../etc/passwd\n", text_row("10", "111", "a b c d"));
  EXPECT_PROBLEM(mimic_source(root(), options_), Code::path_escapes_root, "record_list.csv:2");
}

// ---- challenge form and own tables -----------------------------------------------------------------------------------

TEST_F(Datasets, ChallengeCodesThatCountAsOneAreOneClass) {
  challenge_record("g1/E00001", "733534002,426783006", 5000, 1, "1000.0(0)/mv", "# ");
  challenge_record("g2/E00002", "164909002,111", 5000, 2);
  const auto source = challenge_source(root(), {});
  ASSERT_EQ(source.records.size(), 2U);
  EXPECT_EQ(source.records[0].id, "g1/E00001");
  const auto& classes = source.tasks[0].classes;
  ASSERT_EQ(classes.size(), 26U);
  const auto lbbb = static_cast<std::size_t>(std::find(classes.begin(), classes.end(), "CLBBB|LBBB") - classes.begin());
  EXPECT_EQ(source.records[0].labels.at("challenge2021")[lbbb], 1);
  EXPECT_EQ(source.records[1].labels.at("challenge2021")[lbbb], 1);
  EXPECT_EQ(prepare(source, 100).notes.at("resampled"), 2);
  EXPECT_EQ(store().info().samples, 1000);
}

TEST_F(Datasets, T15AmplitudesThatNoHeartMakesAreRefused) {
  challenge_record("E00001", "426783006", 5000, 1, "10/mV");  // 100 mV
  EXPECT_PROBLEM(prepare(challenge_source(root(), {})), Code::amplitude, "E00001.hea");
  ToleranceOptions tolerance;
  tolerance.quarantine = true;
  challenge_record("E00002", "426783006");
  const auto summary = ingest::prepare(challenge_source(root(), {}), folder_.path() / "store", {}, tolerance, {}, 1);
  EXPECT_EQ(summary.store.reasons.at("amplitude"), 1);
  EXPECT_EQ(summary.store.records, 1);
}

TEST_F(Datasets, TooManyDamagedRecordsAreNoQuarantine) {
  for (int i = 0; i < 10; ++i)
    challenge_record("E0000" + std::to_string(i), "426783006", 5000, i, i < 3 ? "10/mV" : "1000/mV");
  ToleranceOptions tolerance;
  tolerance.quarantine = true;
  tolerance.max_bad = 0.2;
  const auto run = [&] {
    return ingest::prepare(challenge_source(root(), {}), folder_.path() / "store", {}, tolerance, {}, 1);
  };
  EXPECT_PROBLEM(run(), Code::data_unreadable, "root");
  tolerance.max_bad = 0.3;
  EXPECT_EQ(run().store.excluded, 3);
}

TEST_F(Table, EveryColumnArrivesInTheStore) {
  const auto made = source(
      "path,id,patient,split,report,language,recorder,mine/AF,mine/NORM,#note\n"
      "a/r1,one,p1,train,Sinus rhythm,en,X,0,1,ignored\na/r2.hea,two,p2,test,,,,1,0,\nb/r3,three,p1,train,\"AF, "
      "fast\",en,X,,,\n");
  prepare(made);
  const auto s = store();
  ASSERT_EQ(s.size(), 3);
  EXPECT_EQ(s.info().rate_hz, 250);
  EXPECT_EQ(s.id(0), "one");
  EXPECT_EQ(s.patient(2), "p1");
  EXPECT_EQ(s.fold(0), 1);
  EXPECT_EQ(s.fold(1), 10);
  EXPECT_EQ(s.report_raw(2), "AF, fast");
  EXPECT_EQ(s.recorder(0), "X");
  EXPECT_EQ(row(s, "mine", 0), (std::vector<int>{0, 1}));
  EXPECT_EQ(row(s, "mine", 2), (std::vector<int>{255, 255})) << "not part of the task";
}

TEST_F(Table, WhatIsWrongWithATableIsSaid) {
  EXPECT_PROBLEM(source("path,pateint\na/r1,x\n"), Code::csv_invalid, "table.csv");
  EXPECT_PROBLEM(source("id\nx\n"), Code::csv_invalid, "table.csv:1");
  EXPECT_PROBLEM(source("path,fold,split\na/r1,1,train\n"), Code::csv_invalid, "table.csv");
  EXPECT_PROBLEM(source("path,fold\na/r1,x\n"), Code::csv_invalid, "table.csv:2");
  EXPECT_PROBLEM(source("path,split\na/r1,dev\n"), Code::csv_invalid, "table.csv:2");
  EXPECT_PROBLEM(source("path,t/A,t/B\na/r1,1,\n"), Code::csv_invalid, "table.csv:2");
  EXPECT_PROBLEM(source("path,t/A\na/r1,yes\n"), Code::csv_invalid, "table.csv:2");
  EXPECT_PROBLEM(source("path\n../x\n"), Code::path_escapes_root, "table.csv:2");
  EXPECT_PROBLEM(source("path\na/r1\na/r1\n"), Code::duplicate_record, "table.csv:3");
  EXPECT_PROBLEM(prepare(source("path,patient,split\na/r1,p,train\na/r2,p,test\n")), Code::patient_in_two_splits,
                 "root");
  EXPECT_PROBLEM(prepare(source("path\na/r1\na/missing\n")), Code::data_missing, "root");
}

}  // namespace
}  // namespace scar::ingest
