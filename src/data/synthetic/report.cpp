#include "report.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "phrases.h"
#include "scar/core/cat.h"
#include "scar/core/random.h"

namespace scar::data {

namespace {

std::string_view pick(CounterRandom& random, const std::vector<std::string_view>& wordings) {
  return wordings[random.below(wordings.size())];
}

/// ASCII and the two-byte letters of German in UTF-8; the sharp s has no capital here.
std::string with_case(std::string text, bool upper) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto& c = text[i];
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (static_cast<unsigned char>(c) != 0xC3 || i + 1 == text.size()) continue;
    auto& second = text[++i];
    const auto byte = static_cast<unsigned char>(second);
    if (upper && byte >= 0xA0 && byte <= 0xBE) second = static_cast<char>(byte - 0x20);
    if (!upper && byte >= 0x80 && byte <= 0x9E) second = static_cast<char>(byte + 0x20);
  }
  return text;
}

}  // namespace

double heart_rate(const Scene& scene, FindingSet findings) {
  if (has(findings, kAtrialFibrillation)) return scene.rate_fibrillation;
  if (has(findings, kSinusBradycardia)) return scene.rate_bradycardia;
  if (has(findings, kSinusTachycardia)) return scene.rate_tachycardia;
  return scene.rate_normal;
}

std::string write_report(const SyntheticOptions& options, const Scene& scene, FindingSet on, double rate) {
  const auto& phrases = scene.german ? german_phrases() : english_phrases();
  CounterRandom random(options.seed, "synthetic/report", static_cast<std::uint64_t>(scene.index));
  std::vector<std::pair<double, std::string>> statements;  // by place
  const FindingSet named = on == 0 ? bit(kNormal) : on;
  for (int f = 0; f < kFindings; ++f) {
    const double place = random.uniform();
    const auto wording = pick(random, phrases.findings[static_cast<std::size_t>(f)]);
    if (has(named, f)) statements.emplace_back(place, wording);
  }
  const bool rhythm_first = random.chance(0.7);
  const double rhythm_place = rhythm_first ? -1 : random.uniform();
  const auto sinus = pick(random, phrases.sinus_rhythm);
  const bool says_sinus = random.chance(0.75);
  const FindingSet rhythms = bit(kAtrialFibrillation) | bit(kSinusBradycardia) | bit(kSinusTachycardia);
  if (says_sinus && (on & rhythms) == 0) statements.emplace_back(rhythm_place, sinus);

  const bool says_rate = random.chance(0.35), says_axis = random.chance(0.4), says_aside = random.chance(0.3);
  const double rate_place = random.uniform(-0.5, 0.5), axis_place = random.uniform(0.2, 1.2);
  if (says_rate) {
    statements.emplace_back(rate_place,
                            cat(phrases.rate_before, static_cast<int>(std::lround(rate)), phrases.rate_after));
  }
  const auto left = pick(random, phrases.left_axis), normal = pick(random, phrases.normal_axis),
             right = pick(random, phrases.right_axis);
  const double axis_degrees = 45 + scene.frontal * 57.29578;
  if (says_axis) statements.emplace_back(axis_place, axis_degrees < 20 ? left : axis_degrees > 68 ? right : normal);
  const auto aside = pick(random, phrases.asides);
  if (says_aside) statements.emplace_back(2, aside);
  std::stable_sort(statements.begin(), statements.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  const std::string_view separator = random.chance(0.75) ? ". " : random.chance(0.5) ? "; " : ", ";
  const double letter_case = random.uniform();
  const bool full_stop = random.chance(0.7);
  std::string report;
  for (const auto& [place, statement] : statements) {
    if (!report.empty()) report += separator;
    report += statement;
  }
  if (full_stop) report += '.';
  if (letter_case < 0.35) return with_case(std::move(report), false);
  if (letter_case < 0.45) return with_case(std::move(report), true);
  return report;
}

}  // namespace scar::data
