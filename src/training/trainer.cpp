#include "scar/training/trainer.h"

#include <ATen/Parallel.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "corpus.h"
#include "identity.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/core/version.h"
#include "scar/model/weights.h"
#include "scar/tensor/generator.h"
#include "scar/tensor/plugin.h"
#include "scar/training/checkpoint.h"
#include "scar/training/metric_log.h"
#include "scar/training/run_directory.h"
#include "scar/training/train_step.h"
#include "scar/training/validation.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string signed_fixed(double value, int digits) { return cat(value < 0 ? "" : "+", fixed(value, digits)); }

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds));
  char text[64];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ldh%02ldm", static_cast<long>(whole / 3600), static_cast<long>(whole / 60 % 60));
  else
    std::snprintf(text, sizeof text, "%ldm%02lds", static_cast<long>(whole / 60), static_cast<long>(whole % 60));
  return text;
}

/// One run from its directory to its last update; the members are what its phases share.
class Trainer {
 public:
  explicit Trainer(const TrainRequest& request)
      : request_(request), options_(request.options), paths_(request.run_directory) {}

  int run();

 private:
  void open_directory();
  void first_screen() const;
  void prepare_model();
  bool resume();
  void loop();
  void report(const StepReport& step, double wait_s, double step_s, double elapsed_s, std::int64_t done_here);
  void validate_now();
  void save();
  void mark_best() const;
  void status(const char* state) const;

  const TrainRequest& request_;
  TrainOptions options_;
  RunPaths paths_;
  std::unique_ptr<FileLock> lock_;
  c10::Device device_{c10::kCPU};
  tensor::Precision precision_ = tensor::Precision::fp32;
  std::unique_ptr<Corpus> corpus_;
  Plan plan_;
  std::unique_ptr<model::DualEncoder> model_;
  std::unique_ptr<Game> game_;
  std::unique_ptr<TrainStep> step_;
  std::unique_ptr<PairBuilder> pairs_;
  std::unique_ptr<KnownFindings> findings_;  // of the validation records
  std::unique_ptr<MetricLog> metrics_;
  TrainState state_;
  std::int64_t saved_step_ = -1;
  std::set<int> alarms_;  // that hold and were told of
  int stopped_by_ = 0;
};

void Trainer::open_directory() {
  const auto& run = paths_.directory;
  std::error_code error;
  if (request_.resume == Resume::never && fs::exists(run) && !fs::is_empty(run, error)) {
    throw Error(Code::run_directory_in_use, "the run directory is not empty")
        .at(run.string())
        .hint("name another with --run-dir, or leave --resume=never out to continue this run");
  }
  fs::create_directories(run, error);
  if (error) throw Error(Code::permission, "cannot create the run directory").at(run.string()).got(error.message());
  lock_ = std::make_unique<FileLock>(paths_.lock());
  remove_orphans(paths_.checkpoints());
  fs::create_directories(paths_.results(), error);
  log::set_file(paths_.log().string());
}

void Trainer::prepare_model() {
  auto model_options = model::resolve(options_.model);
  model_options.text.vocabulary_size = corpus_->tokenizer->vocabulary_size();
  model_ = std::make_unique<model::DualEncoder>(model_options, options_.seed);
  model_->to(device_);
  tensor::seed_generators(options_.seed, device_);
  game_ = std::make_unique<Game>(options_, plan_, *model_, device_, precision_);
  step_ = std::make_unique<TrainStep>(options_, plan_, *model_, *game_, device_, precision_);
  pairs_ = std::make_unique<PairBuilder>(*corpus_->stores, *corpus_->tokenizer, options_, device_);
  findings_ = std::make_unique<KnownFindings>(*corpus_->stores, corpus_->validation);
}

bool Trainer::resume() {
  auto from = request_.resume_from;
  if (from.empty()) {
    std::vector<std::string> passed_over;
    from = latest_checkpoint(paths_.checkpoints(), passed_over);
    for (const auto& reason : passed_over) log::warn(41, cat("checkpoint passed over: ", reason));
    if (from.empty() && !passed_over.empty()) {
      throw Error(Code::checkpoint_corrupt, "checkpoints exist, but none of them verifies")
          .at(paths_.checkpoints().string())
          .got(passed_over.front())
          .hint("restore one from a copy, or start anew in another --run-dir");
    }
  }
  if (from.empty()) {
    if (request_.resume == Resume::must) {
      throw Error(Code::checkpoint_missing, "--resume=must, but there is no checkpoint")
          .at(paths_.checkpoints().string())
          .hint("--resume=auto starts from the beginning");
    }
    return false;
  }
  state_ = load_checkpoint(from, *model_, step_->optimizer(), game_->optimizer(), device_);
  if (state_.step > plan_.updates || state_.loader.position % options_.train.batch != 0) {
    throw Error(Code::checkpoint_corrupt, "the checkpoint does not fit this run")
        .at(from.string())
        .got(cat("update ", state_.step, ", position ", state_.loader.position))
        .wanted(cat("at most ", plan_.updates, " updates, a multiple of the batch"));
  }
  game_->set_health(state_.health);
  saved_step_ = state_.step;
  if (state_.best_step >= 0) mark_best();  // a kill may have come between the checkpoint and best.json
  log::info(cat("continued from ", from.string(), " at update ", state_.step, " of ", plan_.updates));
  return true;
}

