#include <filesystem>
#include <iostream>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/data/store/splits.h"
#include "scar/text/tokenizer.h"
#include "scar/text/tokenizer_training.h"

namespace scar::apps {

namespace {

class TokenizerVerb final : public Verb {
 public:
  explicit TokenizerVerb(Arguments& arguments)
      : Verb(arguments.verb("tokenizer",
                            "Trains a sentencepiece model on the cleaned reports of the train folds of a store.",
                            "scar-prepare tokenizer data/ptbxl100 --out data/ptbxl100.model")),
        table_(options_),
        keys_(command_, table_) {
    command_.positional("STORE", store_, "a store of scar-prepare");
    command_.option("--out", out_, "file of the model", true);
    command_.flag("--force", force_, "replace a model that is there and differs");
  }

  int run(const Arguments& arguments) override {
    Problems problems;
    keys_.apply(problems);
    problems.throw_if_any();
    const auto store = data::Store::open(store_);
    const auto records = data::select_folds(store, store.info().train_folds);
    std::vector<std::string> texts;
    for (const auto record : records) {
      if (!store.report(record).empty()) texts.push_back(store.report(record));
    }
    const auto without = static_cast<std::int64_t>(records.size() - texts.size());
    log::info(cat("tokenizer: ", grouped(static_cast<std::int64_t>(texts.size())),
                  " reports of the train folds, at most ", options_.vocabulary_size, " pieces (", options_.type, ")"));
    const auto trained = text::train_tokenizer(texts, options_);
    const bool same = write(trained);
    const auto tokenizer = text::Tokenizer::load(out_);
    std::int64_t tokens = 0, unknown = 0;
    for (const auto& text : texts) {
      for (const auto id : tokenizer.encode(text)) {
        ++tokens;
        unknown += id == tokenizer.unk_id() ? 1 : 0;
      }
    }
    const double per_report = static_cast<double>(tokens) / static_cast<double>(std::max<std::size_t>(texts.size(), 1));
    const auto distinct = static_cast<std::int64_t>(std::set<std::string_view>(texts.begin(), texts.end()).size());
    const auto next = cat("scar-train --config configs/", store.info().kind == "ptbxl" ? "ptbxl100-cpu" : "tiny",
                          ".yaml --data.store=", store_, " --text.vocabulary=", out_);
    if (arguments.json()) {
      Json answer;
      answer["model"] = out_;
      answer["sha256"] = tokenizer.sha256();
      answer["type"] = options_.type;
      answer["vocabulary_size"] = trained.vocabulary_size;
      answer["wanted"] = options_.vocabulary_size;
      answer["reports"] = texts.size();
      answer["distinct"] = distinct;
      answer["without_content"] = without;
      answer["tokens_per_report"] = per_report;
      answer["unknown_tokens"] = unknown;
      answer["store_manifest_sha256"] = store.manifest_hash();
      answer["next"] = next;
      std::cout << answer.dump(2) << "\n";
      return 0;
    }
    std::cout << line("model",
                      cat(out_, same ? " (was there, the same)" : "", "  sha256 ", tokenizer.sha256().substr(0, 16)))
              << line("pieces", cat(grouped(trained.vocabulary_size), " of ", grouped(options_.vocabulary_size),
                                    " wanted, ", options_.type))
              << line("reports", cat(grouped(static_cast<std::int64_t>(records.size())),
                                     " in = ", grouped(static_cast<std::int64_t>(texts.size())), " used (",
                                     grouped(distinct), " distinct) + ", grouped(without), " without content"))
              << line("tokens", cat(static_cast<double>(static_cast<std::int64_t>(per_report * 10)) / 10,
                                    " per report, ", grouped(unknown), " unknown of ", grouped(tokens)))
              << line("next", next);
    return 0;
  }

 private:
  // True if the very same model was there already.
  bool write(const text::TrainedTokenizer& trained) const {
    const std::filesystem::path path(out_);
    if (std::filesystem::exists(path) && !force_) {
      if (std::filesystem::is_regular_file(path) && sha256_file(path) == sha256_hex(trained.bytes)) return true;
      throw Error(Code::output_exists, "there is another file of this name")
          .at(out_)
          .hint("models trained with it would not load any more: choose another name, or replace it with --force");
    }
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    write_file_atomically(path, trained.bytes);
    return false;
  }

  text::TokenizerOptions options_;
  FieldTable table_;
  KeyFlags keys_;
  std::string store_, out_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Verb> tokenizer_verb(Arguments& arguments) { return std::make_unique<TokenizerVerb>(arguments); }

}  // namespace scar::apps
