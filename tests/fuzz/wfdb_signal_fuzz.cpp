// read_wfdb_samples, to_ecg and fit_signal. The input is a header, a NUL byte and the bytes of the signal files a.dat and
// b.dat, which are one file with two names.
#include <algorithm>
#include <cmath>
#include <string>

#include "fuzz/fuzz_support.h"
#include "fuzz/scratch_file.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/signal_path.h"
#include "scar/ingest/wfdb_signal.h"

namespace ingest = scar::ingest;

namespace {

void check_samples(const ingest::WfdbHeader& header, const ingest::WfdbSamples& samples) {
  FUZZ_CHECK(samples.samples > 0 && (!header.samples || *header.samples == samples.samples));
  FUZZ_CHECK(samples.values.size() == header.signals.size() * static_cast<std::size_t>(samples.samples));
  for (std::size_t i = 0; i < header.signals.size(); ++i) {
    const auto& signal = header.signals[i];
    const auto* values = samples.values.data() + i * static_cast<std::size_t>(samples.samples);
    const bool whole = signal.skew == 0 &&
                       std::find(values, values + samples.samples, ingest::kNotMeasured) == values + samples.samples;
    if (!whole) continue;
    std::uint32_t sum = 0;
    for (std::int64_t t = 0; t < samples.samples; ++t) sum += static_cast<std::uint32_t>(values[t]);
    if (signal.checksum) FUZZ_CHECK(static_cast<std::uint16_t>(sum) == static_cast<std::uint16_t>(*signal.checksum));
    if (signal.initial_value && signal.format != 8) FUZZ_CHECK(values[0] == *signal.initial_value);
  }
}

void check_ecg(const ingest::EcgSamples& ecg) {
  FUZZ_CHECK(ecg.samples >= 0 && ecg.values.size() == 12 * static_cast<std::size_t>(ecg.samples));
  FUZZ_CHECK(std::isfinite(ecg.scale_mv) && ecg.scale_mv > 0 && std::isfinite(ecg.largest_mv));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const scar::fuzz::ScratchFolder folder;
  static const bool linked = [] {
    std::filesystem::create_hard_link(folder.write("a.dat", ""), folder.path() / "b.dat");
    return true;
  }();
  static_cast<void>(linked);
  const auto input = scar::fuzz::as_text(data, size);
  const auto end = std::min(input.find('\0'), input.size());
  scar::fuzz::accepts([&] {
    const auto header = ingest::parse_wfdb_header(input.substr(0, end), "fuzz.hea");
    folder.write("a.dat", input.substr(std::min(end + 1, size)));
    const auto samples = ingest::read_wfdb_samples(folder.path(), header, folder.path());
    check_samples(header, samples);
    auto ecg = ingest::to_ecg(header, samples);
    check_ecg(ecg);
    FUZZ_CHECK(ecg.samples == samples.samples && ecg.rate_hz == header.rate_hz);
    const auto leads = ingest::match_leads(header);
    if (ecg.lossless) {
      for (std::size_t lead = 0; lead < leads.size(); ++lead) {
        if (leads[lead] < 0) continue;
        const auto& signal = header.signals[static_cast<std::size_t>(leads[lead])];
        for (std::int64_t t = 0; t < ecg.samples; ++t) {
          const auto raw = samples.values[static_cast<std::size_t>(leads[lead] * samples.samples + t)];
          const auto stored = ecg.values[static_cast<std::size_t>(static_cast<std::int64_t>(lead) * ecg.samples + t)];
          FUZZ_CHECK(raw == ingest::kNotMeasured ? stored == scar::data::kMissing
                                                 : std::int64_t{raw} - signal.baseline == stored);
        }
      }
    }
    ingest::fit_signal(ecg, 500, 1);
    check_ecg(ecg);
    FUZZ_CHECK(ecg.samples == 500);
  });
  return 0;
}
