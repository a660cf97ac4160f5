// One training step of configs/ptbxl100-cpu.yaml's model with random masks: clean pass, masked pass over half of the tokens, text
// tower, InfoNCE twice, backward, clipping, AdamW. bench/train_step_bench.py runs this program and the same model in Python.
//   train_step_bench STEPS THREADS PRECISION(fp32|bf16) -> median seconds per step
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "scar/training/run_directory.h"
#include "scar/training/train_step.h"

int main(int argc, char** argv) {
  using namespace scar;
  using namespace scar::training;
  const int steps = argc > 1 ? std::atoi(argv[1]) : 20;
  at::set_num_threads(argc > 2 ? std::atoi(argv[2]) : 2);
  const c10::Device cpu(c10::kCPU);
  const auto precision = tensor::resolve_precision(argc > 3 ? argv[3] : "auto", cpu);
  auto options = read_options("configs/ptbxl100-cpu.yaml");
  options.game.masking = "random";
  options.game.structures = {1, 0, 0};  // free tokens: the same number in every record
  options.game.share_low = options.game.share_high = 0.5;
  options.objective.selector_weight = options.objective.consistency_weight = 0;
  options.objective.targets = "identity";
  options.model.text.dropout = 0;
  options.model.masker.enabled = false;
  auto model_options = model::resolve(options.model);
  model_options.text.vocabulary_size = 1500;
  model::DualEncoder model(model_options, 1);
  Plan plan = make_plan(options, {options.train.batch * 100});
  Game game(options, plan, model, cpu, precision);
  TrainStep step(options, plan, model, game, cpu, precision);
  const auto batch = options.train.batch;
  PairBatch pairs;
  pairs.ecg.signal = at::randn({batch, 12, 1000});
  pairs.ecg.visible = at::ones({batch, 12, 1000 / options.model.ecg.patch_samples}, at::kBool);
  pairs.ids = at::randint(4, 1500, {batch, 24}, at::kLong);
  pairs.lengths = at::full({batch}, 24, at::kLong);
  pairs.records.resize(static_cast<std::size_t>(batch));
  std::vector<double> seconds;
  for (int i = 0; i < steps + 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    (void)step.step(i, pairs);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i >= 3) seconds.push_back(took.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + steps / 2, seconds.end());
  std::printf("%.6f\n", seconds[static_cast<std::size_t>(steps / 2)]);
}
