#include "scar/data/store/splits.h"

#include <gtest/gtest.h>

#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::TemporaryFolder;
using test::thrown_code;

Store write_and_open(const std::filesystem::path& path,
                     const std::vector<std::pair<std::string, int>>& patients_and_folds) {
  const auto info = test::small_info();
  const auto n = static_cast<std::int64_t>(patients_and_folds.size());
  StoreWriter writer(path, info, n, n);
  for (std::int64_t i = 0; i < n; ++i) {
    auto record = test::small_record(i);
    std::tie(record.patient, record.fold) = patients_and_folds[static_cast<std::size_t>(i)];
    writer.add(record);
  }
  writer.end_shard();
  writer.finish();
  return Store::open(path);
}

}  // namespace

TEST(Splits, RecordsOfTheFoldsAreSelectedInOrder) {
  TemporaryFolder folder;
  const auto store = write_and_open(folder / "s", {{"a", 1}, {"b", 3}, {"c", 2}, {"d", 3}, {"e", 1}});
  EXPECT_EQ(select_folds(store, {1, 2}), (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(select_folds(store, {3}), (std::vector<std::int64_t>{1, 3}));
}

TEST(Splits, FoldsThatTheStoreLacksAreAnErrorThatNamesWhatItHas) {
  TemporaryFolder folder;
  const auto store = write_and_open(folder / "s", {{"a", 1}, {"b", 3}});
  std::string message;
  EXPECT_EQ(thrown_code([&] { (void)select_folds(store, {10}); }, &message), Code::split_empty);
  EXPECT_NE(message.find("1, 3"), std::string::npos) << message;
  EXPECT_EQ(thrown_code([&] { (void)select_folds(store, {}); }), Code::split_empty);
}

TEST(Splits, DisjointPatientsAreCounted) {
  TemporaryFolder folder;
  const auto store =
      write_and_open(folder / "s", {{"a", 1}, {"a", 2}, {"b", 1}, {"c", 3}, {"c", 3}, {"", 1}, {"", 3}, {"a", 9}});
  const auto count = check_patients_disjoint(store, {1, 2}, {3});
  EXPECT_EQ(count.a, 3);  // a, b, and one without a name
  EXPECT_EQ(count.b, 2);
  EXPECT_EQ(count.without_patient, 2);
}

// T06: no patient in two splits.
TEST(Splits, APatientInTwoPartsIsNamedWithBothRecords) {
  TemporaryFolder folder;
  const auto store = write_and_open(folder / "s", {{"a", 1}, {"b", 2}, {"c", 3}, {"a", 3}});
  std::string message;
  EXPECT_EQ(thrown_code(
                [&] {
                  (void)check_patients_disjoint(store, {1, 2}, {3});
                },
                &message),
            Code::patient_in_two_splits);
  EXPECT_NE(message.find("a (records record-0 in fold 1, record-3 in fold 3)"), std::string::npos) << message;
}

TEST(Splits, AFoldInTwoPartsIsALeak) {
  TemporaryFolder folder;
  const auto store = write_and_open(folder / "s", {{"a", 1}, {"b", 2}});
  EXPECT_EQ(thrown_code([&] { (void)check_patients_disjoint(store, {1, 2}, {2}); }), Code::patient_in_two_splits);
}

}  // namespace scar::data
