#include "scar/evaluation/matched.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "toy_scorer.h"

namespace scar::evaluation {
namespace {

const std::vector<std::string> kClasses = {"one", "two"};

double of_mask(std::int64_t, std::int64_t, const data::UnitMask& mask) {
  return noise(1, 0, static_cast<std::int64_t>(xxh3(mask.bitmap().data(), mask.bitmap().size()) >> 1));
}
double of_record(std::int64_t record, std::int64_t label, const data::UnitMask&) {
  return (toy_positive(record, label) ? 1.0 : 0.0) + noise(2, record, label);
}

MaskBook own_book(Scorer& scorer, const std::vector<Target>& targets, const std::vector<std::string>& ids) {
  auto book = make_book(attack(scorer, targets, ids, kClasses, {}), ids, kClasses, {});
  book.origin = {"own", "toy", "store", "weights", 0};
  return book;
}

TEST(Matched, SampleIsCappedByHashAndEqualForEveryModel) {
  ToyScorer scorer(400, of_record);
  const auto ids = toy_ids(400);
  const auto table = clean_table(scorer, kClasses);
  SampleOptions options{.max_positives = 30, .max_negatives = 50, .seed = 0};
  const auto sample = choose_sample(table, ids, options);
  EXPECT_EQ(sample[0].positives.size(), 30u);
  EXPECT_EQ(sample[0].negatives.size(), 50u);
  EXPECT_EQ(sample[0].all_positives, 100);
  EXPECT_EQ(sample[0].all_negatives, 300);
  auto other = table;
  for (auto& score : other.scores) score = -score;
  EXPECT_EQ(choose_sample(other, ids, options)[1].positives, sample[1].positives);
  options.seed = 1;
  EXPECT_NE(choose_sample(table, ids, options)[1].positives, sample[1].positives);
}

TEST(Matched, ScoreThatReadsOnlyTheMaskIsAtChance) {
  // Own masks of 60 positives, 500 negatives dealt over them by hash: the mask's number is the same on both sides.
  ToyScorer scorer(800, of_mask);
  const auto ids = toy_ids(800);
  const auto table = clean_table(scorer, kClasses);
  const auto sample = choose_sample(table, ids, {.max_positives = 60, .max_negatives = 500, .seed = 0});
  const auto book = own_book(scorer, targets_of(sample), ids);
  const auto matched = matched_auroc(scorer, sample, book, 1, 0);
  EXPECT_NEAR(*matched.score.macro_auroc, .5, .1);
  EXPECT_EQ(matched.score.classes[0].positives, 60);
  EXPECT_EQ(matched.score.classes[0].negatives, 500);
  EXPECT_EQ(matched.left_out[0], 0);
}

TEST(Matched, ScoreThatNoMaskTouchesKeepsItsAuroc) {
  ToyScorer scorer(400, of_record);
  const auto ids = toy_ids(400);
  const auto table = clean_table(scorer, kClasses);
  const auto sample = choose_sample(table, ids, {.max_positives = 1000, .max_negatives = 1000, .seed = 0});
  const auto book = own_book(scorer, targets_of(sample), ids);
  for (std::size_t rate = 0; rate < 3; ++rate) {
    const auto matched = matched_auroc(scorer, sample, book, rate, 0);
    EXPECT_DOUBLE_EQ(*matched.score.macro_auroc, *score_task(table).macro_auroc);
  }
}

TEST(Matched, PositivesWithoutAMaskAreCounted) {
  ToyScorer scorer(400, of_record);
  const auto ids = toy_ids(400);
  const auto sample =
      choose_sample(clean_table(scorer, kClasses), ids, {.max_positives = 20, .max_negatives = 20, .seed = 0});
  auto targets = targets_of(sample);
  targets.erase(targets.begin(), targets.begin() + 5);
  const auto book = own_book(scorer, targets, ids);
  const auto matched = matched_auroc(scorer, sample, book, 0, 0);
  EXPECT_EQ(matched.left_out[0], 5);
  EXPECT_EQ(matched.score.classes[0].positives, 15);
}

class MaskFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "scar-mask-file";
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "masks.json";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void expect_code(Code code, const std::vector<std::string>& ids, const std::string& task = "toy",
                   const std::string& store = "store") {
    try {
      (void)load_book(path_, grid_, task, store, ids, kClasses);
      FAIL() << "loaded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  }
  std::filesystem::path folder_, path_;
  data::UnitGrid grid_ = data::unit_grid(400, 100.0, 25);
};

TEST_F(MaskFile, RoundTripKeepsMasksAndHashAlsoWithOtherRows) {
  ToyScorer scorer(40, of_record);
  const auto ids = toy_ids(40);
  const auto book = own_book(scorer, {{0, 0}, {4, 0}, {3, 1}}, ids);
  save_book(book, grid_, path_);
  const auto again = load_book(path_, grid_, "toy", "store", ids, kClasses);
  EXPECT_EQ(again.masks, book.masks);
  EXPECT_EQ(again.hash(), book.hash());
  EXPECT_EQ(again.origin.kind, "transferred");
  EXPECT_EQ(again.origin.weights_hash, "weights");

  std::vector<std::string> turned(ids.rbegin(), ids.rend());
  const auto other = load_book(path_, grid_, "toy", "store", turned, kClasses);
  EXPECT_EQ(other.hash(), book.hash());
  EXPECT_EQ(other.masks.at({39, 0}), book.masks.at({0, 0}));
}

// T32: masks of other records or another grid are not used.
TEST_F(MaskFile, DamagedOrForeignFileIsRefused) {
  ToyScorer scorer(40, of_record);
  const auto ids = toy_ids(40);
  save_book(own_book(scorer, {{0, 0}, {4, 0}}, ids), grid_, path_);
  expect_code(Code::store_mismatch, ids, "other-task");
  expect_code(Code::store_mismatch, ids, "toy", "other store");
  expect_code(Code::store_mismatch, {"x", "y"});

  const auto text = read_file(path_);
  auto flipped = text;
  const auto bits = flipped.find("\"removed\"");
  const auto digit = flipped.find_first_of("0123456789abcdef", flipped.find('[', bits));
  flipped[digit] = flipped[digit] == '0' ? '1' : '0';
  write_file_atomically(path_, flipped);
  expect_code(Code::data_unreadable, ids);
  write_file_atomically(path_, text.substr(0, text.size() / 2));
  expect_code(Code::data_unreadable, ids);
  write_file_atomically(path_, "{\"format\":\"scar-masks\",\"version\":99}");
  expect_code(Code::data_unreadable, ids);

  write_file_atomically(path_, text);
  grid_ = data::unit_grid(400, 100.0, 50);
  expect_code(Code::store_mismatch, ids);
}

TEST_F(MaskFile, RateThatIsNotThereIsNamedWithThoseThatAre) {
  MaskBook book;
  book.rates = {.25, .5};
  EXPECT_EQ(book.rate_index(.5), 1u);
  try {
    (void)book.rate_index(.6);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unknown_mask);
    EXPECT_NE(std::string(error.what()).find("0.25, 0.5"), std::string::npos);
  }
}

}  // namespace
}  // namespace scar::evaluation
