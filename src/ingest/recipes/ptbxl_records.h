#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scar/core/error.h"
#include "scar/data/ecg_record.h"
#include "scar/ingest/recipes/ptbxl.h"

namespace scar::ingest {

constexpr std::int64_t kPtbxlSeconds = 10;

/// A report as the store keeps it beside the raw one.
struct PtbxlText {
  std::string report, language;
};

/// What came of one row.
struct PtbxlResult {
  data::EcgRecord record;        // if there is no problem
  std::optional<Error> problem;  // of the data of this row
};

/// "header_invalid" for the codes that a damaged record can have; nothing for codes that are no matter of one record.
[[nodiscard]] std::optional<std::string> reason_of(Code code);
/// What and where, with paths relative to the root, so that a store does not depend on where its source lay.
[[nodiscard]] std::string detail_of(const Error& error, const std::filesystem::path& root);

[[nodiscard]] std::filesystem::path header_path(const PtbxlTable& table, const PtbxlRow& row, std::int64_t rate_hz);
/// Whether header and signal file of a row are there; their content is not looked at.
[[nodiscard]] bool files_exist(const PtbxlTable& table, const PtbxlRow& row, std::int64_t rate_hz);

/// Reads the signal of a row: 10 s at the wanted rate, else header_invalid.
[[nodiscard]] data::EcgRecord read_record(const PtbxlTable& table, const PtbxlRow& row, const PtbxlText& text,
                                          std::int64_t rate_hz);

/// Calls work(i) for first <= i < end on `jobs` threads. The exception of the smallest i is thrown after all have
/// ended.
void for_each_parallel(std::int64_t first, std::int64_t end, int jobs, const std::function<void(std::int64_t)>& work);

}  // namespace scar::ingest
