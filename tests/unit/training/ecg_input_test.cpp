#include "scar/training/ecg_input.h"

#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

#include "scar/core/random.h"
#include "scar/data/ecg_record.h"
#include "scar/data/visibility.h"

namespace scar::training {
namespace {

constexpr std::int64_t kRecords = 3, kT = 350, kPatch = 50;

/// Every value that a sample can have is in it, missing ones too.
struct Stored {
  std::vector<std::int16_t> signal;
  std::vector<std::uint8_t> visible;
  data::Batch batch;

  Stored() : signal(kRecords * 12 * kT), visible(kRecords * 12 * (kT / kPatch), 1) {
    CounterRandom random(1, "ecg-input-test");
    for (auto& x : signal) x = static_cast<std::int16_t>(random.bits32());
    signal[0] = signal[5000] = signal.back() = data::kMissing;
    signal[1] = 32767;
    signal[2] = -32767;
    visible[7] = 0;
    batch.records = {4, 0, 9};
    batch.scale_mv = {0.001F, 0.0048828125F, 0.00244F};
    batch.signal = signal.data();
    batch.visible = visible.data();
  }
  [[nodiscard]] std::vector<float> expected() const {
    std::vector<float> mv(signal.size());
    for (std::size_t i = 0; i < mv.size(); ++i)
      mv[i] = signal[i] == data::kMissing ? 0.0F : static_cast<float>(signal[i]) * batch.scale_mv[i / (12 * kT)];
    return mv;
  }
};

bool same_bits(const at::Tensor& tensor, const std::vector<float>& values) {
  return tensor.is_contiguous() && tensor.numel() == static_cast<std::int64_t>(values.size()) &&
         std::memcmp(tensor.data_ptr<float>(), values.data(), values.size() * sizeof(float)) == 0;
}

}  // namespace

TEST(EcgInput, MillivoltsAreTheSameToTheLastBitWhereverTheyAreMade) {
  Stored stored;
  const auto input = ecg_input(stored.batch, kT, kPatch, c10::Device(c10::kCPU));
  EXPECT_EQ(input.signal.sizes(), (std::vector<std::int64_t>{kRecords, 12, kT}));
  EXPECT_TRUE(same_bits(input.signal, stored.expected()));
  const auto samples = at::from_blob(stored.batch.signal, {kRecords, 12, kT}, at::kShort);
  const auto scale = at::tensor(stored.batch.scale_mv);
  EXPECT_TRUE(same_bits(millivolts(samples, scale), stored.expected())) << "as another device than the CPU does it";
  EXPECT_EQ(stored.signal, Stored().signal) << "the batch is left as it was";
}

TEST(EcgInput, OwnsItsMemory) {
  Stored stored;
  const auto expected = stored.expected();
  const auto input = ecg_input(stored.batch, kT, kPatch, c10::Device(c10::kCPU));
  std::fill(stored.signal.begin(), stored.signal.end(), std::int16_t{1});
  std::fill(stored.visible.begin(), stored.visible.end(), std::uint8_t{0});
  EXPECT_TRUE(same_bits(input.signal, expected));
  EXPECT_EQ(input.visible.scalar_type(), at::kBool);
  EXPECT_EQ(input.visible.sum().item<std::int64_t>(), kRecords * 12 * (kT / kPatch) - 1);
  EXPECT_FALSE(input.visible[0][1][0].item<bool>());
}

}  // namespace scar::training
