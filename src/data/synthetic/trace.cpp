#include "trace.h"

#include <algorithm>
#include <cmath>

#include "scar/data/lead_names.h"
#include "scar/data/store/store_format.h"
#include "scar/data/synthetic/evidence.h"

namespace scar::data {

namespace {

std::int32_t nearest(float value) { return static_cast<std::int32_t>(value + (value < 0 ? -0.5F : 0.5F)); }

/// A contribution in whole uV, and in steps of `step`; nothing below the threshold.
std::int32_t quantised(float uv, std::int32_t step) {
  if (std::abs(uv) < static_cast<float>(kEvidenceThresholdUv)) return 0;
  return step * nearest(uv / static_cast<float>(step));
}

using Leads = std::array<std::vector<std::int32_t>, kLeads>;

void derive_leads(const Potentials& potentials, Leads& leads) {
  const auto size = potentials[0].size();
  const auto &ra = potentials[kRa], &la = potentials[kLa], &ll = potentials[kLl];
  for (std::size_t i = 0; i < size; ++i) {
    leads[kLeadI][i] = nearest(la[i] - ra[i]);
    leads[kLeadIi][i] = nearest(ll[i] - ra[i]);
    leads[kLeadIii][i] = nearest(ll[i] - la[i]);
    leads[kLeadAvr][i] = nearest(ra[i] - 0.5F * (la[i] + ll[i]));
    leads[kLeadAvl][i] = nearest(la[i] - 0.5F * (ra[i] + ll[i]));
    leads[kLeadAvf][i] = nearest(ll[i] - 0.5F * (ra[i] + la[i]));
  }
  for (std::size_t v = 0; v < 6; ++v) {
    const auto& electrode = potentials[kV1 + v];
    auto& lead = leads[kLeadV1 + v];
    for (std::size_t i = 0; i < size; ++i) lead[i] = nearest(electrode[i] - (ra[i] + la[i] + ll[i]) / 3.0F);
  }
}

/// Local potentials with Wilson's terminal at zero.
void add_local(const LocalSource& source, double shift, double amplitude, const std::vector<float>& course,
               Potentials& potentials) {
  const auto gains = precordial_gains(source, shift);
  std::array<double, kElectrodes> all{};
  all[kRa] = -(source.limb_i + source.limb_ii) / 3;
  all[kLa] = (2 * source.limb_i - source.limb_ii) / 3;
  all[kLl] = (2 * source.limb_ii - source.limb_i) / 3;
  for (std::size_t v = 0; v < 6; ++v) all[kV1 + v] = gains[v];
  for (std::size_t e = 0; e < kElectrodes; ++e) {
    if (all[e] == 0) continue;
    const auto factor = static_cast<float>(all[e] * amplitude);
    for (std::size_t i = 0; i < course.size(); ++i) potentials[e][i] += factor * course[i];
  }
}

/// A finding's source in whole uV on top of the leads, so that its twin is the same integers without it. Steps of 2 uV
/// in I and II keep the other limb leads whole and the identities exact. Marks the units that it changes.
void add_evidence(const SyntheticOptions& options, const LocalSource& source, double shift, double amplitude,
                  const std::vector<float>& course, Leads& leads, std::vector<std::uint8_t>& bitmap) {
  const auto blocks = options.blocks(), block_samples = options.block_samples();
  bitmap.assign(static_cast<std::size_t>(bitmap_bytes(blocks)), 0);
  const auto touch = [&](int lead, std::size_t i, std::int32_t uv) {
    if (uv == 0) return;
    leads[static_cast<std::size_t>(lead)][i] += uv;
    set_unit(bitmap.data(), blocks, lead, static_cast<std::int64_t>(i) / block_samples);
  };
  const auto gains = precordial_gains(source, shift);
  for (int v = 0; v < 6; ++v) {
    const auto factor = static_cast<float>(gains[static_cast<std::size_t>(v)] * amplitude);
    if (factor == 0) continue;
    for (std::size_t i = 0; i < course.size(); ++i) touch(kLeadV1 + v, i, quantised(factor * course[i], 1));
  }
  if (source.limb_i == 0 && source.limb_ii == 0) return;
  const auto one = static_cast<float>(source.limb_i * amplitude), two = static_cast<float>(source.limb_ii * amplitude);
  for (std::size_t i = 0; i < course.size(); ++i) {
    const auto d1 = quantised(one * course[i], 2), d2 = quantised(two * course[i], 2);
    touch(kLeadI, i, d1);
    touch(kLeadIi, i, d2);
    touch(kLeadIii, i, d2 - d1);
    touch(kLeadAvr, i, -(d1 + d2) / 2);
    touch(kLeadAvl, i, d1 - d2 / 2);
    touch(kLeadAvf, i, d2 - d1 / 2);
  }
}

}  // namespace

Trace draw_trace(const SyntheticOptions& options, const Scene& scene, FindingSet on, const std::vector<Beat>& beats,
                 const Potentials& noise) {
  const auto size = static_cast<std::size_t>(options.samples());
  Potentials potentials = noise;
  std::array<std::vector<float>, 3> dipole;
  for (auto& axis : dipole) axis.resize(size);
  add_dipole(options, scene, beats, dipole);
  project_dipole(dipole, potentials);
  if (has(on, kAtrialFibrillation)) add_fibrillation(options, scene, potentials);

  std::array<std::vector<float>, kSources> courses;
  for (std::size_t s = 0; s < kSources; ++s) {
    const auto& drawn = scene.sources[s];
    courses[s] = source_course(options, kLocalSources[s], drawn.stage, beats);
    add_local(kLocalSources[s], drawn.shift, drawn.background_uv + drawn.decoy_uv, courses[s], potentials);
  }
  Leads leads;
  for (auto& lead : leads) lead.resize(size);
  derive_leads(potentials, leads);

  Trace trace;
  for (std::size_t s = 0; s < kSources; ++s) {
    const auto& source = kLocalSources[s];
    if (!has(on, source.finding)) continue;
    const auto& drawn = scene.sources[s];
    auto& bitmaps = source.primary ? trace.primary : trace.secondary;
    add_evidence(options, source, drawn.shift, drawn.amplitude_uv, courses[s], leads,
                 bitmaps[static_cast<std::size_t>(source.finding)]);
  }
  trace.samples.resize(kLeads * size);
  for (std::size_t lead = 0; lead < kLeads; ++lead) {
    for (std::size_t i = 0; i < size; ++i) {
      // -32768 means missing, so the range is that of a saturated amplifier.
      trace.samples[lead * size + i] = static_cast<std::int16_t>(std::clamp(leads[lead][i], -32767, 32767));
    }
  }
  return trace;
}

}  // namespace scar::data
