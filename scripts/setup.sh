#!/usr/bin/env bash
# Installs what scar needs to build on Debian 12: packages, LibTorch 2.11 and sentencepiece 0.2.1. Safe to run again:
# what is there stays, and a fresh clone reuses the cache of the old one.
set -euo pipefail

usage() {
  cat <<'TEXT'
scripts/setup.sh [--cuda] [--dev] [--check]

Installs what is missing to build scar on Debian 12 (root or sudo for the packages, nothing else needs it).

  --cuda    LibTorch with the CUDA 13.0 libraries (2.5 GB to download, 5 GB on disk) instead of the CPU's (0.55, 1.2 GB)
  --dev     also what formatting, fuzzing, debugging and benchmarks need
  --check   install nothing; list what is missing and exit with 1 if anything is
  -h        this text

Environment
  SCAR_CACHE   where LibTorch and sentencepiece are kept (default ~/.cache/scar)
  TORCH_ROOT   an own LibTorch 2.11 to use instead: an unpacked libtorch archive, or site-packages/torch of torch 2.11
TEXT
}

say() { echo "setup: $*"; }
fail() {
  echo "setup: error: $1" >&2
  shift
  for line in "$@"; do echo "  help: $line" >&2; done
  exit 1
}

cuda=no dev=no check=no
for argument in "$@"; do
  case $argument in
    --cuda) cuda=yes ;;
    --dev) dev=yes ;;
    --check) check=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "setup: error: unknown argument '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${SCAR_CACHE:-$HOME/.cache/scar}
system_python=/usr/bin/python3
[[ $(uname -sm) == "Linux x86_64" ]] || fail "scar builds on x86-64 Linux, this is $(uname -sm)"

packages=(
  g++ cmake ninja-build ccache git ca-certificates binutils
  curl                                                   # scar-prepare download runs it
  python3 python3-pip python3-setuptools python3-wheel   # to download and unpack; nothing of Python is linked
  libhdf5-dev libaec-dev zlib1g-dev                      # stores, MATLAB files
  nlohmann-json3-dev libyaml-cpp-dev libcli11-dev        # configs and arguments
  libspdlog-dev libfmt-dev libxxhash-dev libssl-dev      # log, hashes
  libutf8proc-dev                                        # reports
  libpng-dev                                             # figures
  libgoogle-perftools-dev                                # the allocator of the programs
  libgtest-dev                                           # tests
)
[[ $dev == no ]] || packages+=(clang-14 libclang-rt-14-dev clang-format gdb libbenchmark-dev shellcheck patchelf)

retry() {  # the network is the only thing here that fails and then works
  local wait
  for wait in 5 20 60; do
    "$@" && return 0
    say "failed, trying again in $wait s: ${*:1:3} ..."
    sleep "$wait"
  done
  "$@"
}

# --- Debian packages -------------------------------------------------------------------------------------------------
missing_packages() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

install_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    say "Debian packages: all ${#packages[@]} are installed"
    return
  fi
  command -v apt-get >/dev/null || fail "packages are missing and there is no apt-get: ${missing[*]}" \
    "install their equivalents with your distribution's tool; then this script goes on with LibTorch"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "packages are missing, and this is neither root nor a machine with sudo" \
      "ask an administrator to run: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "Debian packages: installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)
  retry "${apt[@]}" update || fail "apt-get update failed" "is the network reachable, and /etc/apt/sources.list right?"
  retry "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get install failed" "run it by hand to see why: apt-get install --no-install-recommends ${missing[*]}"
}

# --- LibTorch and sentencepiece --------------------------------------------------------------------------------------
torch_flavour=cpu
# What --cuda installed serves the CPU as well.
[[ $cuda == no && ! -e $cache/libtorch-2.11.0-cuda ]] || torch_flavour=cuda
torch_folder=$cache/libtorch-2.11.0-$torch_flavour
sentencepiece_folder=$cache/sentencepiece-0.2.1

is_torch() {  # 2.11 with headers and libraries
  [[ -e $1/lib/libtorch_cpu.so && -e $1/lib/libc10.so ]] &&
    grep -q "define TORCH_VERSION_MAJOR 2" "$1/include/torch/headeronly/version.h" 2>/dev/null &&
    grep -q "define TORCH_VERSION_MINOR 11" "$1/include/torch/headeronly/version.h"
}
has_torch() { is_torch "${TORCH_ROOT:-$torch_folder/torch}"; }
has_sentencepiece() {
  [[ -e $sentencepiece_folder/lib/libsentencepiece.a && -e $sentencepiece_folder/lib/libsentencepiece_train.a &&
    -e $sentencepiece_folder/include/sentencepiece_processor.h ]]
}

temporary=
cleanup() { [[ -z $temporary ]] || rm -rf "$temporary"; }
trap cleanup EXIT

need_space() {  # megabytes
  local free
  free=$(df -Pm "$cache" | awk 'NR == 2 { print $4 }')
  ((free >= $1)) || fail "$cache has $free MB free, $1 MB are needed" "free some, or set SCAR_CACHE to another disk"
}

