#pragma once

#include "scar/ingest/recipes/ptbxl_table.h"
#include "scar/ingest/source.h"

namespace scar::ingest {

/// The public label file of PTB-XL's Sub task has other columns in train than in validation and test: at places 10 to 12
/// (from 0) it has AVB, RAO/RAE, ISC where they have ISC, AVB, RAO/RAE. Published work indexes by place, so that it trains
/// the column that it scores as ISC on AVB, AVB on RAO/RAE and RAO/RAE on ISC. Zero-shot figures are not affected.
constexpr const char* kSubPublished = "ptbxl-sub-published";

/// Adds the task kSubPublished to a PTB-XL source: the labels of ptbxl-sub, in folds 1 to 8 moved as published. With
/// `census`, positives of every split whose folds are all present are compared with the published numbers: counts_differ.
void add_sub_published(Source& source, const PtbxlCensus* census);

}  // namespace scar::ingest
