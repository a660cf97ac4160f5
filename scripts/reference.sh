#!/usr/bin/env bash
# Exports the reference values of tests/reference anew, in a pinned Python environment, and compares them with the
# committed ones.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/reference.sh [--update] [EXPORTER ...]

Builds the environment of third_party/reference-requirements.txt (5.4 GB, in the cache; needs python3.11), runs each
tests/reference/**/export*.py in a copy of the tree, and compares the fixtures there (tests/data) with the committed
ones: integers and text exactly, numbers to a relative 1e-5 (other processors round otherwise). --update runs them in
this tree, so that git shows what changed. Where build/release/bin/cli_test is built, examples/embed_in_pytorch.py is
compared with scar-eval embed, too.

  SCAR_DATA_DIR      data that some exporters read; they are left out without it
  SCAR_CACHE         where the environment is kept (default ~/.cache/scar)
  REFERENCE_PYTHON   a Python that has the packages already; nothing is installed then
TEXT
}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
update=no exporters=()
for argument in "$@"; do
  case $argument in
    --update) update=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "reference: error: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
    *) exporters+=("$argument") ;;
  esac
done

requirements=third_party/reference-requirements.txt
if [[ -n ${REFERENCE_PYTHON:-} ]]; then
  python=$REFERENCE_PYTHON
else
  cache=${SCAR_CACHE:-$HOME/.cache/scar}
  # The folder is named after the requirements, so a change of them is another environment.
  environment=$cache/reference-$(sha256sum "$requirements" | cut -c1-12)
  python=$environment/bin/python
  if [[ ! -e $environment/complete ]]; then
    command -v python3.11 >/dev/null || { echo "reference: error: no python3.11, whose wheels are pinned" >&2; exit 1; }
    mkdir -p "$cache"
    exec 9>"$cache/.reference-lock"
    flock 9
    if [[ ! -e $environment/complete ]]; then
      echo "reference: installing $(grep -c '==' "$requirements") packages in $environment"
      rm -rf "$environment"
      python3.11 -m venv "$environment"
      "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirements"
      touch "$environment/complete"
    fi
    exec 9>&-
  fi
fi

if ((${#exporters[@]} == 0)); then
  mapfile -t exporters < <(find tests/reference -name 'export*.py' | sort)
fi
((${#exporters[@]} > 0)) || { echo "reference: error: no tests/reference/**/export*.py" >&2; exit 1; }

work=$root
if [[ $update == no ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp -r tests configs "$work"/
fi
for exporter in "${exporters[@]}"; do
  if [[ -z ${SCAR_DATA_DIR:-} ]] && grep -q 'environ\["SCAR_DATA_DIR"\]' "$exporter"; then
    echo "reference: $exporter is left out: it needs SCAR_DATA_DIR"
    continue
  fi
  echo "reference: $exporter"
  (cd "$work" && OMP_NUM_THREADS=1 "$python" "$exporter")
done
[[ $update == no ]] || { git status --short tests; exit 0; }
"$python" tests/reference/compare.py "$work/tests" tests
if [[ -x build/release/bin/cli_test ]]; then
  REFERENCE_PYTHON=$python build/release/bin/cli_test --gtest_filter='EmbedProgram.PlainPyTorch*'
else
  echo "reference: examples/embed_in_pytorch.py is left out: it needs scripts/build.sh cli_test"
fi