pip_download() {  # requirement file, destination, further options
  local file=$1 destination=$2
  shift 2
  retry "$system_python" -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-input --no-deps \
    --require-hashes --dest "$destination" --requirement "$file" "$@" ||
    fail "pip could not download what $(basename "$file") names" \
      "is https://pypi.org reachable? A proxy is taken from HTTPS_PROXY, a mirror from PIP_INDEX_URL" \
      "without network: copy $cache from a machine where this script has run, or set TORCH_ROOT to an own LibTorch 2.11"
}

install_torch() {
  if [[ -n ${TORCH_ROOT:-} ]]; then
    is_torch "$TORCH_ROOT" || fail "TORCH_ROOT=$TORCH_ROOT is not a LibTorch 2.11 (include/torch/headeronly/version.h, lib/libtorch_cpu.so)" \
      "name the folder that holds include/ and lib/, or unset TORCH_ROOT to use the pinned one"
    say "LibTorch: your own, $TORCH_ROOT"
    return
  fi
  if has_torch; then
    say "LibTorch: $torch_folder/torch"
    return
  fi
  local megabytes=550 needed=1900 platforms=() platform wheel
  [[ $cuda == no ]] || megabytes=2500 needed=8500
  need_space $needed
  say "LibTorch: downloading $megabytes MB of wheels, hashes in third_party/torch-$torch_flavour.txt"
  temporary=$(mktemp -d "$cache/.unpacking-torch-XXXXXX")
  # One wheel tag for every machine: Python's version there does not matter, for Python never imports it.
  for platform in 2_28 2_27 2_25 2_18 2_17 2_12 2_5; do platforms+=(--platform "manylinux_${platform}_x86_64"); done
  for platform in 2014 2010 1; do platforms+=(--platform "manylinux${platform}_x86_64"); done
  pip_download "$root/third_party/torch-$torch_flavour.txt" "$temporary/wheels" --only-binary=:all: \
    --python-version 3.11 --implementation cp --abi cp311 --abi none "${platforms[@]}"
  say "LibTorch: unpacking"
  for wheel in "$temporary"/wheels/*.whl; do
    "$system_python" -m zipfile -e "$wheel" "$temporary/tree"
    rm "$wheel"
  done
  is_torch "$temporary/tree/torch" || fail "the unpacked wheel is not LibTorch 2.11" "report this, with third_party/torch-$torch_flavour.txt"
  mv -T "$temporary/tree" "$torch_folder"
  rm -rf "$temporary"
  temporary=
  say "LibTorch: $torch_folder/torch"
}

install_sentencepiece() {
  if has_sentencepiece; then
    say "sentencepiece: $sentencepiece_folder"
    return
  fi
  need_space 200
  say "sentencepiece: downloading the source distribution and building it static (a minute)"
  temporary=$(mktemp -d "$cache/.building-sentencepiece-XXXXXX")
  pip_download "$root/third_party/sentencepiece.txt" "$temporary/source" --no-binary :all: --no-build-isolation
  tar -xf "$temporary"/source/sentencepiece-0.2.1.tar.gz -C "$temporary"
  local tree=$temporary/sentencepiece-0.2.1/sentencepiece log=$temporary/build.log
  {
    cmake -S "$tree" -B "$temporary/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSPM_ENABLE_SHARED=OFF \
      -DSPM_ENABLE_TCMALLOC=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON &&
      cmake --build "$temporary/build" --target sentencepiece-static sentencepiece_train-static
  } >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "sentencepiece did not build; the end of its log is above"; }
  mkdir -p "$temporary/tree/lib" "$temporary/tree/include"
  cp "$temporary"/build/src/libsentencepiece.a "$temporary"/build/src/libsentencepiece_train.a "$temporary/tree/lib/"
  cp "$tree"/src/sentencepiece_processor.h "$tree"/src/sentencepiece_trainer.h "$temporary/tree/include/"
  cp "$tree/LICENSE" "$temporary/tree/"
  mv -T "$temporary/tree" "$sentencepiece_folder"
  rm -rf "$temporary"
  temporary=
  say "sentencepiece: $sentencepiece_folder"
}

if [[ $check == yes ]]; then
  status=0
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} > 0)); then
    say "missing Debian packages: ${missing[*]}"
    status=1
  fi
  if ! has_torch; then
    say "missing: LibTorch 2.11 in ${TORCH_ROOT:-$torch_folder/torch}"
    status=1
  fi
  if ! has_sentencepiece; then
    say "missing: sentencepiece 0.2.1 in $sentencepiece_folder"
    status=1
  fi
  if ((status == 0)); then
    say "nothing is missing"
  else
    say "to install it: scripts/setup.sh$([[ $cuda == no ]] || echo ' --cuda')$([[ $dev == no ]] || echo ' --dev')"
  fi
  exit $status
fi

install_packages
mkdir -p "$cache"
if ! has_torch || ! has_sentencepiece || [[ -n ${TORCH_ROOT:-} ]]; then
  # Two clones may be set up at once: the second waits, then finds everything there.
  exec 9>"$cache/.lock"
  flock -n 9 || { say "waiting for another setup.sh that works in $cache"; flock 9; }
  rm -rf "$cache"/.unpacking-torch-* "$cache"/.building-sentencepiece-*  # left by a run that was killed
fi
install_torch
install_sentencepiece
if [[ $cuda == yes ]] && ! command -v nvcc >/dev/null; then
  say "note: nvcc is not on PATH, so the CUDA plug-in will not be built; it comes with the CUDA Toolkit 13.0"
fi
say "done"
