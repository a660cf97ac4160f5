#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "../checksum_list.h"
#include "scar/ingest/download.h"

namespace scar::ingest {

inline constexpr const char* kStateFolder = ".scar-download";  // of a download folder
inline constexpr const char* kPartSuffix = ".part";

/// Which entries of the list are to be fetched, tables first. Error(checksum_list_invalid) if the list is not one of
/// the dataset or names files that scar itself would write; Error(out_of_range) if `only` and `rate` choose nothing.
[[nodiscard]] std::vector<std::size_t> choose_files(const ChecksumList& list, const std::string& origin,
                                                    const RemoteDataset& dataset, const DownloadOptions& options);

/// The folder that the dataset's verb takes as --root: `out` where tables lie there, else the folder that all chosen
/// files have in common.
[[nodiscard]] std::filesystem::path preparation_root(const std::filesystem::path& out, const ChecksumList& list,
                                                     const std::vector<std::size_t>& chosen,
                                                     const RemoteDataset& dataset);

}  // namespace scar::ingest
