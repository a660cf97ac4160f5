// Values of an independent PyTorch implementation: tests/reference/export_model.py writes them.
#include <string>

#include "scar/model/removal.h"
#include "scar/model/weights.h"
#include "scar/tensor/safetensors.h"
#include "small_model.h"

namespace scar::model {
namespace {

// Both sides compute in double from weights that float holds exactly. What is left is the order of additions, and
// LibTorch's polynomial erf and exp.
constexpr double kValue = 1e-9, kGradient = 1e-6;  // gradients are stored as float, up to about 10

tensor::NamedTensors load(const std::string& name) {
  return tensor::load_safetensors(std::string(SCAR_FIXTURES) + "/" + name + ".safetensors").tensors;
}

tensor::NamedTensors with_prefix(const tensor::NamedTensors& all, const std::string& prefix) {
  tensor::NamedTensors out;
  for (const auto& [name, value] : all) {
    if (name.starts_with(prefix)) out[name.substr(prefix.size())] = value;
  }
  return out;
}

struct Variant {
  const char* file;
  const char* stem;
  const char* selector;
  std::int64_t patch, hidden;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.file; }

class Reference : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    values = load(GetParam().file);
    ModelOptions options;
    options.width = 16;
    options.embedding = 8;
    options.ecg = {GetParam().stem, GetParam().patch, 5, 4, 2, 2, 2.0, 0.0};
    options.text = {12, 2, 2, 2.0, 0.0, 10, 30};
    options.masker = {true, 8, 1, 2, true};
    options.selector = {GetParam().selector, GetParam().hidden, 2};
    model = std::make_shared<DualEncoder>(options, 0);
    load_weights(*model, with_prefix(values, "weights."), GetParam().file);
    model->to(at::kDouble);
    tokens = model->ecg->embed({values.at("signal").to(at::kDouble), values.at("visible"), {}});
    text = model->text->forward(values.at("ids"), values.at("lengths"));
  }
  tensor::NamedTensors values;
  std::shared_ptr<DualEncoder> model;
  Tokens tokens;
  at::Tensor text;
};

TEST_P(Reference, StemAndTextAgree) {
  const auto seen = tokens.visible.unsqueeze(-1);
  EXPECT_LT(largest_difference(tokens.z * seen, values.at("z") * seen), kValue);
  EXPECT_LT(largest_difference(text, values.at("text")), kValue);
}

TEST_P(Reference, GatheredPassAgreesWithEachSampleAlone) {
  EXPECT_LT(largest_difference(model->ecg->encode(tokens).embedding, values.at("clean.embedding")), kValue);
  const auto masked = model->ecg->encode(tokens, values.at("keep"));
  EXPECT_LT(largest_difference(masked.embedding, values.at("masked.embedding")), kValue);
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto weights = values.at("masked.weights." + std::to_string(b));
    const auto count = weights.size(0);
    EXPECT_EQ(masked.valid[b].sum().item<std::int64_t>(), count);
    EXPECT_LT(largest_difference(masked.weights[b].narrow(0, 0, count), weights), kValue);
    EXPECT_LT(largest_difference(masked.hidden[b].narrow(0, 0, count), values.at("masked.hidden." + std::to_string(b))),
              kValue);
  }
}

TEST_P(Reference, DensePassAndItsGradientToTheKeepWeightsAgree) {
  auto keep = values.at("soft").clone().requires_grad_();
  const auto dense = model->ecg->encode_dense({tokens.z.detach(), tokens.visible}, keep);
  EXPECT_LT(largest_difference(dense.embedding, values.at("dense.embedding")), kValue);
  (dense.embedding * values.at("text")).sum().backward();
  // The reference has no clamp: where nothing is clamped both are the derivative.
  EXPECT_LT(largest_difference(keep.grad(), values.at("dense.gradient")), kValue);
}

TEST_P(Reference, MaskerLogitsAgree) {
  const auto read = model->ecg->read(tokens, model->ecg->encode(tokens));
  EXPECT_LT(largest_difference(model->masker->logits(read, text), values.at("masker")), kValue);
}

TEST_P(Reference, GradientsOfAllParametersAgree) {
  const auto clean = model->ecg->encode(tokens), masked = model->ecg->encode(tokens, values.at("keep"));
  const auto loss = model->logit_scale.exp() * ((clean.embedding + masked.embedding) * text).sum() +
                    (model->masker->logits(model->ecg->read(tokens, clean), text) * values.at("mix")).sum();
  EXPECT_NEAR(loss.item<double>(), values.at("loss").item<double>(), 1e-8);
  loss.backward();
  std::int64_t compared = 0;
  for (const auto& item : model->named_parameters()) {
    const auto found = values.find("gradient." + item.key());
    if (found == values.end()) {
      EXPECT_TRUE(!item.value().grad().defined() || item.value().grad().abs().max().item<double>() == 0) << item.key();
      continue;
    }
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_LT(largest_difference(item.value().grad(), found->second),
              kGradient * (1 + found->second.abs().max().item<double>()))
        << item.key();
    ++compared;
  }
  EXPECT_GT(compared, 60);
}

INSTANTIATE_TEST_SUITE_P(Models, Reference,
                         testing::Values(Variant{"model_conv_selector", "conv", "selector", 10, 0},
                                         Variant{"model_conv_attention", "conv", "attention", 9, 0},
                                         Variant{"model_linear_cls", "linear", "cls", 10, 0},
                                         Variant{"model_linear_mean", "linear", "mean", 10, 0},
                                         Variant{"model_conv_hidden", "conv", "selector", 13, 6}));

TEST(RemovalReference, SoftHardAndGradientAgree) {
  const auto values = load("removal");
  for (const auto structure : {Structure::free, Structure::lead, Structure::segment}) {
    for (const std::string share : {"0.1", "0.5", "0.75"}) {
      for (const std::string temperature : {"1.0", "0.3"}) {
        const auto name = std::string(structure_name(structure)) + "." + share + "." + temperature;
        auto logits = values.at("logits").clone().requires_grad_();
        const auto removal =
            remove(logits, values.at("visible"), std::stod(share), structure, std::stod(temperature), 2, {});
        EXPECT_TRUE(removal.hard.equal(values.at(name + ".hard"))) << name;
        // 50 halvings of an interval of some 20: lambda is known to the last digits.
        EXPECT_LT(largest_difference(removal.soft, values.at(name + ".soft")), 1e-10) << name;
        (removal.keep * values.at("mix")).sum().backward();
        EXPECT_LT(largest_difference(logits.grad(), values.at(name + ".gradient")), 1e-9) << name;
      }
    }
  }
}

}  // namespace
}  // namespace scar::model
