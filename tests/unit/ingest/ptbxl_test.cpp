#include "scar/ingest/recipes/ptbxl.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "ptbxl_fixture.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_reader.h"

namespace scar::ingest {
namespace {

using testing::FixtureRow;
using testing::TemporaryFolder;
using testing::write_ptbxl;

std::vector<FixtureRow> rows() {
  return {{3, "30", 1, "sinus rhythm. normal ecg.", "{'NORM': 100.0, 'SR': 0.0}", "AT-6 C 5.5"},
          {1, "10", 1, "SINUSRHYTHMUS  normales ekg 4.46", "{'IMI': 35.0, 'ABQRS': 0.0}"},
          {2, "20", 9, "trace only", "{'SR': 0.0}", "AT-6     6"},
          {5, "50", 10},
          {4, "40", 2}};
}

class PtbxlRecipe : public ::testing::Test {
 protected:
  PtbxlRecipe() {
    options_.partial_table = true;
    callbacks_.clean_report = [](std::string_view raw) {
      return raw.starts_with("trace only") ? std::string() : "clean " + std::string(raw);
    };
  }
  ~PtbxlRecipe() override { clear_stop(); }
  PreparationSummary prepare(const std::string& out = "store", int jobs = 1) {
    return ingest::prepare(ptbxl_source(root(), options_).source, folder_.path() / out, {.seconds = kPtbxlSeconds},
                           options_.tolerance, callbacks_, jobs);
  }
  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "ptbxl"; }
  [[nodiscard]] data::Store store(const std::string& name = "store") const {
    return data::Store::open(folder_.path() / name);
  }

  TemporaryFolder folder_;
  PtbxlOptions options_;
  IngestCallbacks callbacks_;
  Verification verify(int jobs) { return verify_source(ptbxl_source(root(), options_).source, callbacks_, jobs); }
};
using PtbxlRecipeErrors = PtbxlRecipe;
using PtbxlVerify = PtbxlRecipe;

TEST_F(PtbxlRecipe, MakesAStoreThatHoldsEveryPartOfEachRecord) {
  write_ptbxl(root(), rows());
  const auto summary = prepare();
  EXPECT_EQ(summary.store.candidates, 5);
  EXPECT_EQ(summary.store.records, 5);
  EXPECT_EQ(summary.store.excluded, 0);
  const auto s = store();
  ASSERT_EQ(s.size(), 5);
  EXPECT_EQ(s.info().kind, "ptbxl");
  EXPECT_EQ(s.info().rate_hz, 100);
  EXPECT_EQ(s.info().samples, 1000);
  EXPECT_EQ(s.info().train_folds, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(s.info().validation_folds, std::vector<int>{9});
  EXPECT_EQ(s.info().test_folds, std::vector<int>{10});
  EXPECT_EQ(s.id(0), "1");
  EXPECT_EQ(s.id(4), "5");
  EXPECT_EQ(s.patient(0), "10");
  EXPECT_EQ(s.fold(1), 9);
  EXPECT_EQ(s.report_raw(0), "SINUSRHYTHMUS  normales ekg 4.46");
  EXPECT_EQ(s.report(0), "clean SINUSRHYTHMUS  normales ekg 4.46");
  EXPECT_EQ(s.language(0), "de");
  EXPECT_EQ(s.language(2), "en");
  EXPECT_EQ(s.recorder(0), "CS/AT-60");
  EXPECT_EQ(s.recorder(2), "AT-6");
  EXPECT_EQ(s.scale_mv(0), 0.001F);
  EXPECT_EQ(s.labels("ptbxl-super", 0)[2], 1);    // MI
  EXPECT_EQ(s.labels("ptbxl-super", 1)[0], 255);  // no diagnosis
  EXPECT_EQ(s.labels("ptbxl-rhythm", 0)[0], 255);
  std::vector<std::int16_t> samples(12000);
  s.read(0, samples.data());
  const auto expected = testing::twelve_signals(1000, 1);
  for (std::size_t lead = 0; lead < 12; ++lead) {
    EXPECT_TRUE(std::equal(expected[lead].begin(), expected[lead].end(),
                           samples.begin() + static_cast<std::ptrdiff_t>(lead) * 1000));
  }
}

TEST_F(PtbxlRecipe, KeepsRecordsWithoutReportContentAndListsThem) {
  write_ptbxl(root(), rows());
  const auto summary = prepare();
  EXPECT_EQ(summary.without_content, std::vector<std::string>{"2"});
  EXPECT_EQ(store().report(1), "");
  EXPECT_EQ(store().report_raw(1), "trace only");
  EXPECT_EQ(summary.languages.at("de"), 3);
  EXPECT_EQ(summary.languages.at("en"), 2);
  EXPECT_EQ(summary.recorders.at("AT-6"), 2);
}

TEST_F(PtbxlRecipe, TheNumberOfThreadsAndTheOrderOfTheTableChangeNoByte) {
  write_ptbxl(root(), rows());
  prepare("one", 1);
  prepare("four", 4);
  EXPECT_EQ(store("one").manifest_hash(), store("four").manifest_hash());
}

TEST_F(PtbxlRecipe, TheSamePreparationAgainFindsItsStoreComplete) {
  write_ptbxl(root(), rows());
  const auto first = prepare();
  EXPECT_FALSE(first.store.already_complete);
  const auto again = prepare();
  EXPECT_TRUE(again.store.already_complete);
  EXPECT_EQ(again.store.manifest_hash, first.store.manifest_hash);
}

// T29: in = used + left out, each with its reason.
TEST_F(PtbxlRecipe, AllowMissingLeavesOutAndListsRowsWithoutFiles) {
  write_ptbxl(root(), rows());
  std::filesystem::remove(root() / (testing::stem(3, 100) + ".dat"));
  std::filesystem::remove(root() / (testing::stem(5, 100) + ".hea"));
  EXPECT_PROBLEM(prepare(), Code::data_missing, "ptbxl");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "store")) << "nothing is written before the check";
  options_.tolerance.allow_missing = true;
  const auto summary = prepare();
  EXPECT_EQ(summary.store.records, 3);
  EXPECT_EQ(summary.store.excluded, 2);
  EXPECT_EQ(summary.store.reasons.at("file_missing"), 2);
  const auto s = store();
  ASSERT_EQ(s.excluded().size(), 2U);
  EXPECT_EQ(s.excluded()[0].id, "3");
  EXPECT_NE(s.excluded()[0].detail.find("records100/00000/00003_lr"), std::string::npos) << s.excluded()[0].detail;
  EXPECT_EQ(s.excluded()[0].detail.find(folder_.path().string()), std::string::npos) << "the store knows no place";
}

