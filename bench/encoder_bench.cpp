// Times the parts of a training step of the model on the CPU: encoder_bench [width] [patches] [batch] [threads]
// [fp32|bf16]. Prints wall and processor milliseconds of each part, the best of five, and records per second.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "scar/model/dual_encoder.h"
#include "scar/model/removal.h"
#include "scar/tensor/autocast.h"
#include "scar/tensor/optimizer.h"

namespace {

using Clock = std::chrono::steady_clock;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Times {
  double wall = 1e9, processor = 1e9;
};

Times best_of(int rounds, const std::function<void()>& part) {
  Times best;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    const double processor = processor_seconds();
    part();
    best.processor = std::min(best.processor, processor_seconds() - processor);
    best.wall = std::min(best.wall, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::int64_t otherwise) { return argc > i ? std::atoll(argv[i]) : otherwise; };
  const auto width = number(1, 192), patches = number(2, 10), batch = number(3, 128);
  at::set_num_threads(static_cast<int>(number(4, 2)));
  const auto precision = scar::tensor::resolve_precision(argc > 5 ? argv[5] : "auto", at::kCPU);
  const std::int64_t samples = 1000 / patches;

  scar::model::ModelOptions options;
  options.width = width;
  options.ecg.patch_samples = samples;
  options.ecg.max_patches = patches;
  options.text.vocabulary_size = 4000;
  scar::model::DualEncoder model(options, 1);
  std::vector<scar::tensor::NamedParameter> parameters;
  for (auto& item : model.named_parameters()) parameters.push_back({item.key(), item.value()});
  scar::tensor::AdamW optimizer(parameters, {});

  const scar::model::EcgInput input{
      at::randn({batch, 12, samples * patches}), at::ones({batch, 12, patches}, at::kBool), {}};
  const auto ids = at::randint(4000, {batch, 32}, at::kLong);
  const auto lengths = at::randint(4, 33, {batch}, at::kLong);
  const auto keep = scar::model::remove(at::zeros({batch, 12 * patches}), input.visible.flatten(1), 0.5,
                                        scar::model::Structure::lead, 1, 1, scar::model::NoiseKey{1});
  std::printf("width %ld, %ld patches of %ld, batch %ld, %d threads, %s\n", static_cast<long>(width),
              static_cast<long>(patches), static_cast<long>(samples), static_cast<long>(batch), at::get_num_threads(),
              scar::tensor::precision_name(precision));

  const auto report = [&](const char* name, bool backward, const std::function<at::Tensor()>& part) {
    const auto times = best_of(5, [&] {
      optimizer.zero_grad();
      at::Tensor out;
      {
        const scar::tensor::Autocast autocast(at::kCPU, precision);
        out = part();
      }
      if (backward) out.backward();
    });
    std::printf("%-34s %8.1f ms wall %8.1f ms processor %8.0f records/s\n", name, 1e3 * times.wall,
                1e3 * times.processor, static_cast<double>(batch) / times.wall);
    std::fflush(stdout);
  };
  scar::model::Tokens tokens;
  scar::model::ReadTokens read;
  {
    const at::NoGradGuard no_grad;
    const scar::tensor::Autocast autocast(at::kCPU, precision);
    tokens = model.ecg->embed(input);
    read = model.ecg->read(tokens, model.ecg->encode(tokens));
  }
  const auto text = at::randn({batch, options.embedding});
  report("tokens", false, [&] { return model.ecg->embed(input).z.sum(); });
  report("tokens, with backward", true, [&] { return model.ecg->embed(input).z.sum(); });
  report("clean pass", false, [&] { return model.ecg->encode(tokens).embedding.sum(); });
  report("clean pass, with backward", true, [&] { return model.ecg->encode(tokens).embedding.sum(); });
  report("half of the leads, with backward", true,
         [&] { return model.ecg->encode(tokens, keep.hard).embedding.sum(); });
  report("tokens, clean, half; backward", true, [&] {
    const auto fresh = model.ecg->embed(input);
    return model.ecg->encode(fresh).embedding.sum() + model.ecg->encode(fresh, keep.hard).embedding.sum();
  });
  report("text, with backward", true, [&] { return model.text->forward(ids, lengths).sum(); });
  report("masker, with backward", true, [&] { return model.masker->logits(read, text).square().sum(); });
  report("dense pass, with backward to k", true, [&] {
    auto k = keep.keep.detach().requires_grad_();
    return model.ecg->encode_dense(tokens, k).embedding.sum();
  });
  {
    const at::NoGradGuard no_grad;
    report("clean pass, evaluation", false, [&] { return model.ecg->encode(model.ecg->embed(input)).embedding.sum(); });
  }
  for (auto& parameter : parameters) parameter.value.mutable_grad() = at::ones_like(parameter.value.detach());
  const auto step = best_of(5, [&] {
    optimizer.clip_gradients(1.0);
    optimizer.step(1e-3);
  });
  std::printf("%-34s %8.1f ms wall %8.1f ms processor\n", "clip and AdamW", 1e3 * step.wall, 1e3 * step.processor);
  return 0;
}
