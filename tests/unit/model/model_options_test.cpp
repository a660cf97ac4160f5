#include "scar/model/model_options.h"

#include <gtest/gtest.h>

namespace scar::model {
namespace {

TEST(ModelOptionsTest, DefaultsAreValid) {
  Problems problems;
  validate(ModelOptions{}, problems);
  EXPECT_TRUE(problems.empty());
}

TEST(ModelOptionsTest, EveryMisfitIsReportedAtOnce) {
  ModelOptions options;
  options.width = 100;
  options.ecg.heads = 3;
  options.text.heads = 7;
  options.masker.heads = 5;
  options.selector.kind = "attention";
  options.selector.heads = 6;
  Problems problems;
  validate(options, problems);
  ASSERT_EQ(problems.list().size(), 4u);
  EXPECT_NE(problems.list()[0].what.find("model.ecg.heads"), std::string::npos);
  options.masker.enabled = false;
  options.selector.kind = "mean";
  Problems fewer;
  validate(options, fewer);
  EXPECT_EQ(fewer.list().size(), 2u);
}

TEST(ModelOptionsTest, TheTextWidthIsThatOfTheModelUnlessSet) {
  ModelOptions options;
  EXPECT_EQ(resolve(options).text.width, options.width);
  options.text.width = 128;
  EXPECT_EQ(resolve(options).text.width, 128);
}

TEST(ModelOptionsTest, FieldsHaveTheirKeys) {
  ModelOptions options;
  FieldTable table(options);
  for (const char* key :
       {"width", "embedding", "ecg.stem", "ecg.patch_samples", "text.max_tokens", "masker.text", "selector.kind"}) {
    EXPECT_NE(table.find(key), nullptr) << key;
  }
  EXPECT_EQ(table.find("text.vocabulary_size"), nullptr);  // the tokenizer decides it
  Problems problems;
  table.set_flag("ecg.stem", "wavelet", problems);
  EXPECT_FALSE(problems.empty());
}

}  // namespace
}  // namespace scar::model
