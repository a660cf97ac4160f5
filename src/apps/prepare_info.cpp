#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/file_transaction.h"
#include "scar/core/json.h"
#include "scar/data/store/card.h"
#include "scar/report/markup.h"

namespace scar::apps {

namespace {

std::string folds_text(const std::vector<int>& folds) {
  std::string out;
  for (const int fold : folds) out += cat(out.empty() ? "" : ", ", fold);
  return out;
}

// "source PTB-XL, version 1.0.3, ...": what is said in words; hashes and nested parts are in --json and --html.
std::string provenance_text(const Json& provenance) {
  constexpr std::size_t kHash = 64;
  std::string out;
  for (const auto& [key, value] : provenance.items()) {
    if (value.is_structured() || (value.is_string() && value.get<std::string>().size() == kHash)) continue;
    out += cat(out.empty() ? "" : ", ", key, " ", value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out.empty() ? "unknown" : out;
}

class InfoVerb final : public Verb {
 public:
  explicit InfoVerb(Arguments& arguments)
      : Verb(arguments.verb("info",
                            "Data card of a store: records, patients, languages, recorders and positives of each "
                            "split, what was left out and why, hashes.",
                            "scar-prepare info data/ptbxl100.store --html card.html")) {
    command_.positional("STORE", store_, "a store of scar-prepare");
    command_.option("--html", html_, "also write the card as one HTML file");
  }

  int run(const Arguments& arguments) override {
    const auto store = data::Store::open(store_);
    const auto card = data::make_card(store);
    const auto document = as_json(store, card);
    if (!html_.empty()) write_file_atomically(html_, as_html(store, card, document));
    if (arguments.json())
      std::cout << document.dump(2) << "\n";
    else
      std::cout << as_text(store, card);
    return 0;
  }

 private:
  static Json provenance_of(const data::StoreInfo& info) {
    return parse_json(info.provenance_json, "provenance", static_cast<int>(Code::manifest_invalid));
  }

  [[nodiscard]] Json as_json(const data::Store& store, const data::StoreCard& card) const {
    const auto& info = store.info();
    Json answer;
    answer["store"] = store_;
    answer["kind"] = info.kind;
    answer["rate_hz"] = info.rate_hz;
    answer["samples"] = info.samples;
    answer["leads"] = 12;
    answer["sums"] = sums_json(store.summary());
    answer["manifest_sha256"] = store.manifest_hash();
    answer["provenance"] = provenance_of(info);
    answer["distinct_reports"] = card.distinct_reports;
    answer["words_5_50_95"] = card.words;
    answer["splits"] = Json::array();
    for (const auto& split : card.splits) {
      if (split.records == 0) continue;
      Json entry;
      entry["name"] = split.name;
      entry["folds"] = split.folds;
      entry["records"] = split.records;
      entry["patients"] = split.patients;
      entry["without_patient"] = split.without_patient;
      entry["without_report"] = split.without_report;
      entry["languages"] = split.languages;
      entry["recorders"] = split.recorders;
      for (const auto& task : split.tasks) {
        Json& one = entry["tasks"][task.name];
        one["records"] = task.records;
        const auto& classes = store.task(task.name).classes;
        for (std::size_t c = 0; c < classes.size(); ++c) one["positives"][classes[c]] = task.positives[c];
      }
      answer["splits"].push_back(std::move(entry));
    }
    answer["excluded"] = exclusions_json(store.excluded());
    return answer;
  }

  [[nodiscard]] std::string as_text(const data::Store& store, const data::StoreCard& card) const {
    const auto& info = store.info();
    std::string out = cat(
        line("store", cat(store_, " (", info.kind, "): ", info.samples, " samples at ", info.rate_hz, " Hz, 12 leads")),
        line("made from", provenance_text(provenance_of(info))), line("records", sums(store.summary())),
        exclusions(store.excluded()));
    for (const auto& split : card.splits) {
      if (split.records == 0) continue;
      out += line(split.name,
                  cat(grouped(split.records), " records of ", grouped(split.patients), " patients",
                      split.without_patient > 0 ? cat(" and ", grouped(split.without_patient), " without one") : "",
                      ", folds ", folds_text(split.folds), "; without a report ", grouped(split.without_report)));
      out += line("", cat("languages ", counted(split.languages), "; recorders ", counted(split.recorders)));
      for (const auto& task : split.tasks) {
        if (task.records == 0) continue;
        const auto& classes = store.task(task.name).classes;
        std::string positives;
        for (std::size_t c = 0; c < classes.size(); ++c)
          positives += cat(c > 0 ? ", " : "", classes[c], " ", grouped(task.positives[c]));
        out += line("", cat(task.name, " ", grouped(task.records), ": ", positives));
      }
    }
    out += line("reports", cat(grouped(card.distinct_reports), " different; words (5, 50, 95 %): ", card.words[0], ", ",
                               card.words[1], ", ", card.words[2]));
    out += line("manifest", store.manifest_hash());
    return out;
  }

  [[nodiscard]] std::string as_html(const data::Store& store, const data::StoreCard& card, const Json& document) const {
    const auto& info = store.info();
    std::string out = cat(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Data card: ", report::escape_markup(store_),
        "</title>\n<style>body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 "
        "1em;color:#222}"
        "table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border-bottom:1px solid #ccc;padding:.2em .8em;"
        "text-align:right}td:first-child,th:first-child{text-align:left}code{font-size:90%}</style>\n<h1>Data "
        "card</h1>\n<p>",
        report::escape_markup(store_), ": ", report::escape_markup(info.kind), ", ", info.samples, " samples at ",
        info.rate_hz, " Hz, 12 leads. ", report::escape_markup(sums(store.summary())),
        ".</p>\n<h2>Splits</h2>\n<table><tr><th>split<th>folds<th>records"
        "<th>patients<th>without patient<th>without report<th>languages<th>recorders</tr>\n");
    for (const auto& split : card.splits) {
      if (split.records == 0) continue;
      out += cat("<tr><td>", split.name, "<td>", folds_text(split.folds), "<td>", grouped(split.records), "<td>",
                 grouped(split.patients), "<td>", grouped(split.without_patient), "<td>", grouped(split.without_report),
                 "<td>", report::escape_markup(counted(split.languages)), "<td>",
                 report::escape_markup(counted(split.recorders)), "</tr>\n");
    }
    out += "</table>\n";
    for (std::size_t t = 0; t < info.tasks.size(); ++t) {
      const auto& task = info.tasks[t];
      out += cat("<h2>", report::escape_markup(task.name), "</h2>\n<table><tr><th>class");
      for (const auto& split : card.splits) {
        if (split.records > 0) out += cat("<th>", split.name);
      }
      out += "</tr>\n<tr><td>records";
      for (const auto& split : card.splits) {
        if (split.records > 0) out += cat("<td>", grouped(split.tasks[t].records));
      }
      out += "</tr>\n";
      for (std::size_t c = 0; c < task.classes.size(); ++c) {
        out += cat("<tr><td>", report::escape_markup(task.classes[c]));
        for (const auto& split : card.splits) {
          if (split.records > 0) out += cat("<td>", grouped(split.tasks[t].positives[c]));
        }
        out += "</tr>\n";
      }
      out += "</table>\n";
    }
    out += "<h2>Left out</h2>\n";
    if (store.excluded().empty()) {
      out += "<p>Nothing.</p>\n";
    } else {
      out += "<table><tr><th>record<th>reason<th>detail</tr>\n";
      for (const auto& one : store.excluded())
        out += cat("<tr><td>", report::escape_markup(one.id), "<td>", report::escape_markup(one.reason), "<td>",
                   report::escape_markup(one.detail), "</tr>\n");
      out += "</table>\n";
    }
    out += cat("<h2>Provenance</h2>\n<pre>", report::escape_markup(document["provenance"].dump(2)),
               "</pre>\n<p>MANIFEST.json SHA-256 <code>", store.manifest_hash(), "</code></p>\n</html>\n");
    return out;
  }

  std::string store_, html_;
};

}  // namespace

std::unique_ptr<Verb> info_verb(Arguments& arguments) { return std::make_unique<InfoVerb>(arguments); }

}  // namespace scar::apps
