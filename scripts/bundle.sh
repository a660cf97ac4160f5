#!/usr/bin/env bash
# Makes a folder with the programs and all they need but LibTorch, to be carried to another x86-64 Linux machine.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/bundle.sh [--output DIR] [--build DIR] [--no-archive]

Makes dist/scar-VERSION-linux-x86_64 and a .tar.gz of it: programs, configs, the C++ run-time library, licences and, if
it was built, the CUDA plug-in. The other libraries are linked in. On the target machine LibTorch 2.11 is named by
TORCH_ROOT, for example the site-packages/torch of `pip install torch==2.11.0`. Before it says "done" the bundle is
copied elsewhere and run there.

  --output DIR   parent folder of the bundle (default dist)
  --build DIR    take what is built in DIR instead of building the release preset
  --no-archive   no .tar.gz
TEXT
}
fail() { echo "bundle: error: $1" >&2; [[ -z ${2:-} ]] || echo "  help: $2" >&2; exit 1; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=$root/dist build='' archive=yes
while (($# > 0)); do
  case $1 in
    --output) output=${2:?--output needs a folder}; shift 2 ;;
    --build) build=${2:?--build needs a folder}; shift 2 ;;
    --no-archive) archive=no; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "bundle: error: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done
if [[ -z $build ]]; then
  "$root/scripts/setup.sh"
  "$root/scripts/build.sh" --preset release
  build=$root/build/release
fi
cache_value() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
[[ -e $build/CMakeCache.txt ]] || fail "$build is not a build folder" "run scripts/build.sh first"
version=$(cache_value CMAKE_PROJECT_VERSION)
torch=$(cache_value TORCH_ROOT)
name=scar-$version-linux-x86_64