void Trainer::first_screen() const {
  const auto parameters = model::count_parameters(*model_);
  const auto& stores = *corpus_->stores;
  log::info(cat("scar ", version(), " (", revision(), "), LibTorch ", TORCH_VERSION, ", pid ",
                static_cast<long>(::getpid())));
  if (!request_.command_line.empty()) log::info(cat("  command    ", request_.command_line));
  log::info(cat("  run        ", paths_.directory.string(), ", seed ", options_.seed));
  log::info(cat("  device     ", tensor::describe_device(device_), ", ", tensor::precision_name(precision_)));
  std::string folders;
  for (const auto& store : stores.stores()) folders += cat(folders.empty() ? "" : ", ", store.folder().string());
  log::info(cat("  data       ", folders, ": ", corpus_->train.size(), " training and ", corpus_->validation.size(),
                " validation records at ", stores.rate_hz(), " Hz, patients disjoint"));
  if (corpus_->masked) log::info(cat("             without what the mask ", options_.data.missing, " removes"));
  if (!corpus_->left_out.empty()) {
    std::map<std::string, std::int64_t> reasons;
    for (const auto& each : corpus_->left_out) ++reasons[each.reason];
    std::string counts;
    for (const auto& [reason, count] : reasons) counts += cat(counts.empty() ? "" : ", ", count, " ", reason);
    log::info(cat("             ", corpus_->left_out.size(), " records are left out: ", counts,
                  " (list: ", (paths_.directory / "excluded.tsv").string(), ")"));
  }
  if (corpus_->group_names.size() > 1) {
    std::string groups;
    const auto sizes = corpus_->group_sizes();
    for (std::size_t g = 0; g < sizes.size(); ++g)
      groups += cat(g > 0 ? ", " : "", corpus_->group_names[g], " ", sizes[g],
                    corpus_->group_weights[g] == 1.0 ? "" : cat(" x ", corpus_->group_weights[g]));
    log::info(cat("             batches of one group each: ", groups));
  }
  log::info(cat("  text       ", corpus_->tokenizer->vocabulary_size(), " pieces"));
  log::info(cat("  model      ", fixed(static_cast<double>(parameters.total) / 1e6, 2), " M parameters, ",
                stores.samples() / options_.model.ecg.patch_samples * 12, " tokens of ",
                options_.model.ecg.patch_samples, " samples"));
  log::info(cat("  masking    ", options_.game.masking,
                plan_.adversary_start < plan_.updates ? cat(", adversary from update ", plan_.adversary_start) : ""));
  log::info(cat("  length     ", plan_.updates, " updates of ", options_.train.batch, " records, ",
                plan_.updates_per_epoch, " per epoch"));
}

void Trainer::status(const char* state) const {
  Json json;
  json["state"] = state;
  json["step"] = state_.step;
  json["updates"] = plan_.updates;
  json["pid"] = static_cast<std::int64_t>(::getpid());
  json["t"] = utc_now();
  write_file_atomically(paths_.status(), json.dump(2) + "\n");
}

