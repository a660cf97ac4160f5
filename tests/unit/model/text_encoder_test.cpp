#include "scar/tensor/autocast.h"
#include "small_model.h"

namespace scar::model {
namespace {

at::Tensor random_ids(std::int64_t batch, std::int64_t length, std::uint64_t seed) {
  return (Random(seed).uniform({batch, length}) * 40).to(at::kLong);
}

TEST(TextEncoder, PaddingDoesNotMatter) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const auto ids = random_ids(3, 12, 1);
  const auto lengths = at::tensor({5, 12, 1}, at::kLong);
  const auto padded = model->text->forward(ids, lengths);
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto length = lengths[b].item<std::int64_t>();
    const auto alone = model->text->forward(ids.narrow(0, b, 1).narrow(1, 0, length), lengths.narrow(0, b, 1));
    EXPECT_LT(largest_difference(alone, padded.narrow(0, b, 1)), 1e-6);
  }
  auto other = ids.clone();
  other.narrow(0, 0, 1).narrow(1, 5, 7).fill_(-1);  // beyond the length: not even a valid id
  EXPECT_LT(largest_difference(model->text->forward(other, lengths), padded), 1e-6);
}

TEST(TextEncoder, BatchMatesDoNotMatter) {
  const at::NoGradGuard no_grad;
  const auto model = small_model();
  const auto ids = random_ids(64, 12, 2);
  const auto lengths = (Random(3).uniform({64}) * 12).to(at::kLong) + 1;
  const auto all = model->text->forward(ids, lengths.clamp_max(12));
  const auto order = at::randperm(64, tensor::make_cpu_generator(4)).narrow(0, 0, 7);
  const auto some = model->text->forward(ids.index_select(0, order), lengths.clamp_max(12).index_select(0, order));
  EXPECT_LT(largest_difference(some, all.index_select(0, order)), 1e-6);
}

TEST(TextEncoder, DropoutActsInTrainingAlone) {
  auto options = small_options();
  options.text.dropout = 0.5;
  const auto model = small_model(options);
  const auto ids = random_ids(4, 8, 5);
  const auto lengths = at::full({4}, 8, at::kLong);
  model->eval();
  const auto calm = model->text->forward(ids, lengths);
  EXPECT_TRUE(model->text->forward(ids, lengths).equal(calm));
  model->train();
  tensor::seed_generators(1, at::kCPU);
  const auto first = model->text->forward(ids, lengths);
  EXPECT_GT(largest_difference(first, calm), 1e-3);
  tensor::seed_generators(1, at::kCPU);
  EXPECT_TRUE(model->text->forward(ids, lengths).equal(first));
}

TEST(TextEncoder, Bf16IsFinite) {
  const auto model = small_model();
  const auto ids = random_ids(4, 8, 6);
  const auto lengths = at::tensor({8, 3, 1, 6}, at::kLong);
  const auto exact = model->text->forward(ids, lengths);
  const tensor::Autocast autocast(at::kCPU, tensor::Precision::bf16);
  const auto rough = model->text->forward(ids, lengths);
  EXPECT_EQ(rough.scalar_type(), at::kFloat);
  EXPECT_LT(largest_difference(rough, exact), 0.05);
  rough.sum().backward();
  for (const auto& item : model->text->named_parameters()) {
    EXPECT_TRUE(item.value().grad().defined() && item.value().grad().isfinite().all().item<bool>()) << item.key();
  }
}

}  // namespace
}  // namespace scar::model