mkdir -p "$output"
output=$(cd "$output" && pwd)
work=$(mktemp -d "$output/.bundling-XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/$name

# --- collect ---------------------------------------------------------------------------------------------------------
cmake --install "$build" --prefix "$work/installed" --strip >/dev/null
mkdir -p "$tree/bin" "$tree/libexec" "$tree/lib" "$tree/share/doc/scar/licences"
cp -r "$work/installed/share/scar/configs" "$tree/configs"
cp "$work"/installed/share/doc/scar/* "$tree/share/doc/scar/" 2>/dev/null || true
programs=()
for program in "$work"/installed/bin/*; do
  programs+=("$(basename "$program")")
  cp "$program" "$tree/libexec/"
done
((${#programs[@]} > 0)) || fail "no programs in $build"
plugin=$work/installed/lib/libscar_cuda.so
[[ ! -e $plugin ]] || cp "$plugin" "$tree/lib/"

# The run-time library of the compiler: older distributions have an older one.
for library in libstdc++.so.6 libgcc_s.so.1; do
  cp -L "$(g++ -print-file-name=$library)" "$tree/lib/$library"
done

# Run paths lead to the bundle's own lib alone; the launcher adds LibTorch.
for file in "$tree"/libexec/* "$tree"/lib/libscar_cuda.so; do
  [[ -e $file ]] || continue
  run_path="\$ORIGIN/../lib"
  [[ $file != *.so ]] || run_path="\$ORIGIN"
  cat >"$work/rpath.cmake" <<TEXT
file(RPATH_SET FILE [==[$file]==] NEW_RPATH [==[$run_path]==])
TEXT
  cmake -P "$work/rpath.cmake" >/dev/null
done

cat >"$work/launcher" <<'TEXT'
#!/bin/sh
# Finds LibTorch 2.11 and starts the program of the same name in ../libexec.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
program=$(basename "$0")
for torch in "${TORCH_ROOT:-}" "$here/torch" "${SCAR_CACHE:-$HOME/.cache/scar}/libtorch-2.11.0-cuda/torch" \
             "${SCAR_CACHE:-$HOME/.cache/scar}/libtorch-2.11.0-cpu/torch"; do
  [ -n "$torch" ] && [ -e "$torch/lib/libtorch_cpu.so" ] && break
  if [ -n "${TORCH_ROOT:-}" ]; then
    echo "error[E7004]: TORCH_ROOT=$TORCH_ROOT has no lib/libtorch_cpu.so" >&2
    exit 7
  fi
  torch=
done
if [ -z "$torch" ]; then
  echo "error[E7004]: no LibTorch 2.11; set TORCH_ROOT to an unpacked one, or to site-packages/torch of" >&2
  echo "  python3 -m venv torch-2.11 && torch-2.11/bin/pip install torch==2.11.0" >&2
  exit 7
fi
version=$(sed -n 's/^#define TORCH_VERSION_M[AI][JN]OR \([0-9]*\).*/\1/p' "$torch/include/torch/headeronly/version.h" 2>/dev/null | tr '\n' .)
if [ "$version" != "2.11." ]; then
  echo "error[E7004]: LibTorch in $torch is ${version:-unknown}, wanted 2.11" >&2
  exit 7
fi
LD_LIBRARY_PATH=$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
exec "$here/libexec/$program" "$@"
TEXT
for program in "${programs[@]}"; do
  install -m 755 "$work/launcher" "$tree/bin/$program"
done

for package in libhdf5-dev libaec-dev zlib1g-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev \
  libxxhash-dev libssl-dev libutf8proc-dev libpng-dev libgoogle-perftools-dev libstdc++6; do
  [[ ! -e /usr/share/doc/$package/copyright ]] || cp "/usr/share/doc/$package/copyright" "$tree/share/doc/scar/licences/$package"
done
cp "${SCAR_CACHE:-$HOME/.cache/scar}/sentencepiece-0.2.1/LICENSE" "$tree/share/doc/scar/licences/sentencepiece" 2>/dev/null || true

glibc=$(objdump -T "$tree"/libexec/* "$tree"/lib/* | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
cat >"$tree/README" <<TEXT
scar $version, programs for x86-64 Linux with glibc ${glibc#GLIBC_} or newer.

LibTorch 2.11 is not part of this folder. Any of these will do:
  python3 -m venv torch-2.11 && torch-2.11/bin/pip install torch==2.11.0
  export TORCH_ROOT=\$PWD/torch-2.11/lib/python3.*/site-packages/torch      (write out the *)
or an unpacked libtorch 2.11 archive named by TORCH_ROOT, or a link named torch in this folder.

Then:  bin/scar-train --help
Licences of what is linked in: share/doc/scar.
TEXT

# --- check, from another place ----------------------------------------------------------------------------------------
[[ -e $torch/lib/libtorch_cpu.so ]] || fail "TORCH_ROOT=$torch of the build is gone, the bundle cannot be tried"
elsewhere=$(mktemp -d)
trap 'rm -rf "$work" "$elsewhere"' EXIT
cp -r "$tree" "$elsewhere/moved"
for program in "${programs[@]}"; do
  # Nothing but the bundle, LibTorch's folder and the C library may be used.
  strangers=$(LD_LIBRARY_PATH=$torch/lib ldd "$elsewhere/moved/libexec/$program" |
    grep -vE "linux-vdso|ld-linux|/(libc|libm|libdl|libpthread|librt|libutil)\.so\.|=> ($elsewhere|${torch%/torch})/" || true)
  [[ -z $strangers ]] || fail "$program needs libraries that the bundle lacks: $strangers"
  said=$(cd "$elsewhere" && env -i PATH=/usr/bin:/bin HOME="$elsewhere" TORCH_ROOT="$torch" "moved/bin/$program" --version 2>&1) ||
    fail "$program does not start from another place: $said"
  grep -qF "$version" <<<"$said" || fail "$program --version says: $said"
done
said=$(env -i PATH=/usr/bin:/bin HOME="$elsewhere" "$elsewhere/moved/bin/${programs[0]}" --version 2>&1) &&
  fail "without LibTorch the launcher should refuse, it said: $said"
grep -q 'set TORCH_ROOT' <<<"$said" || fail "without LibTorch the launcher says: $said"

rm -rf "${output:?}/$name"
mv "$tree" "$output/$name"
if [[ $archive == yes ]]; then
  # Equal trees give equal archives.
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$output" -cf - "$name" | gzip -n >"$work/archive"
  mv "$work/archive" "$output/$name.tar.gz"
  echo "bundle: $output/$name.tar.gz, $(du -h "$output/$name.tar.gz" | cut -f1)"
fi
echo "bundle: done, $output/$name with ${#programs[@]} programs, needs glibc ${glibc#GLIBC_} and LibTorch 2.11 in TORCH_ROOT"
