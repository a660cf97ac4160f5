#include "scar/data/store/signal_form.h"

#include <nlohmann/json.hpp>

#include "scar/core/error.h"

namespace scar::data {

SignalForm signal_form(const StoreInfo& info) {
  SignalForm form;
  form.rate_hz = info.rate_hz;
  form.samples = info.samples;
  if (info.provenance_json.empty()) return form;
  // Where a preparation did none of these, its provenance does not speak of them.
  const auto provenance = parse_json(info.provenance_json, "provenance", static_cast<int>(Code::manifest_invalid));
  const auto number = [&](const char* name) {
    return provenance.contains(name) && provenance[name].is_number() ? provenance[name].get<double>() : 0.0;
  };
  form.high_pass_hz = number("high_pass_hz");
  form.notch_hz = number("notch_hz");
  form.derive_leads = provenance.contains("derive_leads");
  return form;
}

Json to_json(const SignalForm& form) {
  return {{"rate_hz", form.rate_hz},
          {"samples", form.samples},
          {"high_pass_hz", form.high_pass_hz},
          {"notch_hz", form.notch_hz},
          {"derive_leads", form.derive_leads}};
}

SignalForm parse_signal_form(const Json& json, const std::string& where) {
  try {
    SignalForm form;
    form.rate_hz = json.at("rate_hz").get<double>();
    form.samples = json.at("samples").get<std::int64_t>();
    form.high_pass_hz = json.at("high_pass_hz").get<double>();
    form.notch_hz = json.at("notch_hz").get<double>();
    form.derive_leads = json.at("derive_leads").get<bool>();
    if (form.rate_hz >= 1 && form.rate_hz <= 10000 && form.samples > 0 && form.high_pass_hz >= 0 && form.notch_hz >= 0)
      return form;
  } catch (const nlohmann::json::exception&) {
  }
  throw Error(Code::manifest_invalid, "not the form of a signal").at(where).got(json.dump());
}

}  // namespace scar::data
