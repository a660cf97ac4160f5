#include "scar/training/ecg_input.h"

#include <ATen/ATen.h>

#include <array>

#include "scar/data/ecg_record.h"
#include "scar/data/lead_names.h"
#include "scar/data/visibility.h"

namespace scar::training {

at::Tensor millivolts(const at::Tensor& stored, const at::Tensor& scale_mv) {
  return stored.masked_fill(stored.eq(data::kMissing), 0).to(at::kFloat).mul_(scale_mv.view({-1, 1, 1}));
}

model::EcgInput ecg_input(const data::Batch& batch, std::int64_t samples, std::int64_t patch, c10::Device device) {
  const auto size = batch.size();
  const std::array<std::int64_t, 3> shape{size, data::kLeads, samples};
  model::EcgInput input;
  if (device.is_cpu()) {
    // One pass over the samples, where the tensor operations would take four.
    input.signal = at::empty(shape, at::kFloat);
    auto* out = input.signal.data_ptr<float>();
    for (std::int64_t b = 0; b < size; ++b) {
      const auto first = b * data::kLeads * samples;
      data::decode_mv(batch.signal + first, samples, batch.scale_mv[static_cast<std::size_t>(b)], out + first);
    }
  } else {
    auto scale = at::from_blob(const_cast<float*>(batch.scale_mv.data()), {size}, at::kFloat);
    input.signal = millivolts(at::from_blob(batch.signal, shape, at::kShort).to(device, /*non_blocking=*/true),
                              scale.to(device, /*non_blocking=*/true));
  }
  input.visible = at::from_blob(batch.visible, {size, data::kLeads, samples / patch}, at::kByte)
                      .to(device, /*non_blocking=*/true)
                      .to(at::kBool);
  return input;
}

}  // namespace scar::training
