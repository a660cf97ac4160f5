// Every dataset as downloaded is read and verified without a store; damage is listed as preparation would list it.
#include <algorithm>

#include "datasets_fixture.h"
#include "ptbxl_fixture.h"
#include "scar/core/hash.h"
#include "scar/ingest/recipes/challenge.h"
#include "scar/ingest/recipes/ptbxl.h"
#include "scar/ingest/recipes/recognise.h"

namespace scar::ingest {
namespace {

namespace fs = std::filesystem;
using testing::kSplits;
using testing::write;
using testing::write_mat5;

Verification verify(const Source& source) { return verify_source(source, {}, 2); }

std::string listed(const std::vector<data::Exclusion>& list) {
  std::string out;
  for (const auto& one : list) out += one.id + " " + one.reason + "; ";
  return out;
}

void flip_byte(const fs::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const auto old = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(old ^ 4));
}

Cpsc2018Options part_of_cpsc() {
  Cpsc2018Options options;
  options.partial = true;
  return options;
}

using VerifyCpsc = testing::DatasetFixture;
using VerifyCsn = testing::CsnFixture;
using VerifyMimic = testing::MimicFixture;
using VerifyChallenge = testing::DatasetFixture;
using VerifyTable = testing::TableFixture;

TEST_F(VerifyCpsc, TheChallengeForm) {
  for (const auto* id : {"A0001", "A0002", "A0003", "A0004"}) challenge_record(id, "Normal");
  EXPECT_EQ(recognise_dataset(root()), "cpsc2018");
  flip_byte(root() / "A0002.mat", 5000);
  fs::remove(root() / "A0003.mat");
  const auto found = verify(cpsc2018_source(root(), kSplits / "cpsc2018.txt", part_of_cpsc()));
  EXPECT_EQ(found.records, 2);
  EXPECT_EQ(listed(found.problems), "A0002 signal_checksum; A0003 file_missing; ");
  EXPECT_TRUE(found.left_out.empty());
  EXPECT_FALSE(fs::exists(folder_.path() / "store"));
}

TEST_F(VerifyCpsc, TheOriginalForm) {
  write_mat5(root() / "A0001.mat", 5000, true);
  write_mat5(root() / "A0002.mat", 5000, true);
  fs::resize_file(root() / "A0002.mat", 3000);
  const std::string reference = "Recording,First_label,Second_label,Third_label\nA0001,1,,\nA0002,2,,\n";
  write(root() / "REFERENCE.csv", reference);
  write(root() / "SHA256SUMS.txt",
        sha256_hex(reference) + "  REFERENCE.csv\n" + std::string(64, '0') + "  A0001.mat\n");
  EXPECT_EQ(recognise_dataset(root()), "cpsc2018");
  const auto found = verify(cpsc2018_source(root(), kSplits / "cpsc2018.txt", part_of_cpsc()));
  EXPECT_EQ(listed(found.problems), "A0001 sha256; A0002 mat_invalid; ");
  EXPECT_EQ(found.sums, 2);
}

// Records that no split names are read too, if they are there: they are the source's as well.
TEST_F(VerifyCsn, RecordsOfNoSplitAreReadAndTheirDamageListed) {
  challenge_record("WFDBRecords/08/089/JS08246", "426177001");
  challenge_record("WFDBRecords/99/999/JS99997", "426177001");
  challenge_record("WFDBRecords/99/999/JS99998", "426177001");
  challenge_record("WFDBRecords/99/999/JS99999", "426177001");
  flip_byte(root() / "WFDBRecords/99/999/JS99998.mat", 700);
  fs::remove(root() / "WFDBRecords/99/999/JS99999.mat");
  EXPECT_EQ(recognise_dataset(root()), "csn");
  const auto found = verify(source());
  EXPECT_EQ(found.records, 1);
  EXPECT_EQ(listed(found.left_out), "JS99997 not_in_split; JS99999 not_in_split; ");
  EXPECT_EQ(listed(found.problems), "JS99998 signal_checksum; ");
}

TEST_F(VerifyMimic, ShortTextsAreNoDamageAndTablesAreCompared) {
  record("10", "111", 1);
  record("11", "333", 3);
  record("12", "444", 4);
  tables(list_row("11", "333") + list_row("10", "111") + list_row("12", "444"),
         text_row("10", "111", "Sinus rhythm") + text_row("11", "333", "Left bundle branch block now") +
             text_row("12", "444", "Left bundle branch block now"));
  write(root() / "SHA256SUMS.txt", std::string(64, '0') + " record_list.csv\n");
  fs::resize_file(root() / "files/p1000/p12/s444/444.dat", 100);
  EXPECT_EQ(recognise_dataset(root()), "mimic-iv-ecg");
  const auto found = verify(mimic_source(root(), options_));
  EXPECT_EQ(found.records, 1);
  EXPECT_EQ(listed(found.left_out), "111 text_too_short; ");
  EXPECT_EQ(listed(found.problems), " sha256; 444 signal_cut_short; ");
}

TEST_F(VerifyChallenge, AmplitudesAreThoseOfPreparation) {
  challenge_record("g1/E00001", "426783006");
  challenge_record("g1/E00002", "426783006", 5000, 1, "10/mV");
  EXPECT_EQ(recognise_dataset(root()), "challenge");
  EXPECT_EQ(listed(verify(challenge_source(root(), {})).problems), "g1/E00002 amplitude; ");
}

TEST_F(VerifyTable, RecordsOfATable) {
  fs::resize_file(root() / "b/r3.dat", 10);
  const auto found = verify(source("path\na/r1\na/r2\nb/r3\n"));
  EXPECT_EQ(found.records, 2);
  EXPECT_EQ(listed(found.problems), "b/r3 signal_cut_short; ");
}

TEST_F(VerifyTable, PtbXlIsKnownByItsTableAndNothingByNothing) {
  testing::write_ptbxl(folder_.path() / "ptbxl", {{1, "10", 1}});
  EXPECT_EQ(recognise_dataset(folder_.path() / "ptbxl"), "ptbxl");
  fs::create_directory(folder_.path() / "empty");
  EXPECT_PROBLEM(recognise_dataset(folder_.path() / "empty"), Code::data_missing, "empty");
}

}  // namespace
}  // namespace scar::ingest
