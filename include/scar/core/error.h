#pragma once

#include <exception>
#include <string>
#include <vector>

namespace scar {

/// What went wrong. The thousands are the exit status of the program; numbers are never reused.
/// docs/exit-codes.md lists them for users.
enum class Code : int {
  // 1: ours
  internal = 1000,
  tensor_library = 1001,  // an exception of LibTorch that nobody translated
  // 2: usage and config
  usage = 2100,
  config_unreadable = 2101,  // file missing or not a regular file
  config_syntax = 2102,      // not YAML, or YAML that scar does not accept (alias, merge, several documents)
  config_not_utf8 = 2103,
  unknown_key = 2107,
  duplicate_key = 2108,
  missing_key = 2109,
  wrong_type = 2110,
  out_of_range = 2112,
  contradiction = 2113,         // two values that do not go together
  run_directory_in_use = 2201,  // --resume=never and the directory is not empty
  output_exists = 2202,
  unknown_task = 2301,
  unknown_mask = 2302,
  prompts_invalid = 2303,
  // 3: data
  data_missing = 3001,
  data_unreadable = 3002,
  header_invalid = 3011,
  signal_cut_short = 3012,
  signal_checksum = 3013,
  signal_initial_value = 3014,
  lead_unknown = 3015,
  unit_unknown = 3016,
  format_unsupported = 3017,
  path_escapes_root = 3018,
  lead_duplicate = 3019,
  signal_too_long = 3020,
  csv_invalid = 3021,
  scp_codes_invalid = 3022,
  counts_differ = 3023,
  duplicate_record = 3024,
  amplitude = 3025,    // larger than an ECG can be
  mat_invalid = 3026,  // a MATLAB file that is none, or holds something else
  checksum_list_invalid = 3027,
  file_checksum = 3028,  // a file is not the one that its source lists
  link_leaves_root = 3029,
  patient_in_two_splits = 3031,
  text_not_utf8 = 3041,
  store_missing = 3101,
  store_incomplete = 3102,  // no MANIFEST.json
  store_version = 3103,
  shard_cut_short = 3104,
  shard_checksum = 3105,
  record_checksum = 3106,
  shard_invalid = 3107,
  manifest_invalid = 3108,
  store_mismatch = 3109,  // another configuration wrote the shards that are already there
  task_missing = 3110,
  split_empty = 3111,
  undefined_score = 3201,  // no class has both positives and negatives, or a score is NaN
  // 4: checkpoints, weights, vocabularies
  checkpoint_missing = 4001,
  checkpoint_corrupt = 4002,
  checkpoint_version = 4003,
  weights_invalid = 4101,
  weights_mismatch = 4102,
  identity_changed = 4201,
  vocabulary_invalid = 4202,
  vocabulary_changed = 4203,
  // 5: divergence
  loss_not_finite = 5001,
  // 6: resources
  disk_full = 6102,
  write_failed = 6103,
  permission = 6104,
  locked = 6105,
  out_of_memory = 6201,
  program_missing = 6301,  // a program that scar starts is not installed, or too old
  transfer_failed = 6302,
  access_refused = 6303,  // a server wants an account, or another one
  // 7: device
  device_unknown = 7001,
  device_unavailable = 7002,
  plugin_missing = 7003,
  torch_missing = 7004,  // the launcher of a bundle found no LibTorch 2.11
  // 8: quality gate
  gate_failed = 8001,
};

[[nodiscard]] int exit_status(Code code);

/// One thing that is wrong: what, where, what was found, what is allowed, what to do next. Empty fields are not shown.
struct Problem {
  Code code{};
  std::string what{};         // "unknown key 'train.warmpu_steps'"
  std::string where{};        // "configs/ptbxl.yaml:14:3", "command line: --train.lr=x", "records100/00001_lr.hea:2"
  std::string source_line{};  // the line of the file that `where` points at
  std::string got{};
  std::string wanted{};
  std::string hint{};
};

/// The one exception of the library. It carries one problem or several; its status is that of the first.
///
///   throw Error(Code::shard_cut_short, "shard is shorter than its header says")
///       .at(path).got(cat(size, " bytes")).wanted(cat(expected, " bytes"))
///       .hint(cat("copy it again, then run: scar-prepare verify ", folder));
class Error : public std::exception {
 public:
  Error(Code code, std::string what);
  explicit Error(std::vector<Problem> problems);  // not empty

  Error&& at(std::string where) &&;
  Error&& source_line(std::string line) &&;
  Error&& got(std::string text) &&;
  Error&& wanted(std::string text) &&;
  Error&& hint(std::string text) &&;

  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }
  [[nodiscard]] Code code() const noexcept { return problems_.front().code; }
  [[nodiscard]] int status() const noexcept { return exit_status(code()); }
  [[nodiscard]] const char* what() const noexcept override {
    return text_.c_str();
  }  // all problems, as a user sees them

 private:
  void render();
  std::vector<Problem> problems_;
  std::string text_;
};

/// Collects problems so that a user sees all of them at once.
class Problems {
 public:
  void add(Problem problem) { list_.push_back(std::move(problem)); }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] const std::vector<Problem>& list() const noexcept { return list_; }
  void throw_if_any() const;

 private:
  std::vector<Problem> list_;
};

/// Text of a problem as programs print it on stderr:
///   error[E2107]: unknown key 'train.warmpu_steps'
///     --> configs/ptbxl.yaml:14:3
///      | 14 |   warmpu_steps: 2000
///     help: did you mean 'train.warmup_steps'?
[[nodiscard]] std::string render(const Problem& problem);

/// The candidate with the smallest edit distance to `name`, or "" if none is near enough to be a slip of the hand.
[[nodiscard]] std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace scar
