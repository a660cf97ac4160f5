#include "scar/training/checkpoint.h"

#include <ATen/core/Tensor.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/model/weights.h"
#include "scar/tensor/generator.h"
#include "scar/tensor/safetensors.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

constexpr int kVersion = 2;  // 2: the latest gains of the masker instead of their running mean
constexpr double kMemory = 0.99;

Json to_json(const RunningFigure& figure) {
  return Json{{"mean", figure.mean}, {"square", figure.square}, {"count", figure.count}};
}
RunningFigure figure_of(const Json& json) {
  return {.mean = json.at("mean").get<double>(),
          .square = json.at("square").get<double>(),
          .count = json.at("count").get<std::int64_t>()};
}

Json to_json(const TrainState& s) {
  const auto& h = s.health;
  Json json;
  json["version"] = kVersion;
  json["step"] = s.step;
  json["loader"] = {{"epoch", s.loader.epoch}, {"position", s.loader.position}};
  json["health"] = {{"steps", h.steps},
                    {"gains", h.gains},
                    {"lead_entropy", h.lead_entropy},
                    {"indecision", h.indecision},
                    {"budget_error", h.budget_error}};
  json["loss"] = to_json(s.loss);
  json["gradient_norm"] = to_json(s.gradient_norm);
  json["metrics_bytes"] = s.metrics_bytes;
  json["best"] = {{"step", s.best_step}, {"score", s.best_score}};
  return json;
}

TrainState state_of(const Json& json, const std::string& path) {
  try {
    if (const int version = json.at("version").get<int>(); version != kVersion) {
      throw Error(Code::checkpoint_version, "the checkpoint has another format version")
          .at(path)
          .got(cat(version))
          .wanted(cat(kVersion))
          .hint("continue it with the version of scar that wrote it");
    }
    TrainState s;
    s.step = json.at("step").get<std::int64_t>();
    s.loader = {.epoch = json.at("loader").at("epoch").get<std::int64_t>(),
                .position = json.at("loader").at("position").get<std::int64_t>()};
    const auto& h = json.at("health");
    s.health = {.steps = h.at("steps").get<std::int64_t>(),
                .gains = h.at("gains").get<std::vector<double>>(),
                .lead_entropy = h.at("lead_entropy").get<double>(),
                .indecision = h.at("indecision").get<double>(),
                .budget_error = h.at("budget_error").get<double>()};
    s.loss = figure_of(json.at("loss"));
    s.gradient_norm = figure_of(json.at("gradient_norm"));
    s.metrics_bytes = json.at("metrics_bytes").get<std::uint64_t>();
    s.best_step = json.at("best").at("step").get<std::int64_t>();
    s.best_score = json.at("best").at("score").get<double>();
    if (s.step < 0 || s.loader.epoch < 0 || s.loader.position < 0)
      throw Error(Code::checkpoint_corrupt, "a count is negative").at(path);
    return s;
  } catch (const Json::exception& problem) {
    throw Error(Code::checkpoint_corrupt, "state.json does not hold what it should").at(path).got(problem.what());
  }
}

std::uint64_t bytes_of(const tensor::NamedTensors& tensors) {
  std::uint64_t sum = 0;
  for (const auto& [name, value] : tensors) sum += value.nbytes();
  return sum;
}

void remove_by_rename(const fs::path& path) {
  const auto doomed = path.parent_path() / cat(".deleting-", path.filename().string());
  std::error_code ignored;
  fs::remove_all(doomed, ignored);
  fs::rename(path, doomed, ignored);  // first out of sight, so that no reader meets a half-deleted folder
  fs::remove_all(doomed, ignored);
}

}  // namespace

double RunningFigure::take(double value) {
  double z = 0;
  if (count >= 20) {
    const double variance = std::max(square - mean * mean, 1e-12);
    z = (value - mean) / std::sqrt(variance);
  }
  const double keep = count < 100 ? static_cast<double>(count) / static_cast<double>(count + 1) : kMemory;
  mean = keep * mean + (1 - keep) * value;
  square = keep * square + (1 - keep) * value * value;
  ++count;
  return z;
}

