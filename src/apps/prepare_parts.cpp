#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>

#include "prepare_verb.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"
#include "scar/core/json.h"
#include "scar/core/log.h"
#include "scar/core/stop_flag.h"
#include "scar/data/store/store_parts.h"
#include "scar/data/store/store_reader.h"

namespace scar::apps {

namespace {

void show_shards(std::int64_t done, std::int64_t total) { log::progress(cat("shards ", done, "/", total)); }

class SplitVerb final : public Verb {
 public:
  explicit SplitVerb(Arguments& arguments)
      : Verb(arguments.verb("split",
                            "Cuts a store into parts of whole shards, each a store of its own; merged, they are the "
                            "store again, byte for byte.",
                            "scar-prepare split data/mimic --out data/mimic-parts --parts 8")) {
    command_.positional("STORE", store_, "a store of scar-prepare");
    command_.option("--out", out_, "folder for the parts", true);
    command_.option("--parts", parts_, "number of parts");
    command_.option("--max-mib", max_mib_, "instead: as few parts as keep each below so many MiB");
  }

  int run(const Arguments& arguments) override {
    if ((parts_ > 0) == (max_mib_ > 0)) {
      throw Error(Code::usage, "say either --parts or --max-mib").at("command line").wanted("one of them, above 0");
    }
    const auto parts =
        parts_ > 0 ? parts_ : data::parts_of_size(store_, static_cast<std::uint64_t>(max_mib_ * 1024.0 * 1024.0));
    const auto folders = data::split_store(store_, out_, parts, show_shards);
    log::end_progress();
    if (stop_signal() != 0) return stopped();
    Json answer;
    answer["store"] = store_;
    answer["parts"] = Json::array();
    for (const auto& folder : folders) {
      const auto part = data::Store::open(folder);
      answer["parts"].push_back(
          {{"folder", folder.string()}, {"shards", part.summary().shards}, {"records", part.size()}});
      if (!arguments.json())
        std::cout << line("part", cat(folder.string(), ": ", part.summary().shards, " shards, ", sums(part.summary())));
    }
    if (arguments.json())
      std::cout << answer.dump(2) << "\n";
    else
      std::cout << line("next", cat("scar-prepare merge ", out_, "/part-* --out ", store_, "-again"));
    return 0;
  }

 private:
  std::string store_, out_;
  long long parts_ = 0;
  double max_mib_ = 0;
};

class MergeVerb final : public Verb {
 public:
  explicit MergeVerb(Arguments& arguments)
      : Verb(arguments.verb("merge", "Puts all parts of a store together again.",
                            "scar-prepare merge data/mimic-parts/part-* --out data/mimic")) {
    command_.positional("PART", parts_, "all parts of one store, in any order");
    command_.option("--out", out_, "folder of the store", true);
  }

  int run(const Arguments& arguments) override {
    const auto summary = data::merge_store({parts_.begin(), parts_.end()}, out_, show_shards);
    log::end_progress();
    if (stop_signal() != 0) return stopped();
    if (arguments.json()) {
      Json answer;
      answer["store"] = out_;
      answer["sums"] = sums_json(summary);
      answer["manifest_sha256"] = summary.manifest_hash;
      std::cout << answer.dump(2) << "\n";
      return 0;
    }
    std::cout << line("store", out_) << line("records", sums(summary)) << line("manifest", summary.manifest_hash)
              << line("next", cat("scar-prepare verify ", out_));
    return 0;
  }

 private:
  std::vector<std::string> parts_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Verb> split_verb(Arguments& arguments) { return std::make_unique<SplitVerb>(arguments); }
std::unique_ptr<Verb> merge_verb(Arguments& arguments) { return std::make_unique<MergeVerb>(arguments); }

}  // namespace scar::apps
