// parse_wfdb_header: what is accepted obeys the bounds that the readers of signals rely on, and reads the same when it is
// written again; leads are found or refused.
#include <algorithm>
#include <cmath>
#include <string>

#include "fuzz/fuzz_support.h"
#include "scar/core/cat.h"
#include "scar/ingest/wfdb_header.h"
#include "scar/ingest/wfdb_signal.h"

using scar::cat;

namespace {

std::string written(const scar::ingest::WfdbHeader& header) {
  auto text =
      cat(header.record, " ", header.signals.size(), " ", header.rate_hz, " ", header.samples.value_or(0), "\n");
  for (const auto& s : header.signals) {
    text += cat(s.file, " ", s.format, "x", s.samples_per_frame, ":", s.skew, "+", s.byte_offset, " ",
                s.calibrated ? s.gain : 0.0, "(", s.baseline, ")/", s.unit, " ", s.adc_resolution, " ", s.adc_zero);
    // What follows is by position: a field is there only if those before it are.
    if (s.initial_value) text += cat(" ", *s.initial_value);
    if (s.initial_value && s.checksum) text += cat(" ", *s.checksum, " ", s.block_size, " ", s.description);
    text += "\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  scar::fuzz::accepts([&] {
    const auto header = scar::ingest::parse_wfdb_header(scar::fuzz::as_text(data, size), "fuzz.hea");
    FUZZ_CHECK(!header.signals.empty() && header.signals.size() <= 1024);
    FUZZ_CHECK(header.rate_hz >= 1e-3 && header.rate_hz <= 1e6 && header.samples.value_or(1) > 0);
    for (const auto& s : header.signals) {
      FUZZ_CHECK(!s.file.empty() && s.format >= 0 && s.skew >= 0 && s.byte_offset >= 0 && s.samples_per_frame >= 1);
      FUZZ_CHECK(std::isfinite(s.gain) && s.gain > 0 && !s.unit.empty());
    }
    const auto again = scar::ingest::parse_wfdb_header(written(header), "again.hea");
    FUZZ_CHECK(again.record == header.record && again.rate_hz == header.rate_hz && again.samples == header.samples);
    FUZZ_CHECK(again.signals.size() == header.signals.size());
    for (std::size_t i = 0; i < header.signals.size(); ++i) {
      const auto &a = again.signals[i], &b = header.signals[i];
      FUZZ_CHECK(a.file == b.file && a.format == b.format && a.samples_per_frame == b.samples_per_frame &&
                 a.skew == b.skew && a.byte_offset == b.byte_offset && a.gain == b.gain && a.baseline == b.baseline &&
                 a.unit == b.unit && a.adc_zero == b.adc_zero && a.initial_value == b.initial_value &&
                 a.checksum == b.checksum && (!b.checksum || a.description == b.description));
    }
    scar::fuzz::accepts([&] {
      const auto leads = scar::ingest::match_leads(header);
      for (std::size_t i = 0; i < header.signals.size(); ++i)
        FUZZ_CHECK(std::count(leads.begin(), leads.end(), static_cast<int>(i)) == 1);
    });
  });
  return 0;
}
