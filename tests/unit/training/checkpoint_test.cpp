#include "scar/training/checkpoint.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/training/metric_log.h"
#include "small_run.h"

namespace scar::training {
namespace {

namespace fs = std::filesystem;
const c10::Device kCpu(c10::kCPU);

struct SavedRun {
  SavedRun()
      : options(small_options()),
        plan(make_plan(options, {128})),
        model(SmallWorld::get().model(options)),
        game(options, plan, *model, kCpu, tensor::Precision::fp32),
        step(options, plan, *model, game, kCpu, tensor::Precision::fp32) {}
  void save(const fs::path& folder, std::int64_t at, std::int64_t best = -1, std::int64_t keep = 2) {
    TrainState state;
    state.step = at;
    state.best_step = best;
    state.health.gains = {0.1 + 0.2, -1.0 / 3.0};
    state.loader = {.epoch = 3, .position = 32};
    save_checkpoint(folder, state, *model, step.optimizer(), game.optimizer(), kCpu, keep);
  }
  TrainOptions options;
  Plan plan;
  std::unique_ptr<model::DualEncoder> model;
  Game game;
  TrainStep step;
};

TEST(Checkpoint, NamesAreStrict) {
  EXPECT_EQ(checkpoint_name(1200), "step-00001200");
  EXPECT_EQ(checkpoint_step("a/step-00001200"), 1200);
  EXPECT_EQ(checkpoint_step("step-123456789"), 123456789);
  for (const char* name : {"step-1200", "step-000012000x", ".writing-step-00001200-1", "step-", "last", "step-0000120 ",
                           "step--0000120"}) {
    EXPECT_EQ(checkpoint_step(name), -1) << name;
  }
}

TEST(Checkpoint, ComesBackWithEveryTensorAndNumber) {
  test::TemporaryFolder folder;
  SavedRun a, b;
  const auto pairs = SmallWorld::get().batch(a.options);
  for (int i = 12; i < 16; ++i) {
    a.step.step(i, pairs);
    a.game.step(i, pairs);
  }
  a.save(folder.path(), 16);
  const auto state =
      load_checkpoint(folder.path() / checkpoint_name(16), *b.model, b.step.optimizer(), b.game.optimizer(), kCpu);
  EXPECT_EQ(state.step, 16);
  EXPECT_EQ(state.health.gains, (std::vector<double>{0.1 + 0.2, -1.0 / 3.0})) << "doubles come back exactly";
  EXPECT_EQ(state.loader.position, 32);
  for (const auto& item : a.model->named_parameters())
    EXPECT_TRUE(at::equal(item.value(), b.model->named_parameters()[item.key()])) << item.key();
  EXPECT_EQ(a.step.step(16, pairs).loss, b.step.step(16, pairs).loss);
  EXPECT_EQ(a.step.step(17, pairs).loss, b.step.step(17, pairs).loss) << "moments too";
}

TEST(Checkpoint, TheLatestThatVerifiesIsChosenAndOthersAreNamed) {
  test::TemporaryFolder folder;
  SavedRun run;
  for (const int step : {10, 20, 30}) run.save(folder.path(), step, -1, 5);
  std::vector<std::string> passed_over;
  EXPECT_EQ(checkpoint_step(latest_checkpoint(folder.path(), passed_over)), 30);
  fs::resize_file(folder.path() / "step-00000030" / "optim.safetensors", 100);  // a copy that broke off
  {
    std::fstream file(folder.path() / "step-00000020" / "model.safetensors",
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2000);
    file.put('\x55');  // a flipped bit
  }
  fs::create_directory(folder.path() / ".writing-step-00000040-1");
  EXPECT_EQ(checkpoint_step(latest_checkpoint(folder.path(), passed_over)), 10);
  EXPECT_EQ(passed_over.size(), 2u);
  remove_orphans(folder.path());
  EXPECT_FALSE(fs::exists(folder.path() / ".writing-step-00000040-1"));
}

TEST(Checkpoint, RetentionKeepsTheLatestAndTheBest) {
  test::TemporaryFolder folder;
  SavedRun run;
  for (const int step : {10, 20, 30, 40}) run.save(folder.path(), step, 10, 2);
  std::set<std::int64_t> left;
  for (const auto& entry : fs::directory_iterator(folder.path())) left.insert(checkpoint_step(entry.path()));
  EXPECT_EQ(left, (std::set<std::int64_t>{10, 30, 40}));
}

TEST(Checkpoint, DamagedStatesAreTypedErrors) {
  test::TemporaryFolder folder;
  SavedRun run;
  run.save(folder.path(), 10);
  const auto path = folder.path() / "step-00000010";
  const auto text = read_file(path / "state.json");
  const auto code_with = [&](const std::string& state) {
    // A consistent manifest around a wrong state: what a newer version, or a slip of an editor, would leave.
    test::TemporaryFolder other;
    {
      DirectoryTransaction transaction(other.path() / "step-00000010");
      for (const char* name : {"model.safetensors", "optim.safetensors"})
        fs::copy_file(path / name, transaction.staging() / name);
      std::ofstream(transaction.staging() / "state.json") << state;
      transaction.commit();
    }
    try {
      (void)load_checkpoint(other.path() / "step-00000010", *run.model, run.step.optimizer(), run.game.optimizer(),
                            kCpu);
    } catch (const Error& error) {
      return error.code();
    }
    return Code{};
  };
  auto json = Json::parse(text);
  EXPECT_EQ(code_with(text), Code{});
  json["version"] = 99;
  EXPECT_EQ(code_with(json.dump()), Code::checkpoint_version);
  json = Json::parse(text);
  json["loader"]["epoch"] = -1;
  EXPECT_EQ(code_with(json.dump()), Code::checkpoint_corrupt);
  json.erase("loader");
  EXPECT_EQ(code_with(json.dump()), Code::checkpoint_corrupt);
  EXPECT_EQ(code_with("{"), Code::checkpoint_corrupt);
}

TEST(MetricLog, DropsWhatCameAfterTheCheckpoint) {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  std::uint64_t bytes = 0;
  {
    MetricLog log(path, 0);
    log.write("step", 1, Json{{"loss", 1.5}});
    bytes = log.bytes();
    log.write("step", 2, Json{{"loss", std::nan("")}});
  }
  EXPECT_NE(read_file(path).find("\"loss\":null"), std::string::npos);
  MetricLog again(path, bytes);
  const auto text = read_file(path);
  EXPECT_EQ(text.size(), bytes);
  EXPECT_EQ(text.find("\"step\":2"), std::string::npos);
  EXPECT_THROW(MetricLog(path, bytes + 1), Error);
}

}  // namespace
}  // namespace scar::training
