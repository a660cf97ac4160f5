#include "scar/evaluation/sweep.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/random.h"
#include "scar/evaluation/missingness.h"
#include "scar/evaluation/sweep_cells.h"
#include "scar/evaluation/sweep_figures.h"
#include "support/small_store.h"
#include "synthetic_model.h"

namespace scar::evaluation {
namespace {

class SweepOfASyntheticModel : public SyntheticModel {
 protected:
  Sweep make_sweep(model::DualEncoder& model) { return {model, store_, records_, classes_, EmbedOptions{}}; }
  CellOrigin origin() const {
    return {"this sweep", "these records", data::unit_grid(store_.samples(), 100, 25), 80, 12};
  }
};

SweepCell cell(const std::string& mask, std::uint64_t seed = 0) { return {data::parse_mask(mask), seed}; }

TEST(SweepPlan, HoldsEveryRuleOnceAndDrawnOnesOncePerSeed) {
  const auto cells = plan_sweep({});
  std::set<std::string> names;
  for (const auto& each : cells) names.insert(each.name());
  EXPECT_EQ(names.size(), cells.size());
  const auto sets = data::clinical_sets().size();
  EXPECT_EQ(cells.size(), 1 + 4 * 5 * 5 + (sets - 1 + 5) + 12 + 66) << "random-3 is the one set that is drawn";
  EXPECT_EQ(cells.front().name(), "clean");
  for (const auto* name :
       {"joint:0.5/4", "segment-async:0.1/0", "clinical:i-ii-v2", "clinical:random-3/4", "without:V2", "without:II+V6"})
    EXPECT_TRUE(names.contains(name)) << name;
}

TEST_F(SweepOfASyntheticModel, ScoresAreThoseOfEachRecordUnderItsMask) {
  auto model = make_model();
  auto sweep = make_sweep(model);
  for (const auto* mask : {"joint:0.5", "segment-async:0.75", "clinical:single-ii"}) {
    const auto& scores = sweep.compute(cell(mask, 3));
    const auto masks = make_record_masks(store_, records_, data::parse_mask(mask), 3, 25);
    EXPECT_EQ(scores.mask_sha256, masks.hash);
    EXPECT_DOUBLE_EQ(scores.removed_units, masks.unit_share);
    const auto embedded = embed_records(model, store_, records_, {}, removal_by(masks, 25));
    const auto expected = at::matmul(embedded.features, classes_.t());
    const auto got = at::tensor(scores.scores).view({80, 12});
    EXPECT_LE((got - expected).abs().max().item<float>(), 1e-6) << mask;
    EXPECT_DOUBLE_EQ(scores.removed_tokens, embedded.removed_share());
  }
}

TEST_F(SweepOfASyntheticModel, NoRecordIsEncodedTwiceUnderTheSameTokens) {
  auto model = make_model();
  auto sweep = make_sweep(model);
  const std::vector<SweepCell> cells = {SweepCell{}, cell("clinical:single-ii"), cell("clinical:all-12"),
                                        cell("clinical:la-off"), cell("joint:0.5")};
  const auto planned = sweep.tokens_to_encode(cells);
  for (const auto& each : cells) (void)sweep.compute(each);
  EXPECT_EQ(sweep.records_encoded(), 3 * 80) << "all twelve leads are the clean record, LA off leaves lead II";
  EXPECT_EQ(sweep.tokens_encoded(), planned);
  EXPECT_EQ(sweep.tokens_to_encode(cells), 0);
  const auto before = sweep.records_encoded();
  EXPECT_EQ(sweep.compute(cell("clinical:all-12")).scores, sweep.compute(SweepCell{}).scores);
  EXPECT_EQ(sweep.records_encoded(), before);
}

TEST_F(SweepOfASyntheticModel, AStoredCellServesLaterOnesAndChangesNothing) {
  const test::TemporaryFolder folder;
  auto model = make_model();
  auto first = make_sweep(model);
  const auto joint = cell("joint:0.25", 1);
  const auto path = cell_path(folder.path(), joint);
  EXPECT_FALSE(load_cell(path, joint, origin()));
  const auto& computed = first.compute(joint);
  save_cell(path, joint, computed, origin());
  auto second = make_sweep(model);
  const auto& adopted = second.adopt(*load_cell(path, joint, origin()));
  EXPECT_EQ(adopted.scores, computed.scores);
  EXPECT_EQ(adopted.masks, computed.masks);
  EXPECT_EQ(adopted.mask_sha256, computed.mask_sha256);
  EXPECT_DOUBLE_EQ(adopted.removed_units, computed.removed_units);
  EXPECT_EQ(second.compute(joint).scores, computed.scores);
  EXPECT_EQ(second.records_encoded(), 0);
}

TEST_F(SweepOfASyntheticModel, CellsOfAnotherSweepAndDamagedOnesAreRefused) {
  const test::TemporaryFolder folder;
  auto model = make_model();
  auto sweep = make_sweep(model);
  const auto joint = cell("joint:0.25");
  const auto path = cell_path(folder.path(), joint);
  save_cell(path, joint, sweep.compute(joint), origin());
  auto other = origin();
  other.sweep = "another";
  EXPECT_EQ(test::thrown_code([&] { (void)load_cell(path, joint, other); }), Code::store_mismatch);
  EXPECT_TRUE(load_cell_masks(path, joint, other)) << "masks serve any model";
  other = origin();
  other.records_sha256 = "others";
  EXPECT_EQ(test::thrown_code([&] { (void)load_cell_masks(path, joint, other); }), Code::store_mismatch);
  EXPECT_EQ(test::thrown_code([&] { (void)load_cell(path, cell("joint:0.5"), origin()); }), Code::store_mismatch);
  auto bytes = test::file_bytes(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // U8 tensors come last: a mask
  test::put_file(path, bytes);
  EXPECT_EQ(test::thrown_code([&] { (void)load_cell(path, joint, origin()); }), Code::data_unreadable);
}

TEST_F(SweepOfASyntheticModel, MasksOfAnotherSweepAreUsedAsTheyAre) {
  auto model = make_model();
  auto sweep = make_sweep(model);
  const auto& mine = sweep.compute(cell("joint:0.5", 0));
  const auto& given = sweep.compute(cell("joint:0.5", 1), [&](const SweepCell&) { return mine.masks; });
  EXPECT_EQ(given.mask_sha256, mine.mask_sha256);
  EXPECT_EQ(given.scores, mine.scores);
}

/// 200 records of 100 patients and two classes; `noise` by cell blurs the scores.
struct Toy {
  std::vector<std::string> classes = {"a", "b"}, patients;
  std::vector<std::uint8_t> labels;

  Toy() {
    for (int i = 0; i < 200; ++i) {
      patients.push_back(cat("p", i / 2));
      labels.push_back(i % 3 == 0 ? 1 : 0);
      labels.push_back(i % 5 == 0 ? 1 : 0);
    }
  }
  SweptCell cell(const std::string& mask, std::uint64_t seed, double noise) const {
    SweptCell out;
    out.spec = data::parse_mask(mask);
    out.seed = seed;
    out.scores.condition = mask == "joint:0" ? "clean" : mask;
    CounterRandom random(seed + 1, mask);
    for (int i = 0; i < 200; ++i) {
      out.scores.rows.push_back(i);
      for (int c = 0; c < 2; ++c)
        out.scores.scores.push_back(labels[static_cast<std::size_t>(2 * i + c)] + noise * random.normal());
    }
    return out;
  }
  SweepFigures study(const std::vector<SweptCell>& cells) const {
    BootstrapOptions options;
    options.resamples = 100;
    return study_sweep(cells, classes, labels, patients, options);
  }
  /// Of one class, by scores.h.
  double auroc_of(const SweptCell& cell, std::size_t column) const {
    std::vector<double> scores;
    std::vector<std::uint8_t> of_class;
    for (std::size_t i = 0; i < 200; ++i) {
      scores.push_back(cell.scores.scores[2 * i + column]);
      of_class.push_back(labels[2 * i + column]);
    }
    return *auroc(scores, of_class);
  }
};

TEST(SweepFigures, AreTheMeansThatTheyAreSaidToBe) {
  const Toy toy;
  const std::vector<SweptCell> cells = {toy.cell("joint:0", 0, .5), toy.cell("joint:0.25", 0, 1),
                                        toy.cell("joint:0.25", 1, 1), toy.cell("joint:0.75", 0, 2),
                                        toy.cell("joint:0.75", 1, 2)};
  const auto figures = toy.study(cells);
  ASSERT_EQ(figures.rules.size(), 3u);
  const auto macro = [&](std::size_t i) { return (toy.auroc_of(cells[i], 0) + toy.auroc_of(cells[i], 1)) / 2; };
  const auto kept = [&](std::size_t i, std::size_t c) {
    return (toy.auroc_of(cells[i], c) - .5) / (toy.auroc_of(cells[0], c) - .5);
  };
  EXPECT_NEAR(*figures.rules[1].macro_auroc.value, (macro(1) + macro(2)) / 2, 1e-12);
  EXPECT_NEAR(*figures.rules[1].retention.value, (kept(1, 0) + kept(1, 1) + kept(2, 0) + kept(2, 1)) / 4, 1e-12);
  EXPECT_NEAR(*figures.rules[0].retention.value, 1, 1e-12);
  const double low = (macro(1) + macro(2)) / 2, high = (macro(3) + macro(4)) / 2;
  ASSERT_EQ(figures.curves.size(), 1u);
  EXPECT_NEAR(*figures.curves[0].aurc.value, (.25 * (macro(0) + low) / 2 + .5 * (low + high) / 2) / .75, 1e-12);
  for (const auto& rule : figures.rules) {
    EXPECT_LE(rule.macro_auroc.ci95->low, *rule.macro_auroc.value);
    EXPECT_GE(rule.macro_auroc.ci95->high, *rule.macro_auroc.value);
  }
}

TEST(SweepFigures, NameTheWorstLeadsAndSets) {
  const Toy toy;
  const auto figures =
      toy.study({toy.cell("joint:0", 0, .3), toy.cell("without:V1", 0, .5), toy.cell("without:V2", 0, 3),
                 toy.cell("without:I+II", 0, 4), toy.cell("without:I+V2", 0, .4), toy.cell("clinical:i-ii", 0, .5),
                 toy.cell("clinical:single-i", 0, 9)});
  EXPECT_EQ(figures.rules[*figures.worst_lead].rule, "without:V2");
  EXPECT_EQ(figures.rules[*figures.worst_pair].rule, "without:I+II");
  EXPECT_EQ(figures.rules[*figures.worst_set].rule, "clinical:single-i");
  EXPECT_TRUE(figures.curves.empty());
}

// n in = n scored + n listed: what a class lacks under one mask, it is not scored for under any.
TEST(SweepFigures, AClassThatACellLacksLeavesEveryMean) {
  const Toy toy;
  auto few = toy.cell("joint:0.9", 0, .5);
  few.scores.rows = {1, 2, 3};  // no positive of b
  few.scores.scores.resize(6);
  const auto clean = toy.cell("joint:0", 0, .5);
  const auto figures = toy.study({clean, few});
  EXPECT_EQ(figures.undefined, std::vector<std::string>{"b"});
  EXPECT_NEAR(*figures.rules[0].macro_auroc.value, toy.auroc_of(clean, 0), 1e-12);
}

TEST(SweepFigures, AClassWithoutSkillHasNothingToRetainAndIsListed) {
  const Toy toy;
  auto clean = toy.cell("joint:0", 0, .5);
  auto masked = toy.cell("joint:0.5", 0, .5);
  for (std::size_t i = 0; i < 200; ++i) clean.scores.scores[2 * i + 1] = 0;
  const auto figures = toy.study({clean, masked});
  EXPECT_EQ(figures.not_retained, std::vector<std::string>{"b"});
  EXPECT_NEAR(*figures.rules[1].retention.value, (toy.auroc_of(masked, 0) - .5) / (toy.auroc_of(clean, 0) - .5), 1e-12);
}

}  // namespace
}  // namespace scar::evaluation
