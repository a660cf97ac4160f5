#include "scar/model/model_options.h"

#include "scar/core/cat.h"

namespace scar::model {

namespace {

void check_heads(const std::string& key, std::int64_t heads, const std::string& width_key, std::int64_t width,
                 Problems& problems) {
  if (heads < 1 || width % heads == 0) return;  // heads below 1 are out of range, which is reported elsewhere
  Problem problem{.code = Code::contradiction, .what = cat("'", key, "' does not divide '", width_key, "'")};
  problem.got = cat(heads, " heads, width ", width);
  problem.hint = "each head takes an equal share of the width";
  problems.add(std::move(problem));
}

}  // namespace

void validate(const ModelOptions& options, Problems& problems, const std::string& prefix) {
  const auto resolved = resolve(options);
  check_heads(prefix + "ecg.heads", resolved.ecg.heads, prefix + "width", resolved.width, problems);
  check_heads(prefix + "text.heads", resolved.text.heads, prefix + "text.width", resolved.text.width, problems);
  if (resolved.masker.enabled) {
    check_heads(prefix + "masker.heads", resolved.masker.heads, prefix + "masker.width", resolved.masker.width,
                problems);
  }
  if (resolved.selector.kind == "attention") {
    check_heads(prefix + "selector.heads", resolved.selector.heads, prefix + "width", resolved.width, problems);
  }
}

ModelOptions resolve(ModelOptions options) {
  if (options.text.width == 0) options.text.width = options.width;
  return options;
}

}  // namespace scar::model
