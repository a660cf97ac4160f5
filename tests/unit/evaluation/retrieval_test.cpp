#include "scar/evaluation/retrieval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "scar/core/cat.h"
#include "scar/core/random.h"

namespace scar::evaluation {
namespace {

at::Tensor random_units(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  CounterRandom random(seed, "retrieval");
  std::vector<float> values;
  for (std::int64_t i = 0; i < rows * columns; ++i) values.push_back(static_cast<float>(random.normal()));
  const auto out = at::tensor(values).view({rows, columns});
  return out / out.norm(2, -1, true);
}

/// Rank of the first hit by sorting, where nothing is tied.
double sorted_rank(const at::Tensor& query, std::int64_t own, const Gallery& gallery) {
  std::vector<std::pair<double, bool>> items;
  for (std::int64_t j = 0; j < gallery.embeddings.size(0); ++j) {
    const auto score = at::dot(query, gallery.embeddings[j]).item<double>();
    const auto at = static_cast<std::size_t>(j);
    items.insert(items.end(), static_cast<std::size_t>(gallery.count[at]), {-score, gallery.identity[at] == own});
  }
  std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return 1 + static_cast<double>(std::find_if(items.begin(), items.end(), [](const auto& i) { return i.second; }) -
                                 items.begin());
}

TEST(FirstHits, ExpectationsAreThoseOfAllOrders) {
  for (const auto& [above, misses, hits] : {std::array{0, 3, 2}, {2, 4, 1}, {4, 3, 3}, {9, 2, 1}, {0, 0, 2}}) {
    std::vector<int> order(static_cast<std::size_t>(misses), 0);
    order.insert(order.end(), static_cast<std::size_t>(hits), 1);
    FirstHit mean;
    double orders = 0;
    do {
      const auto rank = static_cast<double>(above + 1 + (std::find(order.begin(), order.end(), 1) - order.begin()));
      mean.rank += rank;
      mean.reciprocal += 1 / rank;
      for (std::size_t k = 0; k < kRecallAt.size(); ++k) mean.found[k] += rank <= kRecallAt[k] ? 1 : 0;
      ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    const auto expected = expected_first_hit(above, misses, hits);
    EXPECT_NEAR(expected.rank, mean.rank / orders, 1e-12);
    EXPECT_NEAR(expected.reciprocal, mean.reciprocal / orders, 1e-12);
    for (std::size_t k = 0; k < kRecallAt.size(); ++k) EXPECT_NEAR(expected.found[k], mean.found[k] / orders, 1e-12);
  }
}

TEST(FirstHits, AreThoseOfASortedListAndDuplicatesAreHits) {
  Gallery gallery{random_units(40, 6, 1), {}, {}};
  for (std::int64_t j = 0; j < 40; ++j) {
    gallery.identity.push_back(j % 13);
    gallery.count.push_back(j % 3);
  }
  const auto queries = random_units(13, 6, 2);
  std::vector<std::int64_t> own(13);
  std::iota(own.begin(), own.end(), 0);
  const auto hits = first_hits(queries, own, gallery);
  for (std::int64_t i = 0; i < 13; ++i)
    EXPECT_EQ(hits[static_cast<std::size_t>(i)].rank, sorted_rank(queries[i], i, gallery)) << i;
}

/// n records of which some share a text; texts in two forms that say the same.
struct Corpus {
  std::vector<std::string> reports, patients;
  DistinctTexts texts;
  explicit Corpus(int n) {
    for (int i = 0; i < n; ++i) {
      reports.push_back(i % 4 == 0 ? (i % 8 == 0 ? "normal ecg" : "normal ecg.") : cat("finding ", i / 2));
      patients.push_back(cat(i / 3));
    }
    texts = distinct_texts(reports);
  }
  [[nodiscard]] Retrieval study(const at::Tensor& ecg, const at::Tensor& text) const {
    BootstrapOptions options;
    options.resamples = 100;
    return study_retrieval(ecg, text, texts, texts.of, patients, options);
  }
};

TEST(RetrievalStudy, EqualEmbeddingsFindEachOther) {
  const Corpus corpus(60);
  const auto text = random_units(static_cast<std::int64_t>(corpus.texts.strings.size()), 16, 3);
  const auto ecg = text.index_select(0, at::tensor(corpus.texts.of));
  const auto result = corpus.study(ecg, text);
  EXPECT_EQ(result.records, 60);
  EXPECT_EQ(result.distinct_texts, static_cast<std::int64_t>(corpus.texts.strings.size()) - 1);
  for (const auto* figures : {&result.to_report, &result.to_text, &result.to_ecg}) {
    EXPECT_EQ(*figures->recall[0].value, 1);
    EXPECT_EQ(*figures->reciprocal.value, 1);
    EXPECT_LT(figures->chance.found[0], .3);
  }
}

TEST(RetrievalStudy, AConstantEmbedderHasTheFiguresOfChance) {
  const Corpus corpus(50);
  const auto one = random_units(1, 16, 4);
  const auto result =
      corpus.study(one.expand({50, 16}).contiguous(),
                   one.expand({static_cast<std::int64_t>(corpus.texts.strings.size()), 16}).contiguous());
  for (const auto* figures : {&result.to_report, &result.to_text, &result.to_ecg}) {
    for (std::size_t k = 0; k < kRecallAt.size(); ++k)
      EXPECT_NEAR(*figures->recall[k].value, figures->chance.found[k], 1e-12);
    EXPECT_NEAR(*figures->reciprocal.value, figures->chance.reciprocal, 1e-12);
    EXPECT_NEAR(figures->median_rank, figures->chance.rank, 1e-12);
  }
}

TEST(RetrievalStudy, ChanceIsTheShareOfHitsAndNoiseIsNear) {
  const Corpus corpus(400);
  const auto strings = static_cast<std::int64_t>(corpus.texts.strings.size());
  const auto result = corpus.study(random_units(400, 16, 5), random_units(strings, 16, 6));
  // A query with h hits among n finds one at once with probability h / n: 100 records of 100, 300 with one or two.
  double expected = 0;
  for (int i = 0; i < 400; ++i) {
    const auto same = std::count_if(corpus.texts.of.begin(), corpus.texts.of.end(), [&](std::int64_t text) {
      return corpus.texts.identity[static_cast<std::size_t>(text)] ==
             corpus.texts.identity[static_cast<std::size_t>(corpus.texts.of[static_cast<std::size_t>(i)])];
    });
    expected += static_cast<double>(same) / 400 / 400;
  }
  EXPECT_NEAR(result.to_ecg.chance.found[0], expected, 1e-12);
  EXPECT_NEAR(result.to_report.chance.found[0], expected, 1e-12);
  // Equal reports stand together, so noise has another law in the other directions.
  EXPECT_NEAR(*result.to_text.recall[2].value, result.to_text.chance.found[2], .05);
}

TEST(RetrievalStudy, DoesNotDependOnTheOrderOfRecords) {
  Corpus corpus(48);
  const auto ecg = random_units(48, 8, 7);
  const auto text = random_units(static_cast<std::int64_t>(corpus.texts.strings.size()), 8, 8);
  const auto result = corpus.study(ecg, text);
  std::vector<std::int64_t> order(48);
  std::iota(order.begin(), order.end(), 0);
  std::reverse(order.begin(), order.end());
  auto reversed = corpus;
  for (auto* list : {&reversed.texts.of}) std::reverse(list->begin(), list->end());
  std::reverse(reversed.patients.begin(), reversed.patients.end());
  const auto again = reversed.study(ecg.index_select(0, at::tensor(order)), text);
  EXPECT_NEAR(*again.to_report.reciprocal.value, *result.to_report.reciprocal.value, 1e-12);
  EXPECT_NEAR(*again.to_ecg.reciprocal.value, *result.to_ecg.reciprocal.value, 1e-12);
  EXPECT_EQ(again.to_ecg.median_rank, result.to_ecg.median_rank);
}

}  // namespace
}  // namespace scar::evaluation
