#include "scar/ingest/recipes/csn.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "../background.h"
#include "../find_headers.h"
#include "../strict_text.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/split_list.h"
#include "scar/ingest/task_counts.h"

namespace scar::ingest {

namespace {

namespace fs = std::filesystem;

constexpr int kWarnPartial = 24, kWarnUnmapped = 25;
constexpr const char *kPublished = "csn-published", *kExact = "csn-exact", *kNames = "ConditionNames_SNOMED-CT.csv";

const std::vector<PublishedClass>& published() {
  static const std::vector<PublishedClass> list = {
      {"AQW", {433, 46, 112}},   {"UW", {45, 3, 10}},      {"SR", {5154, 571, 1404}}, {"WPW", {34, 5, 14}},
      {"2AVB", {31, 3, 4}},      {"AT", {115, 15, 42}},    {"VB", {665, 82, 169}},    {"ARS", {365, 53, 114}},
      {"STTC", {610, 81, 186}},  {"SA", {2075, 217, 536}}, {"STE", {295, 30, 93}},    {"VPB", {174, 20, 43}},
      {"TWO", {806, 85, 232}},   {"STTU", {97, 14, 36}},   {"ALS", {641, 70, 210}},   {"APB", {497, 52, 136}},
      {"2AVB1", {13, 2, 1}},     {"PRIE", {20, 1, 8}},     {"CCR", {87, 16, 38}},     {"CR", {141, 25, 50}},
      {"AF", {3383, 383, 987}},  {"AVB", {662, 82, 169}},  {"QTIE", {137, 16, 32}},   {"LBBB", {143, 24, 42}},
      {"VEB", {15, 1, 5}},       {"SVT", {434, 51, 128}},  {"RBBB", {394, 46, 93}},   {"1AVB", {510, 66, 126}},
      {"STDD", {307, 29, 91}},   {"MI", {36, 6, 15}},      {"AFIB", {992, 124, 297}}, {"TWC", {3288, 389, 968}},
      {"PWC", {73, 3, 11}},      {"ERV", {180, 18, 68}},   {"RVH", {20, 4, 5}},       {"LVH", {83, 8, 22}},
      {"ST", {4553, 504, 1281}}, {"JEB", {17, 3, 5}}};
  return list;
}

const std::vector<PublishedClass>& exact() {
  static const std::vector<PublishedClass> list = {
      {"AQW", {433, 46, 112}},   {"UW", {45, 3, 10}},      {"SR", {5154, 571, 1404}}, {"WPW", {34, 5, 14}},
      {"2AVB", {18, 1, 3}},      {"AT", {115, 15, 42}},    {"VB", {3, 0, 0}},         {"ARS", {365, 53, 114}},
      {"STTC", {610, 81, 186}},  {"SA", {1549, 163, 395}}, {"STE", {295, 30, 93}},    {"VPB", {174, 20, 43}},
      {"TWO", {806, 85, 232}},   {"STTU", {97, 14, 36}},   {"ALS", {641, 70, 210}},   {"APB", {497, 52, 136}},
      {"2AVB1", {13, 2, 1}},     {"PRIE", {20, 1, 8}},     {"CCR", {87, 16, 38}},     {"CR", {54, 9, 12}},
      {"AF", {2391, 259, 690}},  {"AVB", {123, 14, 39}},   {"QTIE", {137, 16, 32}},   {"LBBB", {143, 24, 42}},
      {"VEB", {15, 1, 5}},       {"SVT", {434, 51, 128}},  {"RBBB", {394, 46, 93}},   {"1AVB", {510, 66, 126}},
      {"STDD", {307, 29, 91}},   {"MI", {36, 6, 15}},      {"AFIB", {992, 124, 297}}, {"TWC", {3288, 389, 968}},
      {"PWC", {73, 3, 11}},      {"ERV", {180, 18, 68}},   {"RVH", {20, 4, 5}},       {"LVH", {83, 8, 22}},
      {"ST", {3720, 404, 1030}}, {"JEB", {17, 3, 5}}};
  return list;
}

struct Condition {
  std::string acronym, full_name;
};

// By SNOMED code; several rows share a code, and the first one counts.
std::map<std::string, Condition, std::less<>> read_conditions(const DataRoot& root) {
  const auto table = CsvTable::read(root, root / kNames);
  const auto acronym = table.find_column("AcronymName") ? table.column("AcronymName") : table.column("Acronym Name");
  const auto name = table.find_column("FullName") ? table.column("FullName") : table.column("Full Name");
  const auto code = table.column("Snomed_CT");
  std::map<std::string, Condition, std::less<>> conditions;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    conditions.emplace(std::string(trimmed(table.at(r, code))),
                       Condition{std::string(trimmed(table.at(r, acronym))), std::string(trimmed(table.at(r, name)))});
  }
  return conditions;
}

struct Diagnoses {
  std::vector<std::string> acronyms;
  std::string report;  // the full names
};

// Codes without a row are counted: they are in no class.
Diagnoses diagnoses_of(std::string_view codes, const std::map<std::string, Condition, std::less<>>& conditions,
                       std::map<std::string, std::int64_t>& unmapped) {
  Diagnoses out;
  while (!codes.empty()) {
    const auto comma = std::min(codes.find(','), codes.size());
    const auto code = trimmed(codes.substr(0, comma));
    codes.remove_prefix(std::min(comma + 1, codes.size()));
    if (code.empty()) continue;
    const auto found = conditions.find(code);
    if (found == conditions.end()) {
      ++unmapped[std::string(code)];
      continue;
    }
    out.acronyms.push_back(found->second.acronym);
    out.report += cat(out.report.empty() ? "" : ". ", found->second.full_name);
  }
  return out;
}

std::map<std::string, std::vector<std::uint8_t>> labels_of(const std::vector<std::string>& acronyms) {
  std::string joined;
  for (const auto& acronym : acronyms) joined += cat(joined.empty() ? "" : ",", acronym);
  std::map<std::string, std::vector<std::uint8_t>> labels;
  for (const auto& one : published()) {
    labels[kPublished].push_back(joined.find(one.name) != std::string::npos ? 1 : 0);
    labels[kExact].push_back(std::find(acronyms.begin(), acronyms.end(), one.name) != acronyms.end() ? 1 : 0);
  }
  return labels;
}

}  // namespace

