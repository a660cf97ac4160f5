#include "scar/ingest/recipes/mimic_iv_ecg.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "../strict_text.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/hash.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/random.h"
#include "scar/ingest/csv.h"
#include "scar/ingest/data_root.h"

namespace scar::ingest {

namespace {

namespace fs = std::filesystem;

constexpr int kWarnPartial = 24;
constexpr std::int64_t kRecords = 800035, kSubjects = 161352, kPublishedTexts = 771693;
constexpr int kStatements = 18;
constexpr double kValidationShare = 0.02;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// The rule for one text: of a statement, or of all joined.
std::string tidy(std::string text) {
  replace_all(text, "EKG", "ECG");
  const auto cut = [](char c) { return c == ' ' || c == '*' || c == '=' || c == '-'; };
  const auto first = std::find_if_not(text.begin(), text.end(), cut);
  const auto last = std::find_if_not(text.rbegin(), std::string::reverse_iterator(first), cut).base();
  std::string out(first, last);
  for (auto& c : out) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // the reports are ASCII
  }
  return out;
}

std::string single_blanks(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out.push_back(c);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::size_t words(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    count += c != ' ' && !inside ? 1 : 0;
    inside = c != ' ';
  }
  return count;
}

CsvLimits large() {
  CsvLimits limits;
  limits.bytes = (std::uint64_t{2} << 30) - 1;  // the published tables have 0.3 GB; lines are counted by an int
  return limits;
}

}  // namespace

std::optional<std::string> mimic_text(const std::vector<std::string_view>& statements, bool corrected) {
  std::string joined;
  for (const auto statement : statements) {
    if (statement.empty()) continue;
    const auto text = corrected ? single_blanks(tidy(std::string(statement))) : std::string(statement);
    if (text.empty()) continue;
    joined += cat(joined.empty() ? "" : ". ", text);
  }
  if (!corrected) joined = tidy(std::move(joined));
  joined += ".";
  if (words(joined) < 4) return std::nullopt;
  return joined;
}

int mimic_fold(std::string_view subject) {
  return CounterRandom(0, cat("mimic-iv-ecg validation:", subject)).uniform() < kValidationShare ? 2 : 1;
}

Source mimic_source(const DataRoot& root, const MimicOptions& options) {
  const bool corrected = options.text == "corrected";
  const auto list = CsvTable::read(root, root / "record_list.csv", large());
  const auto measurements = CsvTable::read(root, root / "machine_measurements.csv", large());

  const auto study_there = measurements.column("study_id");
  std::vector<std::size_t> statements;
  for (int i = 0; i < kStatements; ++i) statements.push_back(measurements.column(cat("report_", i)));
  std::unordered_map<std::string_view, std::size_t> row_of;
  for (std::size_t r = 0; r < measurements.rows(); ++r) {
    if (!row_of.emplace(measurements.at(r, study_there), r).second)
      throw Error(Code::duplicate_record, "a study stands twice in the table")
          .at(measurements.where(r))
          .got(shown(measurements.at(r, study_there)));
  }

  Source source;
  source.name = "MIMIC-IV-ECG";
  source.root = root;
  source.kind = "mimic-iv-ecg";
  source.tables = {"record_list.csv", "machine_measurements.csv"};
  source.train_folds = {1};
  source.validation_folds = {2};
  const auto study = list.column("study_id"), subject = list.column("subject_id"), path = list.column("path");
  std::unordered_set<std::string_view> subjects, studies;
  std::int64_t texts = 0;
  for (std::size_t r = 0; r < list.rows(); ++r) {
    SourceRecord record;
    record.id = list.at(r, study);
    record.patient = list.at(r, subject);
    if (!studies.insert(list.at(r, study)).second)
      throw Error(Code::duplicate_record, "a study stands twice in the table").at(list.where(r)).got(shown(record.id));
    const auto found = row_of.find(list.at(r, study));
    if (found == row_of.end())
      throw Error(Code::csv_invalid, "a study has no row in machine_measurements.csv")
          .at(list.where(r))
          .got(shown(record.id))
          .wanted("one row of each table for every study");
    subjects.insert(list.at(r, subject));
    record.fold = mimic_fold(record.patient);
    const auto file = std::string(list.at(r, path));
    (void)inside_root(root.folder(), file, list.where(r));
    record.files = {file + ".hea", file + ".dat"};
    record.language = "en";
    std::vector<std::string_view> parts;
    for (const auto column : statements) parts.push_back(measurements.at(found->second, column));
    if (auto text = mimic_text(parts, corrected)) {
      record.report = std::move(*text);
      ++texts;
    } else {
      record.left_out = "text_too_short";
      record.left_out_detail = "fewer than four words";
    }
    source.records.push_back(std::move(record));
  }
  if (list.rows() != measurements.rows()) {
    throw Error(Code::csv_invalid, "the tables do not have the same studies")
        .at(root.string())
        .got(cat(list.rows(), " rows in record_list.csv, ", measurements.rows(), " in machine_measurements.csv"));
  }
  const auto records = static_cast<std::int64_t>(list.rows()), people = static_cast<std::int64_t>(subjects.size());
  if (options.partial) {
    log::warn(kWarnPartial,
              "the tables are taken as a part of the dataset: their counts are not compared with the published ones");
  } else if (records != kRecords || people != kSubjects || (!corrected && texts != kPublishedTexts)) {
    throw Error(Code::counts_differ, "the tables are not those of MIMIC-IV-ECG 1.0")
        .at(root.string())
        .got(cat(records, " records, ", people, " subjects, ", texts, " texts"))
        .wanted(
            cat(kRecords, " records, ", kSubjects, " subjects", corrected ? "" : cat(", ", kPublishedTexts, " texts")))
        .hint("--partial takes a part of it, without this check");
  }
  std::sort(source.records.begin(), source.records.end(), [](const SourceRecord& a, const SourceRecord& b) {
    return a.id.size() != b.id.size() ? a.id.size() < b.id.size() : a.id < b.id;
  });
  Json provenance;
  provenance["source"] = "MIMIC-IV-ECG";
  provenance["record_list.csv"] = sha256_file(root / "record_list.csv");
  provenance["machine_measurements.csv"] = sha256_file(root / "machine_measurements.csv");
  provenance["text_rule"] = cat("mimic-text-", options.text);
  provenance["texts"] = texts;
  provenance["split"] = "2 % of the subjects validate, by a hash of subject_id";
  provenance["counts_checked"] = !options.partial;
  source.provenance_json = provenance.dump();
  return source;
}

}  // namespace scar::ingest
