#include "scar/data/synthetic/render.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "report.h"
#include "scar/core/cat.h"
#include "scar/core/random.h"
#include "scar/data/lead_names.h"
#include "scar/data/store/store_format.h"
#include "trace.h"

namespace scar::data {

namespace {

constexpr int kFolds = 10;

std::string numbered(const char* prefix, std::int64_t number) {
  char text[48];
  std::snprintf(text, sizeof text, "%s%06lld", prefix, static_cast<long long>(number));
  return text;
}

/// Rows of the evidence of record-wide findings: units in which record and twin differ. Ectopic beats are primary, what
/// they push away (the beat that does not come) is secondary.
void mark_differences(const SyntheticOptions& options, const std::vector<std::int16_t>& record,
                      const std::vector<std::int16_t>& twin, const std::vector<Beat>* ectopic, std::uint8_t* primary,
                      std::uint8_t* secondary) {
  const auto blocks = options.blocks(), block_samples = options.block_samples(), samples = options.samples();
  const double block_s = static_cast<double>(block_samples) / static_cast<double>(options.rate_hz);
  for (std::int64_t block = 0; block < blocks; ++block) {
    bool first_rank = true;
    if (ectopic != nullptr) {
      const double begin = static_cast<double>(block) * block_s, end = begin + block_s;
      first_rank = std::any_of(ectopic->begin(), ectopic->end(), [&](const Beat& beat) {
        return beat.ectopic && beat.time - kEctopicBefore < end && beat.time + kEctopicAfter > begin;
      });
    }
    for (int lead = 0; lead < kLeads; ++lead) {
      const auto begin = record.begin() + lead * samples + block * block_samples;
      const auto other = twin.begin() + lead * samples + block * block_samples;
      if (std::equal(begin, begin + block_samples, other)) continue;
      set_unit(first_rank ? primary : secondary, blocks, lead, block);
    }
  }
}

}  // namespace

void validate(const SyntheticOptions& options, Problems& problems) {
  const auto check = [&](const char* key, bool fine, const std::string& got, const char* wanted) {
    if (!fine) problems.add({.code = Code::out_of_range, .what = cat("'", key, "' is ", got), .wanted = wanted});
  };
  check("rate_hz", options.rate_hz >= 100 && options.rate_hz <= 500 && options.rate_hz % 4 == 0, cat(options.rate_hz),
        "a multiple of 4 from 100 to 500, so that a block of 250 ms holds whole samples");
  check("seconds", options.seconds >= 2 && options.seconds <= 30, cat(options.seconds), "2 to 30");
  check("records", options.records >= 1 && options.records <= 10'000'000, cat(options.records), "1 to 10000000");
  check("noise", options.noise >= 0 && options.noise <= 20, cat(options.noise), "0 to 20");
  check("wander", options.wander >= 0 && options.wander <= 20, cat(options.wander), "0 to 20");
  check("decoy_rate", options.decoy_rate >= 0 && options.decoy_rate <= 0.5, cat(options.decoy_rate), "0 to 0.5");
  check("repeat_rate", options.repeat_rate >= 0 && options.repeat_rate <= 0.9, cat(options.repeat_rate), "0 to 0.9");
}

FindingSet finding_set(const SyntheticOptions& options, std::int64_t index) {
  return draw_scene(options, index).findings;
}

EcgRecord render(const SyntheticOptions& options, std::int64_t index, std::optional<int> without_finding) {
  const Scene scene = draw_scene(options, index);
  FindingSet on = scene.findings;
  if (without_finding) {
    if (*without_finding <= kNormal || *without_finding >= kFindings) {
      throw Error(Code::out_of_range, "this finding cannot be taken away")
          .got(cat(*without_finding))
          .wanted(cat("1 to ", kFindings - 1, "; 0 is normal, the lack of all others"));
    }
    on &= ~bit(*without_finding);
  }
  const Potentials noise = draw_noise(options, scene);
  const auto beats = draw_beats(options, scene, on);
  Trace trace = draw_trace(options, scene, on, beats, noise);

  EcgRecord record;
  record.id = numbered("synth-", index);
  record.patient = numbered(cat("synth", options.seed, "-p").c_str(), scene.patient);
  record.fold =
      1 + static_cast<int>(
              mix64(stream_key(options.seed, "synthetic/fold"), static_cast<std::uint64_t>(scene.patient)) % kFolds);
  record.report_raw = write_report(options, scene, on, heart_rate(scene, on));
  record.report = record.report_raw;
  record.recorder = kRecorders[static_cast<std::size_t>(scene.recorder)].name;
  record.language = scene.german ? "de" : "en";
  // Sex and age mean nothing: subgroups by them must not differ.
  CounterRandom patient(options.seed, "synthetic/background", static_cast<std::uint64_t>(scene.patient));
  record.background.sex = patient.chance(.5) ? "female" : "male";
  record.background.age = 18 + static_cast<int>(patient.below(kOldestAge - 17));
  record.background.device = record.recorder;
  std::vector<std::uint8_t> row(kFindings, 0);
  if (on == 0) row[kNormal] = 1;
  for (int f = 1; f < kFindings; ++f) row[static_cast<std::size_t>(f)] = has(on, f) ? 1 : 0;
  record.labels["synth"] = std::move(row);

  const auto bytes = static_cast<std::size_t>(bitmap_bytes(options.blocks()));
  record.primary.assign(kFindings * bytes, 0);
  record.secondary.assign(kFindings * bytes, 0);
  for (std::size_t f = 1; f < kFindings; ++f) {
    const auto finding = static_cast<int>(f);
    if (!has(on, finding)) continue;
    std::uint8_t* primary = record.primary.data() + f * bytes;
    std::uint8_t* secondary = record.secondary.data() + f * bytes;
    if (findings()[f].localised) {
      std::copy(trace.primary[f].begin(), trace.primary[f].end(), primary);
      std::copy(trace.secondary[f].begin(), trace.secondary[f].end(), secondary);
      continue;
    }
    const FindingSet rest = on & ~bit(finding);
    const auto twin = draw_trace(options, scene, rest, draw_beats(options, scene, rest), noise);
    mark_differences(options, trace.samples, twin.samples, finding == kVentricularEctopy ? &beats : nullptr, primary,
                     secondary);
  }
  record.samples = std::move(trace.samples);
  return record;
}

}  // namespace scar::data