std::string checkpoint_name(std::int64_t step) {
  auto digits = std::to_string(step);
  return cat("step-", std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0'), digits);
}

std::int64_t checkpoint_step(const fs::path& path) {
  const auto name = path.filename().string();
  if (name.size() < 13 || name.rfind("step-", 0) != 0) return -1;
  for (std::size_t i = 5; i < name.size(); ++i) {
    if (name[i] < '0' || name[i] > '9') return -1;
  }
  if (name.size() > 17) return -1;
  const auto step = static_cast<std::int64_t>(std::stoll(name.substr(5)));
  return checkpoint_name(step) == name ? step : -1;
}

void save_checkpoint(const fs::path& folder, const TrainState& state, const model::DualEncoder& model,
                     const tensor::AdamW& towers, const tensor::AdamW* masker, c10::Device device, std::int64_t keep) {
  const auto path = folder / checkpoint_name(state.step);
  auto moments = towers.state();
  if (masker != nullptr) moments.merge(masker->state());
  moments["generator.cpu"] = tensor::generator_state(c10::Device(c10::kCPU));
  if (device.is_cuda()) moments["generator.device"] = tensor::generator_state(device);

  if (fs::exists(path)) {
    if (verify_directory(path).empty()) return;  // a continued run came here again: the same state
    remove_by_rename(path);
  }
  fs::create_directories(folder);
  const auto needed = bytes_of(moments) + bytes_of(model::named_tensors(model)) + (1u << 20);
  if (const auto free = free_bytes(folder); free < needed) {
    throw Error(Code::disk_full, "no space for the next checkpoint")
        .at(folder.string())
        .got(cat(free, " bytes free"))
        .wanted(cat(needed, " bytes"))
        .hint("free space and run the same command again: it goes on from the last checkpoint");
  }
  DirectoryTransaction transaction(path);
  model::save_weights(model, transaction.staging() / "model.safetensors");
  tensor::save_safetensors(transaction.staging() / "optim.safetensors", moments);
  OutputFile out(transaction.staging() / "state.json");
  out.write(to_json(state).dump(2) + "\n");
  out.close();
  transaction.commit(cat("{\"kind\": \"scar-checkpoint\", \"step\": ", state.step, "}"));

  std::vector<std::int64_t> steps;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (const auto step = checkpoint_step(entry.path()); step >= 0 && step <= state.step) steps.push_back(step);
  }
  std::sort(steps.rbegin(), steps.rend());
  for (std::size_t i = static_cast<std::size_t>(keep); i < steps.size(); ++i) {
    if (steps[i] != state.best_step) remove_by_rename(folder / checkpoint_name(steps[i]));
  }
}

void remove_orphans(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return;
  std::vector<fs::path> orphans;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(kTemporaryPrefix) || name.starts_with(".deleting-")) orphans.push_back(entry.path());
  }
  for (const auto& path : orphans) fs::remove_all(path, ignored);
}

fs::path latest_checkpoint(const fs::path& folder, std::vector<std::string>& passed_over) {
  std::error_code ignored;
  std::map<std::int64_t, fs::path, std::greater<>> found;
  if (fs::is_directory(folder, ignored)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (const auto step = checkpoint_step(entry.path()); step >= 0) found[step] = entry.path();
    }
  }
  for (const auto& [step, path] : found) {
    const auto problem = verify_directory(path);
    if (problem.empty()) return path;
    passed_over.push_back(cat(path.string(), ": ", problem));
  }
  return {};
}

TrainState load_checkpoint(const fs::path& path, model::DualEncoder& model, tensor::AdamW& towers,
                           tensor::AdamW* masker, c10::Device device) {
  if (const auto problem = verify_directory(path); !problem.empty()) {
    throw Error(Code::checkpoint_corrupt, problem).at(path.string()).hint("choose another checkpoint");
  }
  const auto state_path = path / "state.json";
  const auto state = state_of(read_json(state_path, static_cast<int>(Code::checkpoint_corrupt)), state_path.string());
  model::load_weights(model, path / "model.safetensors");
  auto moments = tensor::load_safetensors(path / "optim.safetensors").tensors;
  const auto take_generator = [&](const char* name, c10::Device where) {
    const auto found = moments.find(name);
    if (found == moments.end())
      throw Error(Code::checkpoint_corrupt, cat(name, " is missing")).at((path / "optim.safetensors").string());
    tensor::set_generator_state(where, found->second);
    moments.erase(found);
  };
  take_generator("generator.cpu", c10::Device(c10::kCPU));
  if (device.is_cuda()) take_generator("generator.device", device);
  tensor::NamedTensors of_masker, of_towers;
  for (auto& [name, value] : moments) (name.rfind("masker.", 0) == 0 ? of_masker : of_towers)[name] = value;
  towers.load_state(of_towers);
  if (masker != nullptr) masker->load_state(of_masker);
  return state;
}

}  // namespace scar::training
