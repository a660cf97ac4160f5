#include "scar/training/trained_on.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <string>

#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/file_transaction.h"
#include "scar/core/hash.h"
#include "scar/data/store/splits.h"
#include "scar/tensor/safetensors.h"

namespace scar::training {

namespace fs = std::filesystem;

namespace {

std::int64_t hash_of(const std::string& person) {
  return std::bit_cast<std::int64_t>(xxh3(person.data(), person.size()));
}

at::Tensor sorted(std::vector<std::int64_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  return at::tensor(hashes, at::kLong);
}

bool holds(const at::Tensor& sorted, std::int64_t hash) {
  const auto* begin = sorted.const_data_ptr<std::int64_t>();
  return std::binary_search(begin, begin + sorted.numel(), hash);
}

}  // namespace

void save_trained_on(const fs::path& path, const data::StoreSet& stores, const std::vector<std::int64_t>& records) {
  std::vector<std::int64_t> signals, patients;
  for (const auto record : records) {
    const auto at = stores.place(record);
    const auto& store = stores.stores()[at.store];
    signals.push_back(std::bit_cast<std::int64_t>(store.checksum(at.record)));
    if (const auto who = data::person(store, at.record); !who.empty()) patients.push_back(hash_of(who));
  }
  FileTransaction transaction(path);
  tensor::save_safetensors(transaction.temporary(),
                           {{"signals", sorted(std::move(signals))}, {"patients", sorted(std::move(patients))}});
  transaction.commit();
}

std::optional<TrainedShare> count_trained(const fs::path& path, const data::Store& store,
                                          const std::vector<std::int64_t>& records) {
  if (!fs::exists(path)) return std::nullopt;
  const auto file = tensor::load_safetensors(path);
  const auto part = [&](const char* name) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end() || found->second.dim() != 1 || found->second.scalar_type() != at::kLong) {
      throw Error(Code::weights_invalid, "this is not a run's list of training records")
          .at(path.string())
          .got(cat("no list of integers '", name, "'"))
          .hint("remove the file to evaluate without the check");
    }
    return found->second;
  };
  const auto signals = part("signals"), patients = part("patients");
  TrainedShare share;
  for (const auto record : records) {
    if (holds(signals, std::bit_cast<std::int64_t>(store.checksum(record))))
      ++share.signals;
    else if (const auto who = data::person(store, record); !who.empty() && holds(patients, hash_of(who)))
      ++share.patients;
  }
  return share;
}

}  // namespace scar::training
