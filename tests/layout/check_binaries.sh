#!/usr/bin/env bash
# check_binaries.sh FILE ...: no program or plug-in may show sentencepiece's flags in its dynamic symbol table (libc10
# exports one of the same name and another size), need libsentencepiece or the stub libtorch, or carry an rpath that its
# libraries inherit; a program must show the malloc that it was linked with.
set -euo pipefail
(($# > 0)) || { echo "no file to check" >&2; exit 2; }
wrong=0
complain() { echo "$*"; wrong=$((wrong + 1)); }
for file in "$@"; do
  symbols=$(nm -D --defined-only "$file")
  dynamic=$(readelf -d "$file")
  ! grep -q 'FLAGS_minloglevel' <<<"$symbols" || complain "$file exports FLAGS_minloglevel"
  ! grep -q 'sentencepiece' <<<"$symbols" || complain "$file exports symbols of sentencepiece"
  ! grep -q 'NEEDED.*libsentencepiece' <<<"$dynamic" || complain "$file needs libsentencepiece"
  ! grep -q 'NEEDED.*\[libtorch\.so' <<<"$dynamic" || complain "$file needs the stub libtorch.so, which needs every CUDA library"
  ! grep -q '(RPATH)' <<<"$dynamic" || complain "$file has DT_RPATH, wanted DT_RUNPATH"
  case $file in
    *.so) ;;
    *)
      grep -q ' T malloc$' <<<"$symbols" || complain "$file does not show its allocator: LibTorch takes the C library's"
      ! grep -q 'NEEDED.*\[lib\(torch_cuda\|c10_cuda\|cuda\)' <<<"$dynamic" || complain "$file needs CUDA; only the plug-in may" ;;
  esac
done
echo "$# files, $wrong complaints"
((wrong == 0))
