#include "damage.h"

#include "scar/core/cat.h"

namespace scar::ingest {

std::optional<std::string> reason_of(Code code) {
  switch (code) {
    case Code::data_missing:
      return "file_missing";
    case Code::data_unreadable:
      return "data_unreadable";
    case Code::header_invalid:
      return "header_invalid";
    case Code::signal_cut_short:
      return "signal_cut_short";
    case Code::signal_too_long:
      return "signal_too_long";
    case Code::signal_checksum:
      return "signal_checksum";
    case Code::signal_initial_value:
      return "signal_initial_value";
    case Code::lead_unknown:
      return "lead_unknown";
    case Code::lead_duplicate:
      return "lead_duplicate";
    case Code::unit_unknown:
      return "unit_unknown";
    case Code::format_unsupported:
      return "format_unsupported";
    case Code::path_escapes_root:
      return "path_escapes_root";
    case Code::link_leaves_root:
      return "link_leaves_root";
    case Code::amplitude:
      return "amplitude";
    case Code::mat_invalid:
      return "mat_invalid";
    case Code::text_not_utf8:
      return "text_not_utf8";
    default:
      return std::nullopt;
  }
}

std::string detail_of(const Error& error, const std::filesystem::path& root) {
  const auto& problem = error.problems().front();
  std::string where = problem.where;
  const std::string prefix = (root / "").string();
  if (where.starts_with(prefix)) where.erase(0, prefix.size());
  return cat(problem.what, ": ", where);
}

}  // namespace scar::ingest