// T31: a damaged record is left out, with its reason.
TEST_F(PtbxlRecipe, QuarantineLeavesOutAndListsDamagedRecords) {
  write_ptbxl(root(), rows());
  const auto path = root() / (testing::stem(4, 100) + ".dat");
  std::string bytes(24000, 'x');
  testing::write(path, bytes);
  options_.tolerance.quarantine = true;
  EXPECT_EQ(prepare().store.reasons.at("signal_initial_value"), 1);
  EXPECT_EQ(store().size(), 4);
}

TEST_F(PtbxlRecipe, AStopSignalEndsItWithoutAManifestOrCompletesIt) {
  write_ptbxl(root(), rows());
  request_stop(SIGTERM);
  const auto summary = prepare();
  EXPECT_FALSE(summary.stopped) << "one shard only: the store is complete by then";
  EXPECT_EQ(store().size(), 5);
}

TEST_F(PtbxlRecipe, ReportsProgressToTheEnd) {
  write_ptbxl(root(), rows());
  std::int64_t last = 0, total = 0;
  callbacks_.progress = [&](std::int64_t done, std::int64_t all) {
    last = done;
    total = all;
  };
  prepare();
  EXPECT_EQ(last, 5);
  EXPECT_EQ(total, 5);
}

TEST_F(PtbxlRecipeErrors, CountsOfAnotherTableAreRefusedUnlessAsked) {
  write_ptbxl(root(), rows());
  options_.partial_table = false;
  EXPECT_PROBLEM(prepare(), Code::counts_differ, "ptbxl_database.csv");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "store"));
}

TEST_F(PtbxlRecipeErrors, ARateThatPtbXlDoesNotHave) {
  write_ptbxl(root(), rows());
  options_.rate_hz = 250;
  EXPECT_PROBLEM(prepare(), Code::out_of_range, "");
}

TEST_F(PtbxlRecipeErrors, AFolderWithoutTheRecordsOfTheRate) {
  write_ptbxl(root(), rows());
  options_.rate_hz = 500;
  options_.tolerance.allow_missing = true;  // not all of them
  const auto problem = testing::problem_of([&] { prepare(); });
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->code, Code::data_missing);
  EXPECT_NE(problem->hint.find("records500/"), std::string::npos) << problem->hint;
}

