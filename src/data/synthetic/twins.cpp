#include "scar/data/synthetic/twins.h"

#include <algorithm>
#include <utility>

#include "scar/core/parallel.h"
#include "scar/data/synthetic/render.h"

namespace scar::data {

Twins::Twins(const SyntheticOptions& options, const std::vector<TwinOf>& twins, int jobs)
    : options_(options), samples_(twins.size()), scale_mv_(twins.size()), reports_(twins.size()) {
  for_each_parallel(0, size(), jobs, [&](std::int64_t i) {
    const auto place = static_cast<std::size_t>(i);
    auto record = render(options, twins[place].index, twins[place].finding);
    samples_[place] = std::move(record.samples);
    scale_mv_[place] = record.scale_mv;
    reports_[place] = std::move(record.report);
  });
}

void Twins::read(std::int64_t twin, std::int16_t* out, std::int64_t /*coming*/) const {
  const auto& samples = samples_[static_cast<std::size_t>(twin)];
  std::copy(samples.begin(), samples.end(), out);
}

}  // namespace scar::data
