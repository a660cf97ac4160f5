#pragma once

#include <string>
#include <vector>

namespace scar::test {

/// Flags of scar-train for a model whose updates take milliseconds, on one thread in fp32. Later flags win over these.
inline std::vector<std::string> small_model_arguments() {
  return {"--threads=1",
          "--device=cpu",
          "--precision=fp32",
          "--text.tokenizer.vocabulary_size=200",
          "--model.width=32",
          "--model.embedding=32",
          "--model.ecg.patch_samples=100",
          "--model.ecg.max_patches=10",
          "--model.ecg.stem_channels=8",
          "--model.ecg.blocks=1",
          "--model.ecg.mlp_ratio=1",
          "--model.text.blocks=1",
          "--model.text.mlp_ratio=1",
          "--model.masker.width=16",
          "--model.masker.blocks=1",
          "--game.batch=16",
          "--train.batch=16"};
}

}  // namespace scar::test
