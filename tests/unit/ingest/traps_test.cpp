// What other code gets wrong with these datasets and no other test has: docs/data.md lists the traps by number.
#include <algorithm>
#include <cstring>

#include "datasets_fixture.h"
#include "ptbxl_fixture.h"
#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/visibility.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "scar/ingest/split_list.h"

namespace scar::ingest {
namespace {

namespace fs = std::filesystem;
using testing::kSplits;
using testing::TemporaryFolder;
using testing::twelve_signals;
using testing::write;
using testing::write_mat5;
using CpscTraps = testing::DatasetFixture;
using CsnTraps = testing::CsnFixture;
using MimicTraps = testing::MimicFixture;
using TableTraps = testing::TableFixture;

std::string without_line(const std::string& text, const std::string& line) {
  auto out = text;
  out.erase(out.find(line), line.size());
  return out;
}

Source partial_cpsc(const fs::path& root) {
  Cpsc2018Options options;
  options.partial = true;
  return cpsc2018_source(root, kSplits / "cpsc2018.txt", options);
}

TEST(PtbxlTraps, T02StatementsInAnyOrderOfColumnsAndRowsGiveTheSameLabels) {
  const TemporaryFolder folder;
  const std::vector<testing::FixtureRow> rows = {{1, "7", 1, "x", "{'ASMI': 0.0, '1AVB': 35.0, 'ISC_': 15.0}"},
                                                 {2, "8", 9, "x", "{'RAO/RAE': 100.0, 'AFIB': 0.0, 'PVC': 0.0}"}};
  write(folder / "ptbxl_database.csv", testing::database_csv(rows));
  write(folder / "scp_statements.csv", testing::statements_csv());
  const auto expected = read_ptbxl_table(folder.path());
  std::string shuffled = "diagnostic_subclass,rhythm,,form,diagnostic_class,diagnostic,description\n";
  const auto& statements = testing::statements();
  for (auto row = statements.rbegin(); row != statements.rend(); ++row)
    shuffled += cat((*row)[5], ",", (*row)[3], ",", (*row)[0], ",", (*row)[2], ",", (*row)[4], ",", (*row)[1], ",\n");
  write(folder / "scp_statements.csv", shuffled);
  const auto got = read_ptbxl_table(folder.path());
  for (std::size_t r = 0; r < rows.size(); ++r) EXPECT_EQ(got.rows[r].labels, expected.rows[r].labels) << r;
}

// Published work trains Sub's columns 10 to 12 on the wrong classes; that is there to be compared with, if it is asked for.
TEST(PtbxlTraps, T02SubAsPublishedIsAskedForAndMovesThreeColumnsInTrain) {
  const TemporaryFolder folder;
  testing::write_ptbxl(folder.path(), {{1, "7", 1, "x", "{'1AVB': 0.0, 'SR': 0.0}"},
                                       {2, "8", 8, "x", "{'RAO/RAE': 100.0}"},
                                       {3, "9", 9, "x", "{'1AVB': 0.0}"},
                                       {4, "10", 10, "x", "{'ISC_': 0.0, 'LVH': 0.0}"},
                                       {5, "11", 2, "x", "{'ISC_': 0.0, 'LVH': 0.0}"},
                                       {6, "12", 2, "x", "{'SR': 0.0}"}});
  PtbxlOptions options;
  options.partial_table = true;
  const auto plain = ptbxl_source(folder.path(), options).source;
  EXPECT_EQ(plain.tasks.size(), 4U);
  EXPECT_EQ(plain.provenance_json.find("published"), std::string::npos);
  options.sub_published = true;
  const auto made = ptbxl_source(folder.path(), options).source;
  ASSERT_EQ(made.tasks.size(), 5U);
  EXPECT_EQ(made.tasks[4].name, "ptbxl-sub-published");
  EXPECT_EQ(made.tasks[4].classes, made.tasks[1].classes);
  EXPECT_NE(made.provenance_json.find("ptbxl-sub-published"), std::string::npos);
  const auto positives = [&](std::size_t record, const char* task) {
    std::string names;
    const auto& labels = made.records[record].labels.at(task);
    for (std::size_t c = 0; c < labels.size(); ++c) {
      if (labels[c] == 1) names += made.tasks[1].classes[c] + " ";
    }
    return names;
  };
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"AVB ", "ISC "}, {"RAO/RAE ", "AVB "}, {"AVB ", "AVB "}, {"LVH ISC ", "LVH ISC "}, {"LVH ISC ", "LVH RAO/RAE "}};
  for (std::size_t r = 0; r < expected.size(); ++r) {
    EXPECT_EQ(positives(r, "ptbxl-sub"), expected[r].first) << r;
    EXPECT_EQ(positives(r, "ptbxl-sub-published"), expected[r].second) << r;
  }
  EXPECT_FALSE(made.records[5].labels.contains("ptbxl-sub-published")) << "no diagnosis: in neither task";
}

