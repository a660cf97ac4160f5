#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "eval_verb.h"
#include "evaluation_scores.h"
#include "model_inputs.h"
#include "prediction_input.h"
#include "scar/apps/arguments.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/data/lead_names.h"
#include "scar/evaluation/calibration_file.h"
#include "scar/evaluation/embed.h"
#include "scar/evaluation/prediction.h"
#include "scar/text/prompts.h"
#include "scar/text/report_cleaning.h"

namespace scar::apps {

namespace {

namespace fs = std::filesystem;
using namespace evaluation;

constexpr const char* kExample =
    "scar-eval predict runs/tiny --prompt 'atrial fibrillation' --prompt 'normal ecg' < records.jsonl";

struct PredictFlags : ModelFlags {
  std::string prompts, task, calibration, store, like, in, out, head;
  std::vector<std::string> texts;
  bool brief = false;
};

/// What is asked of every record.
struct Question {
  std::string task, origin, prompts_sha256;
  std::vector<std::string> classes;
  at::Tensor embeddings;  // [C, D]
  std::optional<Calibration> calibration;
};

void check(const PredictFlags& flags) {
  if (flags.prompts.empty() == flags.texts.empty()) {
    throw Error(Code::usage, "say what to ask: either --prompts FILE or --prompt TEXT")
        .at("command line")
        .hint("--prompt may be repeated; a file may hold several tasks, --task chooses one");
  }
  if (flags.prompts.empty() && !(flags.task + flags.calibration).empty()) {
    throw Error(Code::contradiction, "--task and --calibration belong to the classes of a file of prompts")
        .at("command line")
        .hint("--prompts FILE");
  }
  if (std::set<std::string>(flags.texts.begin(), flags.texts.end()).size() != flags.texts.size())
    throw Error(Code::contradiction, "a --prompt is given twice").at("command line");
  check_can_save(flags.out, "--out");
  check_can_save(flags.head, "--head");
}

Question ask_texts(const ModelInputs& inputs, const std::vector<std::string>& texts) {
  Question out;
  out.origin = "command line";
  out.classes = texts;
  std::vector<std::string> normal;
  std::string all;
  for (const auto& text : texts) {
    normal.push_back(text::normalise(text, true, "--prompt"));
    all += normal.back() + "\n";
  }
  out.prompts_sha256 = sha256_hex(all);
  out.embeddings = embed_texts(*inputs.run.model, *inputs.run.tokenizer, normal, inputs.device, inputs.precision);
  return out;
}

Question ask_pack(const ModelInputs& inputs, const PredictFlags& flags) {
  const auto pack = text::PromptPack::load(flags.prompts);
  Question out;
  out.task = flags.task;
  if (out.task.empty()) {
    if (pack.tasks().size() != 1) {
      std::string names;
      for (const auto& name : pack.tasks()) names += cat(names.empty() ? "" : ", ", name);
      throw Error(Code::usage, "the file has prompts of several tasks")
          .at(flags.prompts)
          .got(names)
          .hint("--task TASK");
    }
    out.task = pack.tasks().front();
  }
  out.origin = pack.origin();
  out.prompts_sha256 = pack.hash();
  out.classes = pack.classes(out.task);
  out.embeddings = embed_classes(*inputs.run.model, *inputs.run.tokenizer, pack, out.task, out.classes, inputs.device,
                                 inputs.precision);
  if (!flags.calibration.empty()) {
    out.calibration = load_calibration(flags.calibration);
    check_calibration(*out.calibration, flags.calibration, out.task, inputs.run.weights_sha256, out.prompts_sha256);
  }
  return out;
}

/// How records must look: as those that the run was trained on.
data::SignalForm find_form(const PredictFlags& flags, const ModelInputs& inputs) {
  const auto& like = flags.like.empty() ? flags.store : flags.like;
  if (flags.like.empty() && inputs.run.signal) return *inputs.run.signal;
  if (!like.empty()) return data::signal_form(data::Store::open(like).info());
  throw Error(Code::usage, "the run does not say at which rate and length its records were")
      .at(inputs.run.directory.string())
      .hint("name a store that was prepared as its training data: --like STORE");
}

/// The output: lines as they come, in a temporary that takes its name at the end, or on stdout.
class LineWriter {
 public:
  explicit LineWriter(const std::string& path) {
    if (path.empty()) return;
    transaction_.emplace(path);
    file_.emplace(transaction_->temporary());
  }

  void write(const std::string& text) {
    if (file_)
      file_->write(text);
    else
      std::cout << text << std::flush;
  }
  /// False: nobody reads stdout any more.
  [[nodiscard]] bool wanted() const { return file_ || std::cout.good(); }
  void commit() {
    if (!file_) return;
    file_->close();
    transaction_->commit();
  }

