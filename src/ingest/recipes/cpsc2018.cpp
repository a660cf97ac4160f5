#include "scar/ingest/recipes/cpsc2018.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "../background.h"
#include "../find_headers.h"
#include "../mat_ecg.h"
#include "../published_window.h"
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

constexpr int kWarnPartial = 24;
constexpr const char *kCorrected = "cpsc2018", *kPublished = "cpsc2018-published";

// Columns in the order of the public label files.
const std::vector<PublishedClass>& classes() {
  static const std::vector<PublishedClass> list = {
      {"AFIB", {873, 98, 250}}, {"VPC", {501, 56, 143}},     {"NORM", {649, 85, 184}},
      {"1AVB", {504, 63, 155}}, {"CRBBB", {1359, 141, 357}}, {"STE", {170, 12, 38}},
      {"PAC", {442, 54, 120}},  {"CLBBB", {172, 15, 49}},    {"STD", {644, 63, 162}}};
  return list;
}

// What the sources write for a class: the number of REFERENCE.csv, the word and the SNOMED codes of "#Dx".
const std::map<std::string, std::size_t, std::less<>>& spellings() {
  static const std::map<std::string, std::size_t, std::less<>> map = {
      {"1", 2}, {"Normal", 2}, {"426783006", 2}, {"2", 0}, {"AF", 0},   {"164889003", 0},
      {"3", 3}, {"I-AVB", 3},  {"270492004", 3}, {"4", 7}, {"LBBB", 7}, {"164909002", 7},
      {"5", 4}, {"RBBB", 4},   {"59118001", 4},  {"6", 6}, {"PAC", 6},  {"284470004", 6},
      {"7", 1}, {"PVC", 1},    {"164884008", 1}, {"8", 8}, {"STD", 8},  {"429622005", 8},
      {"9", 5}, {"STE", 5},    {"164931005", 5}};
  return map;
}

void set_label(std::vector<std::uint8_t>& labels, std::string_view spelling, const std::string& where) {
  const auto found = spellings().find(spelling);
  if (found == spellings().end()) {
    throw Error(Code::csv_invalid, "a diagnosis is none of the nine of CPSC2018")
        .at(where)
        .got(shown(spelling))
        .wanted("a word or SNOMED code of the challenge, or 1 to 9 in REFERENCE.csv");
  }
  labels[found->second] = 1;
}

// The task is this partition: figures on another one are figures of another task. DERI's public files for it share 306
// of 1,376 test records with it, and 949 of theirs are training records here (trap T08).
void check_partition(const SplitList& list, const fs::path& path) {
  constexpr const char* kPartition = "7a4da88cdb49751d69f0f2dc914cf4fdcc6ac2a63504fd4ccc4b7e065aabf658";
  if (list.partition_sha256() == kPartition) return;
  const auto fold_of = [&](const char* id) {
    const auto found = list.fold.find(id);
    return found == list.fold.end() ? 0 : found->second;
  };
  const bool deri = fold_of("A5908") == 3 && fold_of("A6729") != 3;  // what its ecg_id 677 is, there and here
  throw Error(Code::csv_invalid, deri ? "this is DERI's partition of CPSC2018, which is another test set"
                                      : "the list is not the public partition of CPSC2018")
      .at(path.string())
      .got(cat(list.sizes[0], " / ", list.sizes[1], " / ", list.sizes[2], " records"))
      .wanted("configs/splits/cpsc2018.txt: 4,950 / 551 / 1,376 records by name")
      .hint("a partition of your own is a table: scar-prepare wfdb --table");
}

// A row number (ecg_id of the public label files) is no record name.
void check_record_name(std::string_view id, const std::string& where) {
  if (is_cpsc2018_record(id)) return;
  throw Error(Code::csv_invalid, "a record name is none").at(where).got(shown(id)).wanted("A0001 to A6877");
}

struct Row {
  std::string id;
  std::vector<std::uint8_t> labels;
  std::vector<std::string> files;
  data::Background background = {};  // the original form keeps it inside of the signal files
};

