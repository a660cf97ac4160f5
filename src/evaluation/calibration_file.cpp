#include "scar/evaluation/calibration_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::evaluation {
namespace {

constexpr const char* kFormat = "scar-calibration";
constexpr int kVersion = 1;

Error malformed(const std::string& where, const std::string& what) {
  return Error(Code::data_unreadable, what).at(where).hint("made by: scar-eval calibrate RUN --data STORE --task TASK");
}

double finite(const Json& value, const std::string& where) {
  const auto number = value.get<double>();
  if (!std::isfinite(number)) throw malformed(where, "a curve has a number that is not finite");
  return number;
}

CalibratedClass read_class(const Json& entry, const std::string& where) {
  CalibratedClass out{entry.at("class").get<std::string>(), std::nullopt, entry.at("n").get<std::int64_t>(),
                      entry.at("positives").get<std::int64_t>()};
  if (out.positives < 0 || out.n < out.positives) throw malformed(where, "a class has more positives than records");
  const auto &slope = entry.at("slope"), &intercept = entry.at("intercept");
  if (slope.is_null() != intercept.is_null()) throw malformed(where, "half of a curve");
  if (!slope.is_null()) out.curve = PlattCurve{finite(slope, where), finite(intercept, where)};
  return out;
}

}  // namespace

std::optional<double> Calibration::probability(const std::string& name, double score) const {
  const auto found =
      std::find_if(classes.begin(), classes.end(), [&](const CalibratedClass& each) { return each.name == name; });
  if (found == classes.end() || !found->curve) return std::nullopt;
  return (*found->curve)(score);
}

std::vector<CalibratedClass> fit_classes(const ScoreTable& scores) {
  std::vector<CalibratedClass> out;
  for (std::int64_t column = 0; column < scores.columns(); ++column) {
    const auto labels = scores.column_labels(column);
    out.push_back({scores.classes[static_cast<std::size_t>(column)], fit_platt(scores.column_scores(column), labels),
                   scores.rows, std::count(labels.begin(), labels.end(), std::uint8_t{1})});
  }
  return out;
}

ScoreTable calibrated(const Calibration& calibration, ScoreTable scores) {
  const auto columns = static_cast<std::size_t>(scores.columns());
  for (std::size_t i = 0; i < scores.scores.size(); ++i) {
    scores.scores[i] = calibration.probability(scores.classes[i % columns], scores.scores[i])
                           .value_or(std::numeric_limits<double>::quiet_NaN());
  }
  return scores;
}

Json calibration_error_json(const std::optional<CalibrationError>& error) {
  if (!error) return nullptr;
  return {
      {"ece_equal_width", error->ece_equal_width}, {"ece_equal_mass", error->ece_equal_mass}, {"brier", error->brier}};
}

Json calibration_json(const Calibration& calibration) {
  Json out;
  out["format"] = kFormat;
  out["version"] = kVersion;
  out["task"] = calibration.task;
  out["weights_sha256"] = calibration.weights_sha256;
  out["prompts_sha256"] = calibration.prompts_sha256;
  auto& classes = out["classes"] = Json::array();
  for (const auto& each : calibration.classes) {
    classes.push_back({{"class", each.name},
                       {"slope", each.curve ? Json(each.curve->slope) : Json(nullptr)},
                       {"intercept", each.curve ? Json(each.curve->intercept) : Json(nullptr)},
                       {"n", each.n},
                       {"positives", each.positives}});
  }
  return out;
}

Calibration load_calibration(const std::filesystem::path& path) {
  const auto where = path.string();
  const Json document = read_json(path, static_cast<int>(Code::data_unreadable), 1u << 26);
  try {
    if (document.at("format") != kFormat || document.at("version") != kVersion) {
      throw Error(Code::data_unreadable, "not a file of calibration curves, or of another version")
          .at(where)
          .wanted(cat(kFormat, " ", kVersion));
    }
    Calibration out{document.at("task").get<std::string>(),
                    document.at("weights_sha256").get<std::string>(),
                    document.at("prompts_sha256").get<std::string>(),
                    {}};
    std::set<std::string> names;
    for (const auto& entry : document.at("classes")) {
      out.classes.push_back(read_class(entry, where));
      if (!names.insert(out.classes.back().name).second) throw malformed(where, "a class stands twice in the file");
    }
    return out;
  } catch (const nlohmann::json::exception& error) {
    throw malformed(where, "not a file of calibration curves").got(error.what());
  }
}

void check_calibration(const Calibration& calibration, const std::string& origin, const std::string& task,
                       const std::string& weights_sha256, const std::string& prompts_sha256) {
  const auto same = [&](const char* what, const std::string& of_file, const std::string& asked) {
    if (of_file == asked) return;
    throw Error(Code::store_mismatch, cat("the calibration is that of another ", what))
        .at(origin)
        .got(of_file)
        .wanted(asked)
        .hint("curves fit the scores of one model and one set of prompts: scar-eval calibrate makes those of this one");
  };
  same("task", calibration.task, task);
  same("model", calibration.weights_sha256, weights_sha256);
  same("set of prompts", calibration.prompts_sha256, prompts_sha256);
}

}  // namespace scar::evaluation