void Trainer::report(const StepReport& step, double wait_s, double step_s, double elapsed_s, std::int64_t done_here) {
  const double z_loss = state_.loss.take(step.loss), z_norm = state_.gradient_norm.take(step.gradient_norm);
  const auto update = state_.step;  // already counted
  const bool last = update == plan_.updates;
  if (update % options_.train.log_every != 0 && !last) return;
  const double rate = static_cast<double>(done_here * options_.train.batch) / std::max(1e-9, elapsed_s);
  const double eta = elapsed_s / static_cast<double>(done_here) * static_cast<double>(plan_.updates - update);
  const double lr = learning_rate(options_.train, plan_, update - 1);
  const double scale = std::exp(model_->logit_scale.item<double>());
  const double epoch = static_cast<double>(update) / static_cast<double>(plan_.updates_per_epoch);
  std::string terms;
  Json loss{{"total", step.loss}};
  for (const auto& term : step.terms.logged) {
    loss[term.name] = term.value;
    terms += cat(" ", term.name, " ", fixed(term.value, 3));
  }
  Json values;
  values["epoch"] = epoch;
  values["loss"] = loss;
  values["matched"] = step.matched;
  values["gnorm"] = step.gradient_norm;
  values["lr"] = lr;
  values["scale"] = scale;
  std::string health;
  if (game_->optimizer() != nullptr) {
    const auto& h = game_->health();
    values["game"] = {{"masker_steps", h.steps},
                      {"gain", h.gain()},
                      {"lead_entropy", h.lead_entropy},
                      {"indecision", h.indecision},
                      {"budget_error", h.budget_error}};
    if (h.steps > 0) {
      health = cat(" | masker gain ", signed_fixed(h.gain(), 3), " entropy ", fixed(h.lead_entropy, 2), " soft ",
                   fixed(h.indecision, 2));
    }
  }
  values["wait_ms"] = wait_s * 1e3;
  values["step_ms"] = step_s * 1e3;
  values["records_per_s"] = rate;
  metrics_->write("step", update, values);
  const auto line = cat("step ", update, "/", plan_.updates, " ep ", fixed(epoch, 2), " | loss ", fixed(step.loss, 3),
                        " ", signed_fixed(z_loss, 1), "z", terms, " gnorm ", fixed(step.gradient_norm, 2), " ",
                        signed_fixed(z_norm, 1), "z lr ", fixed(lr * 1e4, 2), "e-4 scale ", fixed(scale, 1), " match ",
                        fixed(step.matched, 2), health, " | wait ", fixed(wait_s * 1e3, 0), "/", fixed(step_s * 1e3, 0),
                        " ms ", fixed(rate, 0), " ecg/s | eta ", duration_text(eta));
  log::progress(line);
  std::set<int> now;
  for (const auto& [number, text] : game_->health().alarms()) {
    now.insert(number);
    if (alarms_.count(number) == 0) log::warn(number, cat("update ", update, ": ", text));
  }
  for (const int number : alarms_) {
    if (now.count(number) == 0) log::info(cat("update ", update, ": W", number, " is over"));
  }
  alarms_ = std::move(now);
}

void Trainer::validate_now() {
  const auto start = Clock::now();
  const auto v = validate_model(*model_, corpus_->source(), corpus_->validation, *pairs_, *findings_, options_, device_,
                                precision_);
  if (!std::isfinite(v.score))
    throw Error(Code::loss_not_finite, "the validation loss is not finite").at(cat("update ", state_.step));
  const bool better = state_.best_step < 0 || v.score < state_.best_score;
  if (better) {
    state_.best_step = state_.step;
    state_.best_score = v.score;
  }
  Json values{{"records", v.records}, {"clean", v.clean}, {"masked", v.masked},
              {"matched", v.matched}, {"score", v.score}, {"best", better}};
  if (v.has_masker) {
    values["masker"] = {{"gain", v.masker_gain}, {"gain_low", v.masker_gain_low}, {"saliency_gain", v.saliency_gain}};
  }
  const bool read = v.holes.n > 0;
  if (read) values["holes"] = {{"n", v.holes.n}, {"auroc", v.holes.auroc}, {"high", v.holes.high}};
  values["took_ms"] = seconds_since(start) * 1e3;
  metrics_->write("validation", state_.step, values);
  log::end_progress();
  log::info(cat("validation at ", state_.step, ": clean ", fixed(v.clean, 4), ", half of the leads gone ",
                fixed(v.masked, 4), ", matched ", fixed(v.matched, 3),
                v.has_masker ? cat(", masker over random ", signed_fixed(v.masker_gain, 3), " (95 % above ",
                                   signed_fixed(v.masker_gain_low, 3), "), saliency ", signed_fixed(v.saliency_gain, 3))
                             : "",
                read ? cat(", holes ", fixed(v.holes.auroc, 3), " (below ", fixed(v.holes.high, 3), ")") : "",
                better ? "  best so far" : ""));
  if (v.has_masker && game_->health().steps >= GameHealth::kAlarmAfter && v.masker_gain_low <= 0)
    log::warn(105, cat("update ", state_.step, ": on held-out records the masker hurts no more than random masks"));
  if (state_.step > plan_.adversary_start && v.holes.n >= HoleReading::kFewest && v.holes.high > HoleReading::kLimit) {
    log::warn(106, cat("update ", state_.step,
                       ": the encoder reads the holes: a foreign record scores higher under the mask made for a text "
                       "(AUROC below ",
                       fixed(v.holes.high, 3), ", limit ", HoleReading::kLimit,
                       "). Take game.scope: group or model.masker.text: false, either with game.saliency_rows: 0"));
  }
  if (better) {
    save();
    mark_best();
  }
}