TEST_F(PtbxlRecipeErrors, DamagedRecordsAreNamedOneByOne) {
  struct Case {
    const char* name;
    Code code;
    std::function<void(const std::filesystem::path& stem)> damage;
  };
  const auto signals = testing::twelve_signals(1000, 4);
  const std::vector<Case> cases = {
      {"flipped bit", Code::signal_checksum,
       [&](const auto& stem) {
         auto bytes = testing::frames(signals);
         bytes[12345] = static_cast<char>(bytes[12345] ^ 4);
         testing::write(stem.string() + ".dat", bytes);
       }},
      {"cut short", Code::signal_cut_short,
       [&](const auto& stem) { testing::write(stem.string() + ".dat", testing::frames(signals).substr(0, 23000)); }},
      {"too long", Code::signal_too_long,
       [&](const auto& stem) { testing::write(stem.string() + ".dat", testing::frames(signals) + "xx"); }},
      {"header cut", Code::header_invalid,
       [&](const auto& stem) { testing::write(stem.string() + ".hea", "00004_lr 12 100 1000\n"); }},
      {"not text", Code::text_not_utf8,
       [&](const auto& stem) { testing::write(stem.string() + ".hea", "00004_lr 12 100 1000\n\xFF\n"); }},
      {"other rate", Code::header_invalid,
       [&](const auto& stem) { testing::write_record(stem, testing::upper_case_leads(), signals, 250); }},
      {"other length", Code::header_invalid,
       [&](const auto& stem) {
         testing::write_record(stem, testing::upper_case_leads(), testing::twelve_signals(999, 1), 100);
       }},
      {"no gain", Code::header_invalid,
       [&](const auto& stem) { testing::write_record(stem, testing::upper_case_leads(), signals, 100, "0/mV"); }},
      {"unknown unit", Code::unit_unknown,
       [&](const auto& stem) { testing::write_record(stem, testing::upper_case_leads(), signals, 100, "1000/dB"); }},
      {"unknown lead", Code::lead_unknown,
       [&](const auto& stem) {
         auto names = testing::upper_case_leads();
         names[7] = "V9";
         testing::write_record(stem, names, signals, 100);
       }},
      {"two of a lead", Code::lead_duplicate,
       [&](const auto& stem) {
         auto names = testing::upper_case_leads();
         names[7] = "v1";
         testing::write_record(stem, names, signals, 100);
       }},
  };
  for (const auto& one : cases) {
    write_ptbxl(root(), rows());
    one.damage(root() / testing::stem(4, 100));
    const auto problem = testing::problem_of([&] { prepare(); });
    ASSERT_TRUE(problem) << one.name;
    EXPECT_EQ(static_cast<int>(problem->code), static_cast<int>(one.code)) << one.name << ": " << problem->what;
    EXPECT_NE(problem->where.find("00004_lr"), std::string::npos) << problem->where;
    EXPECT_NE(problem->hint.find("--quarantine"), std::string::npos) << problem->hint;
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "store" / data::kManifestName)) << one.name;
    std::filesystem::remove_all(folder_.path() / "store");
  }
}

TEST_F(PtbxlVerify, CountsGoodRecordsAndListsAllProblems) {
  write_ptbxl(root(), rows());
  EXPECT_TRUE(verify(2).problems.empty());
  testing::write(root() / (testing::stem(2, 100) + ".dat"), "short");
  std::filesystem::remove(root() / (testing::stem(5, 100) + ".dat"));
  const auto found = verify(2);
  EXPECT_EQ(found.records, 3);
  ASSERT_EQ(found.problems.size(), 2U);
  EXPECT_EQ(found.problems[0].id, "2");
  EXPECT_EQ(found.problems[0].reason, "signal_cut_short");
  EXPECT_EQ(found.problems[1].reason, "file_missing");
  EXPECT_EQ(found.sums, 0);
}

// T31: the published SHA-256 list.
TEST_F(PtbxlVerify, ComparesWithThePublishedSumsWhereThereAreSome) {
  write_ptbxl(root(), {{1, "10", 1}});
  const std::string wrong(64, '0');
  testing::write(root() / "SHA256SUMS.txt", wrong + " records100/00000/00001_lr.hea\n" + wrong + " LICENSE.txt\n");
  const auto found = verify(1);
  EXPECT_EQ(found.sums, 1);
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_EQ(found.problems[0].reason, "sha256");
  testing::write(root() / "SHA256SUMS.txt", "no sum\n");
  EXPECT_PROBLEM(verify(1), Code::checksum_list_invalid, "SHA256SUMS.txt:1");
}

}  // namespace
}  // namespace scar::ingest
