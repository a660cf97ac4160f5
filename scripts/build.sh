#!/usr/bin/env bash
# Configures and builds; what scripts/quickstart.sh and scripts/test.sh share. No network.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/build.sh [--preset NAME] [--jobs N] [--strict] [TARGET ...]

Configures the preset (default release) in build/NAME and builds the targets (default: everything; scar_programs: the
programs without the tests). --strict fails on a compiler warning; ccache repeats the warnings of what it has.
TEXT
}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=release jobs='' strict=no targets=()
while (($# > 0)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --jobs) jobs=${2:?--jobs needs a number}; shift 2 ;;
    --strict) strict=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "build: error: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [[ -z $jobs ]]; then
  # A file that includes LibTorch's headers takes up to 2 GB of memory to compile.
  cores=$(nproc)
  by_memory=$(awk '/MemAvailable/ { n = int($2 / 2000000); print n < 1 ? 1 : n }' /proc/meminfo)
  jobs=$((cores < by_memory ? cores : by_memory))
fi
arguments=()
[[ -z ${TORCH_ROOT:-} ]] || arguments+=(-DTORCH_ROOT="$TORCH_ROOT")
echo "build: preset $preset, $jobs at a time"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" ${arguments[@]+"${arguments[@]}"} >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
sed -n '/^-- scar /,$ { /^-- \(scar\|  \)/p }' "$log"  # the summary
begin=$SECONDS
cmake --build "build/$preset" -j "$jobs" ${targets[@]+--target "${targets[@]}"} 2>&1 | tee "$log"
if [[ $strict == yes ]] && grep -n 'warning:' "$log" >&2; then
  echo "build: error: the warnings above; --strict allows none" >&2
  exit 1
fi
echo "build: done in $((SECONDS - begin)) s, programs are in build/$preset/bin"
