#include "compared_evidence.h"

#include <limits>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/hash.h"

namespace scar::evaluation {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Pairs of one finding: rows of the model's records, and who they are of.
struct Pairs {
  std::string finding;
  std::vector<std::int64_t> records;
};

/// Numbers records in the order in which the findings name them; a record of two findings is one record.
class RecordNumbers {
 public:
  explicit RecordNumbers(const ScoresReader& reader) : reader_(reader) {}
  std::int64_t number(const std::string& id, const std::string& patient) {
    const auto [place, fresh] = numbers_.emplace(id, static_cast<std::int64_t>(patients_.size()));
    if (fresh) {
      patients_.push_back(patient);
      digest_.update(cat(id, "\n", patient, "\n"));
    } else if (patients_[static_cast<std::size_t>(place->second)] != patient) {
      reader_.fail("a record is of two patients", id);
    }
    return place->second;
  }
  [[nodiscard]] const std::vector<std::string>& patients() const { return patients_; }
  [[nodiscard]] std::string fingerprint() {
    return cat(patients_.size(), " records, sha256 ", digest_.hex().substr(0, 16));
  }

 private:
  const ScoresReader& reader_;
  std::map<std::string, std::int64_t> numbers_;
  std::vector<std::string> patients_;
  Sha256 digest_;
};

ComparedCondition condition(const ScoresReader& reader, const std::string& name, const std::vector<Pairs>& pairs,
                            const Patients& patients) {
  ComparedCondition out;
  out.name = name;
  out.what = "macro AUROC";
  auto& classes = out.figure.parts.emplace_back();
  std::set<std::int64_t> taking_part;
  for (const auto& one : pairs) {
    const auto count = static_cast<std::int64_t>(one.records.size());
    const auto scores = [&](const char* side) {
      return reader.numbers(cat("oracle.", one.finding, ".", name, ".", side), {count}, -kInfinity, kInfinity);
    };
    auto values = scores("record");
    const auto twins = scores("twin");
    values.insert(values.end(), twins.begin(), twins.end());
    std::vector<std::uint8_t> labels(values.size(), 0);
    std::fill_n(labels.begin(), one.records.size(), std::uint8_t{1});
    std::vector<std::uint32_t> of_rows;
    for (int side = 0; side < 2; ++side) {
      for (const auto record : one.records) of_rows.push_back(patients.of_record[static_cast<std::size_t>(record)]);
    }
    classes.emplace_back(WeightedAuroc(values, labels, of_rows));
    taking_part.insert(one.records.begin(), one.records.end());
  }
  out.records.assign(taking_part.begin(), taking_part.end());
  return out;
}

}  // namespace

ComparedModel compared_evidence(const ScoresReader& reader) {
  const auto& document = reader.document();
  ComparedModel out;
  out.origin = reader.origin();
  RecordNumbers numbers(reader);
  std::vector<Pairs> pairs;
  const auto& oracle = reader.member(document, "oracle");
  for (const auto& [finding, about] : oracle.items()) {
    const auto ids = reader.texts(about, "records", finding), patients = reader.texts(about, "patients", finding);
    if (ids.size() != patients.size()) reader.fail(cat("'", finding, "' has as many records as patients"));
    Pairs one{finding, {}};
    for (std::size_t i = 0; i < ids.size(); ++i) one.records.push_back(numbers.number(ids[i], patients[i]));
    if (std::set(one.records.begin(), one.records.end()).size() != one.records.size())
      reader.fail(cat("'", finding, "' names a record twice"));
    out.classes.push_back(finding);
    pairs.push_back(std::move(one));
  }
  if (out.classes.empty()) reader.fail("'oracle' names no finding");
  out.patients = number_patients(numbers.patients());
  const auto& run = reader.member(document, "run");
  out.weights_sha256 = reader.text(run, "weights_sha256", "run");
  if (const auto seed = run.find("seed"); seed != run.end() && seed->is_number_unsigned())
    out.seed = seed->get<std::uint64_t>();
  std::string findings;
  for (const auto& finding : out.classes) findings += cat(findings.empty() ? "" : ", ", finding);
  out.identity = {{"kind", "evidence"},
                  {"findings", findings},
                  {"records and patients", numbers.fingerprint()},
                  {"parameters of the generator", reader.text(document, "parameters_sha256")},
                  {"prompts", reader.text(reader.member(document, "prompts"), "sha256", "prompts")}};
  for (const auto* name : {"clean", "primary_removed", "secondary_removed"})
    out.conditions.push_back(condition(reader, name, pairs, out.patients));
  return out;
}

}  // namespace scar::evaluation
