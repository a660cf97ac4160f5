#!/usr/bin/env bash
# Builds the fuzz targets of tests/fuzz with clang and runs them one after another.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/fuzz.sh [--seconds N] [--jobs N] [--no-run | --minimise] [TARGET ...]

Builds the preset fuzz (clang, address and undefined-behaviour sanitizers, no LibTorch) and runs each TARGET (default: all)
for N seconds (default 60), one at a time, from the seeds in tests/fuzz/corpus/TARGET. What a run learns is kept in
build/fuzz/corpus/TARGET and used by the next; inputs that end a target are kept in build/fuzz/findings/TARGET. Ends with a
table, and with 1 if there is any finding. A finding becomes a file tests/fuzz/corpus/TARGET/found-NAME with its fix.

  --seconds N   for each target
  --jobs N      compilations at a time
  --no-run      build only
  --minimise    no run: reduce what earlier runs have learnt to the files that reach something of their own
TEXT
}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
all=(yaml prompts csv scp_codes split_list wfdb_header wfdb_signal mat manifest shard)
seconds=60 mode=run jobs=() targets=()
while (($# > 0)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number}; shift 2 ;;
    --jobs) jobs=(--jobs "${2:?--jobs needs a number}"); shift 2 ;;
    --no-run) mode=build; shift ;;
    --minimise) mode=minimise; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "fuzz: error: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
    *)
      [[ " ${all[*]} " == *" $1 "* ]] || { echo "fuzz: error: no target '$1'; there are: ${all[*]}" >&2; exit 2; }
      targets+=("$1")
      shift
      ;;
  esac
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: error: --seconds is '$seconds', expected a whole number from 1" >&2; exit 2; }
((${#targets[@]} > 0)) || targets=("${all[@]}")
command -v clang++-14 >/dev/null || { echo "fuzz: error: no clang++-14; run scripts/setup.sh --dev" >&2; exit 2; }
scripts/build.sh --preset fuzz ${jobs[@]+"${jobs[@]}"} "${targets[@]/%/_fuzz}"
[[ $mode != build ]] || exit 0

# Longest input of a target, in bytes: what its format needs to be interesting, and no more.
longest() {
  case $1 in
    shard) echo 400 ;;
    wfdb_signal) echo 1500 ;;
    yaml) echo 2000 ;;
    mat) echo 3000 ;;
    manifest) echo 6000 ;;
    *) echo 4096 ;;
  esac
}

found=0
[[ $mode == minimise ]] || printf '%-12s %8s %12s %8s %8s %9s\n' target seconds executions exec/s edges findings
for target in "${targets[@]}"; do
  seeds=tests/fuzz/corpus/$target learnt=build/fuzz/corpus/$target findings=build/fuzz/findings/$target
  program=build/fuzz/bin/${target}_fuzz log=build/fuzz/$target.log
  mkdir -p "$learnt" "$findings"
  if [[ $mode == minimise ]]; then
    rm -rf "$learnt.minimal"
    mkdir "$learnt.minimal"
    "$program" -merge=1 "$learnt.minimal" "$seeds" "$learnt" >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
    before=$(find "$learnt" -type f | wc -l)
    rm -rf "$learnt"
    mv "$learnt.minimal" "$learnt"
    echo "$target: $before files, now $(find "$learnt" -type f | wc -l)"
    continue
  fi
  before=$(find "$findings" -type f | wc -l)
  # A single allocation of 400 MB, or an input that takes 10 s, is a finding. The limit on all memory is that of the address
  # sanitizer: libFuzzer's own ends in a search for leaks that can take longer than the run.
  begin=$SECONDS status=0
  ASAN_OPTIONS=hard_rss_limit_mb=3000 nice "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=0 \
    -malloc_limit_mb=400 -max_len="$(longest "$target")" -print_final_stats=1 -artifact_prefix="$findings/" "$learnt" "$seeds" \
    >"$log" 2>&1 || status=$?
  new=$(($(find "$findings" -type f | wc -l) - before))
  if ((status != 0 || new > 0)); then
    found=1
    tail -n 40 "$log" >&2
    echo "fuzz: $target ended with $status; inputs in $findings, the run in $log" >&2
  fi
  printf '%-12s %8d %12s %8s %8s %9d\n' "$target" $((SECONDS - begin)) \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" \
    "$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" "$new"
done
exit $found