std::vector<Row> rows_of_headers(const DataRoot& root) {
  std::vector<Row> rows;
  for (const auto& header : find_headers(root)) {
    Row row{fs::path(header).stem().string(),
            std::vector<std::uint8_t>(classes().size(), 0),
            {header, fs::path(header).replace_extension(".mat").generic_string()}};
    const auto path = root / header;
    check_record_name(row.id, path.string());
    const HeaderComments comments(root, path);
    row.background = background_of(comments);
    const auto& diagnoses = comments.of("Dx");
    if (diagnoses.empty())
      throw Error(Code::csv_invalid, "a header names no diagnosis").at(path.string()).wanted("a comment \"#Dx: ...\"");
    for (std::string_view rest = diagnoses; !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      set_label(row.labels, trimmed(rest.substr(0, comma)), path.string());
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> rows_of_reference(const DataRoot& root) {
  const auto table = CsvTable::read(root, root / "REFERENCE.csv");
  const auto name = table.column("Recording");
  const std::array<std::size_t, 3> columns = {table.column("First_label"), table.column("Second_label"),
                                              table.column("Third_label")};
  std::vector<Row> rows;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    const std::string id(trimmed(table.at(r, name)));
    Row row{id, std::vector<std::uint8_t>(classes().size(), 0), {id + ".mat"}};
    check_record_name(id, table.where(r));
    for (const auto column : columns) {
      const auto label = trimmed(table.at(r, column));
      if (!label.empty()) set_label(row.labels, label, table.where(r));
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
  return rows;
}

}  // namespace

bool is_cpsc2018_record(std::string_view id) {
  return id.size() == 5 && id.front() == 'A' && id.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

void validate(const Cpsc2018Options& options, Problems& problems) {
  if (options.window != "published" || (options.rate_hz == 500 && options.seconds == 10)) return;
  Problem problem;
  problem.code = Code::contradiction;
  problem.what = "the published window has its own rate and length";
  problem.got = cat(options.rate_hz, " Hz, ", options.seconds, " s");
  problem.wanted = "500 Hz, 10 s";
  problems.add(problem);
}

Source cpsc2018_source(const DataRoot& root, const fs::path& splits, const Cpsc2018Options& options) {
  Problems problems;
  validate(options, problems);
  problems.throw_if_any();
  const bool published = options.window == "published";
  const std::string task = published ? kPublished : kCorrected;
  const auto list = read_split_list(splits);
  check_partition(list, splits);
  std::error_code ignored;
  const bool original = fs::exists(root / "REFERENCE.csv", ignored);
  auto rows = original ? rows_of_reference(root) : rows_of_headers(root);
  Source source;
  source.name = cat("CPSC2018, ", original ? "original form" : "challenge form");
  source.root = root;
  source.kind = "cpsc2018";
  if (original) source.tables = {"REFERENCE.csv"};
  source.tasks = {task_info(task, classes())};
  source.train_folds = {1};
  source.validation_folds = {2};
  source.test_folds = {3};
  if (original) source.read = read_mat_ecg;
  if (published) {
    source.final_signals = true;
    source.read = [read = source.read](const DataRoot& in, const fs::path& path) {
      auto ecg = read(in, path);
      take_published_window(ecg, path.string());
      return ecg;
    };
  }
  Json provenance;
  provenance["source"] = "CPSC2018";
  provenance["form"] = original ? "original" : "challenge";
  provenance["splits"] = list.sha256;
  if (original) provenance["REFERENCE.csv"] = sha256_file(root / "REFERENCE.csv");
  provenance["window"] = published ? "published: first 5 s, zeros to 10 s, min-max of the record; no voltages"
                                   : cat("first ", options.seconds, " s, padded with missing samples");
  provenance["counts_checked"] = !options.partial;
  source.provenance_json = provenance.dump();
  for (auto& row : rows) {
    SourceRecord record;
    record.id = row.id;
    record.files = std::move(row.files);
    record.background = std::move(row.background);
    if (const auto fold = list.fold.find(row.id); fold != list.fold.end()) {
      record.fold = fold->second;
      record.labels[task] = std::move(row.labels);
    } else {
      record.left_out = "not_in_split";
      record.left_out_detail = "the public partition does not name it";
    }
    source.records.push_back(std::move(record));
  }
  if (options.partial)
    log::warn(kWarnPartial,
              "the folder is taken as a part of CPSC2018: its counts are not compared with the published ones");
  else
    check_published(source, task, list.sizes, classes());
  return source;
}

}  // namespace scar::ingest