Source csn_source(const DataRoot& root, const fs::path& splits, const CsnOptions& options) {
  const auto list = read_split_list(splits);
  const auto conditions = read_conditions(root);
  Source source;
  source.name = "Chapman-Shaoxing-Ningbo";
  source.root = root;
  source.kind = "csn";
  source.tables = {kNames};
  source.tasks = {task_info(kPublished, published()), task_info(kExact, exact())};
  source.train_folds = {1};
  source.validation_folds = {2};
  source.test_folds = {3};
  Json provenance;
  provenance["source"] = "Chapman-Shaoxing-Ningbo";
  provenance["splits"] = list.sha256;
  provenance[kNames] = sha256_file(root / kNames);
  provenance["all_records"] = options.all_records;
  provenance["counts_checked"] = !options.partial;
  source.provenance_json = provenance.dump();
  std::map<std::string, std::int64_t> unmapped;
  for (const auto& header : find_headers(root)) {
    SourceRecord record;
    record.id = fs::path(header).stem().string();
    record.patient = record.id;  // one record per patient
    record.files = {header, fs::path(header).replace_extension(".mat").generic_string()};
    record.language = "en";
    const HeaderComments comments(root, root / header);
    record.background = background_of(comments);
    const auto fold = list.fold.find(record.id);
    if (fold == list.fold.end() && !options.all_records) {
      record.left_out = "not_in_split";
      record.left_out_detail = "the public task does not name it";
    } else {
      auto diagnoses = diagnoses_of(comments.of("Dx"), conditions, unmapped);
      record.report = std::move(diagnoses.report);
      if (fold != list.fold.end()) {
        record.fold = fold->second;
        record.labels = labels_of(diagnoses.acronyms);
      }
    }
    source.records.push_back(std::move(record));
  }
  std::string codes;
  for (const auto& [code, count] : unmapped) codes += cat(codes.empty() ? "" : ", ", code, " (", count, ")");
  if (!codes.empty()) log::warn(kWarnUnmapped, cat("codes that ", kNames, " does not name, in no class: ", codes));
  if (options.partial) {
    log::warn(kWarnPartial,
              "the folder is taken as a part of the dataset: its counts are not compared with the published ones");
  } else {
    check_published(source, kPublished, list.sizes, published());
    check_published(source, kExact, list.sizes, exact());
  }
  return source;
}

}  // namespace scar::ingest