void Trainer::mark_best() const {
  const Json best{
      {"checkpoint", checkpoint_name(state_.best_step)}, {"step", state_.best_step}, {"score", state_.best_score}};
  write_file_atomically(paths_.best(), best.dump(2) + "\n");
}

void Trainer::save() {
  if (saved_step_ == state_.step) return;
  state_.health = game_->health();
  state_.metrics_bytes = metrics_->bytes();
  save_checkpoint(paths_.checkpoints(), state_, *model_, step_->optimizer(), game_->optimizer(), device_,
                  options_.train.keep);
  saved_step_ = state_.step;
  status("running");
}

void Trainer::loop() {
  data::LoaderOptions loading;
  loading.batch = options_.train.batch;
  loading.patch = options_.model.ecg.patch_samples;
  loading.seed = options_.seed;
  loading.workers = options_.data.workers;
  loading.groups = corpus_->groups;
  loading.weights = corpus_->group_weights;
  loading.rotate = options_.data.rotate;
  data::Loader loader(corpus_->source(), corpus_->train, loading, state_.loader);
  model_->train();
  const auto start = Clock::now();
  std::int64_t done_here = 0;
  double outside_s = 0;  // validation and saving are not training speed
  while (state_.step < plan_.updates) {
    if (stop_signal() != 0) break;
    const auto step_start = Clock::now();
    const auto* batch = loader.next();
    const auto pairs = pairs_->build(*batch, /*spans=*/true);
    const double wait_s = loader.last_wait_s();
    const auto result = step_->step(state_.step, pairs);
    game_->step(state_.step, pairs);
    state_.step += 1;
    state_.loader = loader.state();
    done_here += 1;
    report(result, wait_s, seconds_since(step_start), seconds_since(start) - outside_s, done_here);

    const auto outside = Clock::now();
    const bool last = state_.step == plan_.updates;
    if (state_.step % plan_.validate_every == 0 || last) validate_now();
    if (state_.step % plan_.save_every == 0 || last || take_checkpoint_request()) save();
    outside_s += seconds_since(outside);
  }
  log::end_progress();
  stopped_by_ = state_.step < plan_.updates ? stop_signal() : 0;
  if (stopped_by_ != 0 && state_.step > 0) save();
}

int Trainer::run() {
  device_ = tensor::resolve_device(options_.device);
  precision_ = tensor::resolve_precision(options_.precision, device_);
  const int threads =
      options_.threads > 0 ? options_.threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  at::set_num_threads(threads);
  if (!request_.dry_run) open_directory();
  corpus_ = std::make_unique<Corpus>(open_corpus(options_, paths_, request_.dry_run));
  plan_ = make_plan(options_, corpus_->group_sizes(), corpus_->group_weights);
  prepare_model();
  const auto identity = make_identity(options_, *corpus_, threads, precision_, device_);
  if (request_.dry_run) {
    first_screen();
    log::info("dry run: config and data are in order, nothing was started");
    return 0;
  }
  const bool existed = fs::exists(paths_.identity());
  if (existed)
    check_identity(paths_, options_, identity, request_.allow_changed);
  else
    write_identity(paths_, options_, identity, *corpus_);
  const bool continued = resume();
  if (!request_.init_from.empty()) {
    if (continued)
      log::info("the run goes on from its own checkpoint; --init-from is for a new run");
    else
      init_weights(*model_, request_.init_from);
  }
  first_screen();
  if (continued && state_.step == plan_.updates) {
    log::info(cat("the run is finished: ", paths_.directory.string()));
    status("finished");
    return 0;
  }
  metrics_ = std::make_unique<MetricLog>(paths_.metrics(), state_.metrics_bytes);
  status("running");
  try {
    loop();
  } catch (const std::exception&) {
    log::end_progress();
    status("failed");
    throw;
  }
  if (stopped_by_ != 0) {
    status("stopped");
    if (state_.step == 0) return stopped_by_ == SIGINT ? 130 : 143;
    log::info(cat("stopped by a signal at update ", state_.step, ", state saved; the same command continues"));
    return 75;
  }
  status("finished");
  log::info(cat("finished: best at update ", state_.best_step, " of ", plan_.updates, ", run in ",
                paths_.directory.string()));
  const auto& store = corpus_->stores->stores().front();
  log::info(cat("next: scar-eval zeroshot ", paths_.directory.string(), " --data ", store.folder().string(), " --task ",
                store.info().tasks.empty() ? "NAME" : store.info().tasks.front().name));
  return 0;
}

}  // namespace

int train(const TrainRequest& request) { return Trainer(request).run(); }

}  // namespace scar::training