 private:
  std::optional<FileTransaction> transaction_;  // none: stdout
  std::optional<OutputFile> file_;
};

/// The double whose shortest text is that of the float: nobody wants 0.30000001192092896.
double short_number(float value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double out = 0;
  std::from_chars(text.data(), end, out);
  return out;
}

/// A cosine to the digits that it has: batches round it differently beyond them.
double six_digits(double value) { return std::round(value * 1e6) / 1e6; }

/// {"I": [[0, 10]], "II": []}: seconds that took part.
Json visible_spans(const Prediction& prediction, double token_s) {
  const auto patches = prediction.visible.size() / data::kLeads;
  Json out;
  for (std::size_t lead = 0; lead < data::kLeads; ++lead) {
    auto& spans = out[data::kLeadNames[lead]] = Json::array();
    const auto* row = prediction.visible.data() + lead * patches;
    for (std::size_t p = 0; p < patches; ++p) {
      if (row[p] == 0) continue;
      const auto begin = static_cast<double>(p) * token_s, end = static_cast<double>(p + 1) * token_s;
      if (p > 0 && row[p - 1] != 0)
        spans.back()[1] = end;
      else
        spans.push_back({begin, end});
    }
  }
  return out;
}

Json weights_json(const Prediction& prediction) {
  if (prediction.weights.empty()) return nullptr;
  const auto patches = prediction.visible.size() / data::kLeads;
  Json out;
  for (std::size_t token = 0; token < prediction.visible.size(); ++token) {
    auto& row = out[data::kLeadNames[token / patches]];
    row.push_back(prediction.visible[token] != 0 ? Json(short_number(prediction.weights[token])) : Json(nullptr));
  }
  return out;
}

class Predictor {
 public:
  Predictor(const PredictFlags& flags, const ModelInputs& inputs, const Question& question,
            const data::SignalForm& form)
      : flags_(flags), inputs_(inputs), question_(question), reader_(form, flags.store) {
    options_.device = inputs.device;
    options_.precision = inputs.precision;
    options_.rate_hz = form.rate_hz;
    token_s_ = static_cast<double>(inputs.run.model->options().ecg.patch_samples) / form.rate_hz;
  }

