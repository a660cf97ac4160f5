#include <cmath>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "scar/core/error.h"
#include "scar/model/weights.h"
#include "small_model.h"

namespace scar::model {
namespace {

class Weights : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("scar_weights_" + std::to_string(getpid()));
};

TEST_F(Weights, RoundTripIsExact) {
  DualEncoder first(small_options(), 1), second(small_options(), 2);
  save_weights(first, folder / "w.safetensors", {{"step", "12"}});
  const auto metadata = load_weights(second, folder / "w.safetensors");
  EXPECT_EQ(metadata.at("step"), "12");
  for (const auto& [name, value] : named_tensors(first))
    EXPECT_TRUE(value.equal(named_tensors(second).at(name))) << name;
  for (const auto& parameter : second.parameters()) EXPECT_TRUE(parameter.requires_grad());
}

TEST_F(Weights, EveryDifferenceIsListedAndNothingChanges) {
  auto model = std::make_shared<DualEncoder>(small_options(), 1);
  auto values = named_tensors(DualEncoder(small_options(), 2));
  values.erase("ecg.lead");
  values["ecg.extra"] = at::zeros({2});
  values["text.projection"] = at::zeros({3, 3});
  const auto before = model->ecg->named_parameters()["time"].clone();
  try {
    load_weights(*model, values, "some file");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::weights_mismatch);
    ASSERT_EQ(error.problems().size(), 3u);
    const std::string text = error.what();
    for (const char* name : {"ecg.lead", "ecg.extra", "text.projection", "some file"}) {
      EXPECT_NE(text.find(name), std::string::npos) << name;
    }
  }
  EXPECT_TRUE(model->ecg->named_parameters()["time"].equal(before));
}

TEST_F(Weights, AModelWithoutMaskerRefusesOneWithMasker) {
  auto options = small_options();
  options.masker.enabled = false;
  DualEncoder without(options, 1);
  EXPECT_EQ(without.masker, nullptr);
  EXPECT_THROW(load_weights(without, named_tensors(DualEncoder(small_options(), 1)), "file"), Error);
}

TEST(Initialisation, FollowsFromSeedAndNameAlone) {
  DualEncoder first(small_options(), 5), again(small_options(), 5), other(small_options(), 6);
  auto options = small_options();
  options.masker.enabled = false;
  options.text.blocks = 1;
  DualEncoder smaller(options, 5);
  const auto values = named_tensors(first);
  for (const auto& [name, value] : named_tensors(again)) EXPECT_TRUE(value.equal(values.at(name))) << name;
  for (const auto& [name, value] : named_tensors(smaller)) {
    if (!name.starts_with("ecg.")) continue;
    EXPECT_TRUE(value.equal(values.at(name))) << name;
  }
  EXPECT_FALSE(named_tensors(other).at("ecg.lead").equal(values.at("ecg.lead")));
}

TEST(Initialisation, HasTheDocumentedDeviations) {
  ModelOptions options;
  options.text.vocabulary_size = 1000;
  const auto values = named_tensors(DualEncoder(options, 0));
  // A normal distribution cut at two deviations has .8796 of its deviation; these have thousands of entries.
  EXPECT_NEAR(values.at("ecg.transformer.blocks.0.attention.qkv.weight").std().item<double>(), 0.8796 / 16, 1e-3);
  EXPECT_NEAR(values.at("ecg.transformer.blocks.0.mlp.out.weight").std().item<double>(), 0.8796 / 32 / std::sqrt(8.0),
              2e-4);
  EXPECT_NEAR(values.at("masker.transformer.blocks.0.mlp.in.weight").std().item<double>(),
              0.8796 / std::sqrt(static_cast<double>(options.masker.width)), 3e-3);
  EXPECT_NEAR(values.at("text.token").std().item<double>(), 0.8796 / 16, 1e-3);
  EXPECT_LE(values.at("text.token").abs().max().item<double>(), 2.0 / 16 + 1e-6);
  EXPECT_NEAR(values.at("text.position").std().item<double>(), 0.02 * 0.8796, 1e-3);
  EXPECT_LE(values.at("ecg.selector.score.weight").abs().max().item<double>(), 0.04 + 1e-6);
  EXPECT_NEAR(values.at("ecg.lead").std().item<double>(), 0.2 * 0.8796, 1e-2);
  EXPECT_NEAR(values.at("ecg.projection").std().item<double>(), 0.8796 / 16, 1e-3);
  EXPECT_NEAR(values.at("logit_scale").item<double>(), std::log(1 / 0.07), 1e-6);
  EXPECT_EQ(values.at("ecg.transformer.norm.weight").min().item<double>(), 1);
  EXPECT_EQ(values.at("ecg.stem.conv1.bias").abs().max().item<double>(), 0);
}

TEST(DualEncoderTest, LogitScaleIsClamped) {
  DualEncoder model(small_options(), 1);
  {
    const at::NoGradGuard no_grad;
    model.logit_scale.fill_(9);
  }
  model.clamp_logit_scale();
  EXPECT_NEAR(model.logit_scale.item<double>(), std::log(100.0), 1e-6);
  EXPECT_TRUE(model.logit_scale.requires_grad());
}

TEST(DualEncoderTest, ParametersAreCounted) {
  DualEncoder model(small_options(), 1);
  const auto all = count_parameters(model);
  EXPECT_EQ(all.total, all.trainable);
  model.logit_scale.requires_grad_(false);
  EXPECT_EQ(count_parameters(model).trainable, all.total - 1);
}

}  // namespace
}  // namespace scar::model
