#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. .ci/run calls it.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/test.sh [--preset NAME] [--strict] [--no-setup] [CTEST ARGUMENT ...]

Installs what is missing (scripts/setup.sh), builds the preset (default release) and runs its tests. --strict fails on a
compiler warning. Further arguments go to ctest: scripts/test.sh -L unit -R Loader

  SCAR_DATA_DIR   folder that holds ptb-xl/; tests that need it are skipped without it
TEXT
}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
preset=release setup=yes strict=()
while (($# > 0)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift 2 ;;
    --strict) strict=(--strict); shift ;;
    --no-setup) setup=no; shift ;;
    -h | --help) usage; exit 0 ;;
    *) break ;;
  esac
done
begin=$SECONDS
[[ $setup == no ]] || scripts/setup.sh
after_setup=$SECONDS
scripts/build.sh --preset "$preset" "${strict[@]}"
after_build=$SECONDS
# Two at a time: each test has one thread, and the machines that matter have two cores or more.
status=0
ctest --test-dir "build/$preset" -j 2 --output-on-failure --no-tests=error "$@" || status=$?
echo "test: setup $((after_setup - begin)) s, build $((after_build - after_setup)) s, tests $((SECONDS - after_build)) s"
if ((status != 0)); then
  echo "test: FAILED; again, only what failed: ctest --test-dir build/$preset --rerun-failed --output-on-failure"
fi
exit $status