  /// The answers to some lines, in their order.
  [[nodiscard]] std::string answer(const std::vector<InputLine>& lines) {
    std::vector<AskedRecord> asked;
    std::vector<RecordSignal> signals;
    for (const auto& line : lines) {
      asked.push_back(reader_.read(line));
      if (auto* signal = std::get_if<RecordSignal>(&asked.back().content)) signals.push_back(std::move(*signal));
    }
    const auto predictions = predict(*inputs_.run.model, std::move(signals), question_.embeddings, options_);
    std::string out;
    auto next = predictions.begin();
    for (const auto& record : asked) {
      const auto* problem = std::get_if<Problem>(&record.content);
      Problem invisible{.code = Code::undefined_score, .what = "no sample of the record is visible: no score"};
      const Prediction* prediction = problem == nullptr ? &*next++ : nullptr;
      if (prediction != nullptr && prediction->empty) problem = &invisible;
      Json json;
      json["id"] = record.id ? Json(*record.id) : Json(nullptr);
      if (problem != nullptr) {
        json["error"] = {
            {"code", cat("E", static_cast<int>(problem->code))}, {"what", problem->what}, {"where", problem->where}};
        ++failed_;
      } else {
        add(*prediction, json);
        ++predicted_;
      }
      // A path may hold bytes that are not UTF-8.
      out += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    return out;
  }

  [[nodiscard]] std::int64_t predicted() const { return predicted_; }
  [[nodiscard]] std::int64_t failed() const { return failed_; }

 private:
  void add(const Prediction& prediction, Json& json) const {
    auto& classes = json["classes"];
    for (std::size_t c = 0; c < question_.classes.size(); ++c) {
      const auto& name = question_.classes[c];
      const auto probability = question_.calibration ? question_.calibration->probability(name, prediction.scores[c])
                                                     : std::optional<double>();
      classes[name] = {{"score", six_digits(prediction.scores[c])},
                       {"probability", probability ? Json(six_digits(*probability)) : Json(nullptr)}};
    }
    json["visible"] = visible_spans(prediction, token_s_);
    json["model"] = inputs_.run.weights_sha256.substr(0, 12);
    json["precision"] = tensor::precision_name(inputs_.precision);
    if (flags_.brief) return;
    json["token_s"] = token_s_;
    json["weights"] = weights_json(prediction);
    auto& embedding = json["embedding"] = Json::array();
    for (const float value : prediction.embedding) embedding.push_back(short_number(value));
  }

  const PredictFlags& flags_;
  const ModelInputs& inputs_;
  const Question& question_;
  RecordReader reader_;
  PredictionOptions options_;
  double token_s_ = 0;
  std::int64_t predicted_ = 0, failed_ = 0;
};

Json head_of(const ModelInputs& inputs, const Question& question, const data::SignalForm& form,
             const PredictFlags& flags) {
  Json head;
  head["format"] = "scar-predictions";
  head["version"] = 1;
  head["run"] = model_identity(inputs.run, inputs.precision);
  head["signal"] = data::to_json(form);
  head["prompts"] = {{"from", question.origin},
                     {"sha256", question.prompts_sha256},
                     {"task", question.task.empty() ? Json(nullptr) : Json(question.task)},
                     {"classes", question.classes}};
  head["calibration"] = flags.calibration.empty() ? Json(nullptr) : Json(sha256_file(flags.calibration));
  return head;
}

int predict_command(const PredictFlags& flags, const Arguments&) {
  check(flags);
  std::ifstream file;
  if (!flags.in.empty()) {
    file.open(flags.in, std::ios::binary);
    if (!file || fs::is_directory(flags.in))
      throw Error(Code::data_missing, "cannot read the input").at("command line: --in").got(flags.in);
  }
  install_stop_handlers();
  const auto inputs = load_model(flags);
  const auto form = find_form(flags, inputs);
  check_length(*inputs.run.model, form.samples, form.rate_hz, inputs.run.directory.string());
  const auto question = flags.prompts.empty() ? ask_texts(inputs, flags.texts) : ask_pack(inputs, flags);
  const auto head = head_of(inputs, question, form, flags);
  if (!flags.head.empty()) write_file_atomically(flags.head, head.dump(2) + "\n");
  log::info(
      cat(question.classes.size(), " classes from ", question.origin, "; records as ", form.samples, " samples at ",
          form.rate_hz, " Hz; ",
          question.calibration ? "probabilities by " + flags.calibration : "no calibration, so no probabilities"));

  LineReader lines(flags.in.empty() ? static_cast<std::istream&>(std::cin) : file);
  LineWriter out(flags.out);
  Predictor predictor(flags, inputs, question, form);
  std::vector<InputLine> batch;
  for (auto line = lines.next(); stop_signal() == 0 && out.wanted(); line = lines.next()) {
    if (line) batch.push_back(std::move(*line));
    if (!line || static_cast<long long>(batch.size()) == flags.batch) {
      out.write(predictor.answer(batch));
      batch.clear();
    }
    if (!line) break;
  }
  if (stop_signal() != 0) return 128 + stop_signal();
  out.commit();
  const auto sums = cat(predictor.predicted() + predictor.failed(), " lines in = ", predictor.predicted(),
                        " predicted + ", predictor.failed(), " failed");
  log::info(sums);
  if (predictor.failed() > 0) {
    throw Error(Code::data_unreadable, "some lines have no prediction")
        .got(sums)
        .hint("each has an \"error\" in its place in the output");
  }
  return 0;
}

class PredictVerb final : public Verb {
 public:
  explicit PredictVerb(Arguments& arguments)
      : Verb(arguments.verb("predict", "Asks about single records: JSON lines in, JSON lines out, in the same order.",
                            kExample)) {
    flags_.declare(command_);
    command_.option("--prompts", flags_.prompts, "prompts of a task (YAML): a score per class");
    command_.option("--task", flags_.task, "task in --prompts; not needed if it holds one");
    command_.option("--prompt", flags_.texts, "a text to ask about instead; may be repeated");
    command_.option("--calibration", flags_.calibration,
                    "file of scar-eval calibrate: probabilities beside scores, which are cosines");
    command_.option("--data", flags_.store, "store of lines that name a record and no store");
    command_.option("--like", flags_.like,
                    "bring WFDB records to rate, length and filters of this store (default: what the run says)");
    command_.option("--in", flags_.in,
                    "file of lines {\"wfdb\": PATH} or {\"store\": STORE, \"record\": ID}, each with an "
                    "\"id\" if you like (default: stdin)");
    command_.option("--out", flags_.out, "file of answers (default: stdout)");
    command_.option("--head", flags_.head, "also write what made the answers (hashes, prompts, form of signals) here");
    command_.flag("--brief", flags_.brief, "no embedding, no weights");
  }
  int run(const Arguments& arguments) override { return predict_command(flags_, arguments); }

 private:
  PredictFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> predict_verb(Arguments& arguments) { return std::make_unique<PredictVerb>(arguments); }

}  // namespace scar::apps
