#include "scar/ingest/prepared_signal.h"

#include <utility>

namespace scar::ingest {

PreparedSignal prepare_signal(EcgSamples ecg, double rate_hz, double seconds, const ProcessingOptions& processing,
                              const std::string& where) {
  PreparedSignal out;
  out.ecg = std::move(ecg);
  if (processing.any() || out.ecg.rate_hz != rate_hz) out.flat = mark_flat(out.ecg);
  if (processing.derive_leads) out.derived = derive_leads(out.ecg);
  out.short_runs = filter_signal(out.ecg, processing);
  out.changes = fit_signal(out.ecg, rate_hz, seconds, where);
  return out;
}

}  // namespace scar::ingest
