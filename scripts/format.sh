#!/usr/bin/env bash
# Formats the C++ and CUDA sources, or says which ones are not formatted.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/format.sh [--check] [FILE ...]

Formats FILEs, or all sources that git tracks or would track, after .clang-format. --check changes nothing, lists what
would change and exits with 1 if there is anything.
TEXT
}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
check=no files=()
for argument in "$@"; do
  case $argument in
    --check) check=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "format: error: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
    *) files+=("$argument") ;;
  esac
done
command -v clang-format >/dev/null || { echo "format: error: no clang-format; run scripts/setup.sh --dev" >&2; exit 2; }
if ((${#files[@]} == 0)); then
  mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp' '*.cu' | sort)
fi
if [[ $check == no ]]; then
  clang-format -i "${files[@]}"
  echo "format: ${#files[@]} files"
  exit 0
fi
wrong=0
for file in "${files[@]}"; do
  if ! clang-format "$file" | cmp -s - "$file"; then
    echo "$file"
    wrong=$((wrong + 1))
  fi
done
echo "format: $wrong of ${#files[@]} files would change"
((wrong == 0))
