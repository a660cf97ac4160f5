#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "scar/model/dual_encoder.h"
#include "scar/tensor/autocast.h"

namespace scar::evaluation {

/// The signal of one record as stores keep it: [12, T] in units of scale_mv, data::kMissing where nothing was measured.
struct RecordSignal {
  std::vector<std::int16_t> samples;
  float scale_mv = 0.001F;
};

/// What a model says of one record.
struct Prediction {
  std::vector<std::uint8_t> visible;  // [12, P]: the token took part
  bool empty = false;                 // none did: what follows says nothing
  std::vector<double> scores;         // [classes]: cosines
  std::vector<float> embedding;       // [D], unit length
  std::vector<float> weights;  // [12, P] pooling weights, sum 1; empty where every token weighs the same (mean, cls)
};

struct PredictionOptions {
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  tensor::Precision precision = tensor::Precision::fp32;
  double rate_hz = 0;  // of all records
};

/// One forward pass over records of one length T. class_embeddings [C, D], unit rows. What is said of a record depends on
/// the other records of the pass by rounding alone: by less than 1e-6 in fp32.
[[nodiscard]] std::vector<Prediction> predict(model::DualEncoder& model, std::vector<RecordSignal> records,
                                              const at::Tensor& class_embeddings, const PredictionOptions& options);

}  // namespace scar::evaluation
