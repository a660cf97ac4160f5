// T25: whatever is asked of frozen features, the encoder stays as it is.
#include <gtest/gtest.h>

#include "scar/evaluation/classify.h"
#include "scar/evaluation/labelled_subset.h"
#include "scar/evaluation/neighbours.h"
#include "scar/evaluation/probe.h"
#include "scar/evaluation/zero_shot.h"
#include "scar/model/weights.h"
#include "scar/training/fine_tuning.h"
#include "synthetic_model.h"

namespace scar::evaluation {
namespace {

class Frozen : public SyntheticModel {
 protected:
  [[nodiscard]] std::vector<std::int64_t> every(std::int64_t step, std::int64_t first) const {
    std::vector<std::int64_t> out;
    for (auto record = first; record < store_.size(); record += step) out.push_back(record);
    return out;
  }
  [[nodiscard]] static tensor::NamedTensors copies(const torch::nn::Module& module) {
    tensor::NamedTensors out;
    for (const auto& [name, value] : model::named_tensors(module)) out[name] = value.detach().clone();
    return out;
  }
  static void expect_same(const torch::nn::Module& module, const tensor::NamedTensors& before) {
    for (const auto& [name, value] : model::named_tensors(module))
      EXPECT_TRUE(at::equal(value, before.at(name))) << name;
  }
};

TEST_F(Frozen, T25ProbesLeaveParametersAndBuffersAsTheyWere) {
  auto model = make_model();
  model.train();
  const auto before = copies(model);
  const auto& classes = store_.task("synth").classes;
  const auto part = [&](const std::vector<std::int64_t>& records) {
    return ProbePart{embed_records(model, store_, records, {}).features, labels_of(store_, "synth", records)};
  };
  const auto train = part(every(2, 0)), select = part(every(2, 1));
  (void)fit_probe(train, select, classes, {.grid = {.01, 1}, .solver = {}}).answer(select);
  (void)fit_neighbours(train, select, classes).answer(select);
  std::vector<std::string> ids, patients;
  for (const auto record : every(2, 0)) {
    ids.push_back(store_.id(record));
    patients.push_back(store_.patient(record));
  }
  const auto few = few_shot_rows(patients, ids, train.labels, classes, 2, 0);
  (void)fit_probe(rows_of(train, few, classes.size()), select, classes, {.grid = {1}, .solver = {}}).answer(select);
  expect_same(model, before);
  EXPECT_TRUE(model.is_training());
}

TEST_F(Frozen, FineTuningTrainsACopyAndIsTheSameTwice) {
  auto model = make_model();
  const auto before = copies(model);
  const auto records = every(2, 0), held_out = every(2, 1);
  const auto labels = labels_of(store_, "synth", records), truth = labels_of(store_, "synth", held_out);
  const auto targets = at::tensor(labels, at::TensorOptions().dtype(at::kByte)).view({-1, 12});
  training::FineTuneOptions options;
  options.batch = 16;
  options.epochs = 4;
  options.least_updates = 12;
  const auto judge = [&](model::EcgClassifier& classifier) {
    return *mean_defined(column_aurocs(classify_records(classifier, store_, held_out, {}).features, truth));
  };
  const auto run = [&] {
    return training::fine_tune(options_, model::named_tensors(*model.ecg), store_, records, targets, options, judge);
  };
  const auto first = run(), second = run();
  expect_same(model, before);
  EXPECT_EQ(first.plan.updates_per_epoch, 2);
  EXPECT_EQ(first.plan.updates, 12);
  EXPECT_EQ(first.updates, 12);
  EXPECT_EQ(first.judged.size(), 4u);
  EXPECT_EQ(first.judged, second.judged);
  const auto weights = copies(*first.classifier);
  expect_same(*second.classifier, weights);
  EXPECT_FALSE(at::equal(weights.at("ecg.stem.out.weight"), before.at("ecg.stem.out.weight"))) << "the encoder learns";
  EXPECT_EQ(judge(*first.classifier), first.judged[static_cast<std::size_t>(first.best)])
      << "the best weights are back";
}

}  // namespace
}  // namespace scar::evaluation