TEST_F(TableTraps, T02LabelColumnsOfAnOwnTableGoByName) {
  const auto a = source("path,mine/AF,mine/NORM,other/X\na/r1,1,0,1\na/r2,0,1,0\n");
  const auto b = source("other/X,mine/AF,path,mine/NORM\n1,1,a/r1,0\n0,0,a/r2,1\n");
  for (const auto* made : {&a, &b}) {
    for (const auto& task : made->tasks) {
      for (std::size_t c = 0; c < task.classes.size(); ++c) {
        const bool first = task.classes[c] != "NORM";
        EXPECT_EQ(made->records[0].labels.at(task.name)[c], first ? 1 : 0) << task.classes[c];
        EXPECT_EQ(made->records[1].labels.at(task.name)[c], first ? 0 : 1) << task.classes[c];
      }
    }
  }
}

// A table of the sizes of a release; labels do not matter here.
PtbxlTable table_of(const std::vector<int>& fold_sizes, int patients) {
  PtbxlTable table;
  std::int64_t number = 0;
  for (std::size_t fold = 0; fold < fold_sizes.size(); ++fold) {
    for (int i = 0; i < fold_sizes[fold]; ++i, ++number) {
      PtbxlRow row;
      row.fold = static_cast<int>(fold) + 1;
      row.patient = std::to_string(number % patients);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

TEST(PtbxlTraps, T05TheReleaseIsKnownByItsNumbers) {
  std::vector<int> sizes;
  for (int fold = 1; fold <= kPtbxlFolds; ++fold) sizes.push_back(ptbxl_fold_size(fold));
  EXPECT_EQ(take_census(table_of(sizes, 18869)).version, "1.0.3");
  EXPECT_EQ(take_census(table_of(sizes, 18868)).version, "unknown");
  sizes[0] += 38;  // 1.0.1 has 38 records twice
  const auto old = take_census(table_of(sizes, 18885));
  EXPECT_EQ(old.version, "1.0.1");
  const auto problem = testing::problem_of([&] { check_counts(old, "t.csv"); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::counts_differ);
  EXPECT_NE(problem->hint.find("1.0.3"), std::string::npos) << problem->hint;
}

TEST_F(CpscTraps, T08AnotherPartitionOfTheTaskIsRefused) {
  challenge_record("A0001", "Normal");
  std::ifstream file(kSplits / "cpsc2018.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Cpsc2018Options options;
  options.partial = true;
  const auto list = folder_.path() / "list.txt";
  const auto with = [&](const std::string& content) {
    write(list, content);
    return cpsc2018_source(root(), list, options);
  };
  EXPECT_NO_THROW(static_cast<void>(with("# another comment\n" + text)));
  EXPECT_PROBLEM(with(without_line(text, "A0001 ")), Code::csv_invalid, "list.txt");
  // DERI's files: record 677 of the test file is A5908, where it is A6729 here.
  const auto deri = testing::problem_of([&] {
    static_cast<void>(with(without_line(without_line(text, "A5908 "), "A6729 ") + "A5908\n[train]\nA6729\n"));
  });
  ASSERT_TRUE(deri);
  EXPECT_NE(deri->what.find("DERI"), std::string::npos) << deri->what;
}

TEST_F(CpscTraps, T08ARowNumberIsNoRecordName) {
  challenge_record("677", "Normal");
  EXPECT_PROBLEM(partial_cpsc(root()), Code::csv_invalid, "677.hea");
  write(root() / "REFERENCE.csv", "Recording,First_label,Second_label,Third_label\nA0001,1,,\n677,1,,\n");
  EXPECT_PROBLEM(partial_cpsc(root()), Code::csv_invalid, "REFERENCE.csv:3");
}

// The published tensor by its definition: 2,500 samples, zeros to 5,000, then min-max over the record.
TEST_F(CpscTraps, T09ThePublishedWindowIsTheDefinitionAndOnlyIfAskedFor) {
  challenge_record("A0001", "Normal", 7500, 3, "400/mV");
  Cpsc2018Options options;
  options.partial = true;
  options.window = "published";
  const auto published = cpsc2018_source(root(), kSplits / "cpsc2018.txt", options);
  prepare(published);
  const auto s = store();
  EXPECT_EQ(s.info().tasks.at(0).name, "cpsc2018-published");
  EXPECT_NE(s.info().provenance_json.find("zeros"), std::string::npos);
  EXPECT_EQ(partial_cpsc(root()).tasks[0].name, "cpsc2018");
  EXPECT_NE(partial_cpsc(root()).provenance_json, published.provenance_json) << "results carry the window";

  const auto signals = twelve_signals(7500, 3);
  std::vector<double> tensor(12 * 5000, 0.0);
  for (std::size_t lead = 0; lead < 12; ++lead) {
    for (std::size_t t = 0; t < 2500; ++t) tensor[lead * 5000 + t] = signals[lead][t] / 400.0;
  }
  const auto [low, high] = std::minmax_element(tensor.begin(), tensor.end());
  const double least = *low, range = *high - *low;
  std::vector<std::int16_t> samples(12 * 5000);
  s.read(0, samples.data());
  std::vector<float> decoded(12 * 5000);
  data::decode_mv(samples.data(), 5000, s.scale_mv(0), decoded.data());
  for (std::size_t i = 0; i < tensor.size(); ++i) ASSERT_NEAR(decoded[i], (tensor[i] - least) / range, 2e-7) << i;
  EXPECT_EQ(std::count(samples.begin(), samples.end(), data::kMissing), 0);
}

TEST_F(CpscTraps, T09ThePublishedWindowHasItsOwnRateAndLength) {
  challenge_record("A0001", "Normal");
  Cpsc2018Options options;
  options.partial = true;
  options.window = "published";
  options.seconds = 5;
  EXPECT_PROBLEM(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options), Code::contradiction, "");
  options.seconds = 10;
  options.rate_hz = 100;
  EXPECT_PROBLEM(cpsc2018_source(root(), kSplits / "cpsc2018.txt", options), Code::contradiction, "");
}

// A public notebook looks for NaN among the first twelve samples alone.
TEST(SignalTraps, T12AMissingSampleOfAnyLeadIsInvisibleWhereverItIs) {
  const TemporaryFolder folder;
  constexpr int kSamples = 1000, kPatch = 25, kTokens = kSamples / kPatch;
  CounterRandom random(1, "T12");
  for (int round = 0; round < 24; ++round) {
    auto signals = twelve_signals(kSamples, 1);
    const auto lead = static_cast<std::size_t>(round % 12);
    const auto at = round < 12 ? static_cast<std::size_t>(kSamples - 1 - round)
                               : static_cast<std::size_t>(random.uniform() * kSamples);
    signals[lead][at] = -32768;
    testing::write_record(folder / "r", testing::upper_case_leads(), signals, 100);
    const auto ecg = read_wfdb_ecg(folder.path(), folder / "r.hea");
    std::vector<std::uint8_t> visible(12 * kTokens);
    data::token_visibility(ecg.values.data(), ecg.samples, ecg.rate_hz, kPatch, visible.data());
    for (std::size_t token = 0; token < visible.size(); ++token)
      EXPECT_EQ(visible[token] == 0, token == lead * kTokens + at / kPatch) << lead << " " << at << " " << token;
  }
}

TEST_F(MimicTraps, T13StatementsWithLineEndsStarsAndNothingInThem) {
  record("10", "111", 1);
  record("11", "222", 2);
  const auto list = list_row("10", "111") + list_row("11", "222");
  const auto row = [](const std::string& subject, const std::string& study, const std::string& statements) {
    const auto commas = std::count(statements.begin(), statements.end(), ',');
    return subject + "," + study + ",1,2180-07-23 08:44:00," + statements +
           std::string(static_cast<std::size_t>(17 - commas), ',') + "\n";
  };
  tables(list, row("10", "111", "\"Sinus\nrhythm\",,*** Normal EKG ***,=-") + row("11", "222", ",,***"));
  for (const auto* text : {"corrected", "published"}) {
    options_.text = text;
    const auto source = mimic_source(root(), options_);
    ASSERT_EQ(source.records.size(), 2U);
    EXPECT_EQ(source.records[0].report,
              std::string(text) == "corrected" ? "sinus rhythm. normal ecg." : "sinus rhythm. *** normal ecg ***..")
        << text;
    EXPECT_EQ(source.records[1].left_out, "text_too_short");
  }
}

// Sizes are believed only after they are compared with the file: none of these asks for memory.
TEST_F(CpscTraps, T18SizesAreCheckedBeforeMemoryIsTaken) {
  challenge_record("A0001", "Normal");
  const auto header = root() / "A0001.hea";
  std::ifstream in(header);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find(" 5000 "), 6, " 2000000000 ");
  write(header, text);
  EXPECT_PROBLEM(read_wfdb_ecg(root(), header), Code::signal_cut_short, "A0001.mat");

  write(root() / "REFERENCE.csv", "Recording,First_label,Second_label,Third_label\nA0001,1,,\n");
  const auto source = partial_cpsc(root());
  const auto mat = root() / "A0001.mat";
  write_mat5(mat, 5000, false);
  std::ifstream file(mat, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::int32_t dims[2] = {12, 5000}, huge[2] = {12, 2'000'000'000};
  const auto place = bytes.find(std::string(reinterpret_cast<const char*>(dims), sizeof dims));
  ASSERT_NE(place, std::string::npos);
  std::memcpy(bytes.data() + place, huge, sizeof huge);
  write(mat, bytes);
  EXPECT_PROBLEM(source.read(source.root, mat), Code::mat_invalid, "A0001.mat");

  // 200 MB of zeros in 200 kB.
  auto size = compressBound(200 << 20);
  std::string packed(size, 0);
  const std::string zeros(200 << 20, 0);
  compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(zeros.data()), zeros.size(),
            1);
  const std::uint32_t tag[2] = {15, static_cast<std::uint32_t>(size)};
  write(mat,
        bytes.substr(0, 128) + std::string(reinterpret_cast<const char*>(tag), sizeof tag) + packed.substr(0, size));
  EXPECT_PROBLEM(source.read(source.root, mat), Code::mat_invalid, "A0001.mat");
}

// The public label files of Chapman give every patient the age 12, the number of leads; PTB-XL writes 300 for 90 and older.
TEST_F(CsnTraps, T19NoAgeIsRead) {
  challenge_record("WFDBRecords/08/089/JS08246", "164889003");
  const auto expected = source();
  const auto path = root() / "WFDBRecords/08/089/JS08246.hea";
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find("#Age: 51"), 8, "#Age: 300");
  write(path, text);
  const auto got = source();
  EXPECT_EQ(got.provenance_json, expected.provenance_json);
  EXPECT_EQ(got.records[0].labels, expected.records[0].labels);
  EXPECT_EQ(got.records[0].report.find("300"), std::string::npos);
}

// ---- the public label files, where SCAR_DATA_DIR names the folder with splits/ and labels/ ----------------------------

class PublicFiles : public testing::CsnFixture {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SCAR_DATA_DIR");
    if (folder == nullptr) GTEST_SKIP() << "SCAR_DATA_DIR is not set: no public label files";
    data_ = folder;
    const auto archive = data_ / "splits" / "merl-melp-splits-and-prompts.tar.xz";
    if (!fs::exists(archive)) GTEST_SKIP() << "no " << archive;
    fs::create_directories(folder_.path() / "public");
    const auto command = "tar -xJf '" + archive.string() + "' -C '" + (folder_.path() / "public").string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  [[nodiscard]] CsvTable table(const std::string& name) const {
    return CsvTable::read(folder_.path() / "public" / "merl" / "finetune" / "data_split" / name);
  }
  fs::path data_;
};

// Headers made from the public column `diagnose`; only what they say about diagnoses is read.
TEST_F(PublicFiles, T03BothLabelRulesGiveTheirPublishedCounts) {
  fs::copy_file(data_ / "labels" / "ConditionNames_SNOMED-CT.csv", root() / "ConditionNames_SNOMED-CT.csv",
                fs::copy_options::overwrite_existing);
  const auto conditions = CsvTable::read(root() / "ConditionNames_SNOMED-CT.csv");
  std::map<std::string, std::string, std::less<>> codes;
  for (std::size_t r = 0; r < conditions.rows(); ++r)
    codes.emplace(conditions.at(r, conditions.column("AcronymName")), conditions.at(r, conditions.column("Snomed_CT")));
  std::map<std::string, std::vector<int>> published;
  std::vector<std::string> classes;
  for (const auto* part : {"train", "val", "test"}) {
    const auto labels = table(std::string("chapman/chapman_") + part + ".csv");
    classes.assign(labels.columns().begin() + 3, labels.columns().end());
    for (std::size_t r = 0; r < labels.rows(); ++r) {
      const auto stem = fs::path(labels.at(r, labels.column("ecg_path"))).stem().string();
      std::string diagnoses;
      for (std::string_view rest = labels.at(r, labels.column("diagnose")); !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        diagnoses += (diagnoses.empty() ? "" : ",") + codes.at(std::string(rest.substr(0, comma)));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
      write(root() / "WFDBRecords" / stem.substr(0, 4) / (stem + ".hea"),
            stem + " 0 500 5000\n#Dx: " + diagnoses + "\n");
      for (std::size_t c = 0; c < classes.size(); ++c)
        published[stem].push_back(labels.at(r, labels.column(classes[c])) == "1" ? 1 : 0);
    }
  }
  options_.partial = false;
  const auto made = source();  // the counts of both tasks hold, or this throws
  EXPECT_EQ(made.tasks[0].classes, classes);
  std::int64_t excess = 0, different = 0;
  for (const auto& record : made.records) {
    for (std::size_t c = 0; c < classes.size(); ++c) {
      const int part = record.labels.at("csn-published")[c], whole = record.labels.at("csn-exact")[c];
      excess += part - whole;
      different += part != published.at(record.id)[c] ? 1 : 0;
    }
  }
  EXPECT_EQ(excess, 5125);
  EXPECT_EQ(different, 0) << "csn-published is what the public files say, cell by cell";
}

// Corrected labels are the public files read by column name, published ones the files read by place, as published work does.
TEST_F(PublicFiles, T02SubIsThePublicFileByNameAndAsPublishedByPlace) {
  fs::copy_file(data_ / "ptb-xl" / "ptbxl_database.csv", root() / "ptbxl_database.csv");
  fs::copy_file(data_ / "ptb-xl" / "scp_statements.csv", root() / "scp_statements.csv");
  PtbxlOptions options;
  options.sub_published = true;
  const auto made = ptbxl_source(root(), options).source;  // the counts of the present folds hold, or this throws
  std::map<std::string, const SourceRecord*, std::less<>> records;
  for (const auto& record : made.records) records[record.id] = &record;
  const auto& classes = made.tasks[1].classes;
  std::int64_t rows = 0, by_name = 0, by_place = 0;
  for (const auto* part : {"train", "val"}) {
    const auto labels = table(std::string("ptbxl/sub_class/ptbxl_sub_class_") + part + ".csv");
    const auto first = labels.columns().size() - classes.size();
    for (std::size_t r = 0; r < labels.rows(); ++r, ++rows) {
      const auto& record = *records.at(std::string(labels.at(r, labels.column("ecg_id"))));
      for (std::size_t c = 0; c < classes.size(); ++c) {
        by_name +=
            labels.at(r, labels.column(classes[c])) == (record.labels.at("ptbxl-sub")[c] == 1 ? "1" : "0") ? 0 : 1;
        by_place += labels.at(r, first + c) == (record.labels.at("ptbxl-sub-published")[c] == 1 ? "1" : "0") ? 0 : 1;
      }
    }
  }
  EXPECT_EQ(rows, 17084 + 2146);
  EXPECT_EQ(by_name, 0);
  EXPECT_EQ(by_place, 0);
}

TEST_F(PublicFiles, T08TheShippedPartitionIsThePublicOneByRecordName) {
  const auto list = read_split_list(kSplits / "cpsc2018.txt");
  std::size_t rows = 0;
  for (const auto& [part, fold] : std::map<std::string, int>{{"train", 1}, {"val", 2}, {"test", 3}}) {
    const auto labels = table("icbeb/icbeb_" + part + ".csv");
    for (std::size_t r = 0; r < labels.rows(); ++r, ++rows)
      EXPECT_EQ(list.fold.find(labels.at(r, labels.column("filename")))->second, fold);
  }
  EXPECT_EQ(rows, list.fold.size());
  // T10: published label subsets are row numbers of the train files.
  const auto train = table("icbeb/icbeb_train.csv"), chapman = table("chapman/chapman_train.csv");
  const auto csn = read_split_list(kSplits / "csn.txt");
  ASSERT_EQ(train.rows(), list.train.size());
  ASSERT_EQ(chapman.rows(), csn.train.size());
  for (std::size_t r = 0; r < train.rows(); ++r) EXPECT_EQ(train.at(r, train.column("filename")), list.train[r]);
  for (std::size_t r = 0; r < chapman.rows(); ++r)
    EXPECT_EQ(fs::path(chapman.at(r, chapman.column("ecg_path"))).stem(), csn.train[r]);
}

}  // namespace
}  // namespace scar::ingest
