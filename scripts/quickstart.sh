#!/usr/bin/env bash
# From a bare machine to a trained model and its numbers: installs, builds, makes a synthetic corpus, trains a tiny model
# on it and shows what it still recognises when evidence is missing.
set -euo pipefail
usage() {
  cat <<'TEXT'
scripts/quickstart.sh [--folder DIR] [--records N] [--no-setup]

Everything that it makes lies in DIR (default runs/quickstart): the store, the vocabulary, the run, the results. Run it
again and it goes on where it was stopped.

  --folder DIR   where (default runs/quickstart)
  --records N    size of the synthetic corpus (default 3000)
  --no-setup     do not look for missing packages
TEXT
}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
folder=runs/quickstart records=3000 setup=yes
while (($# > 0)); do
  case $1 in
    --folder) folder=${2:?--folder needs a path}; shift 2 ;;
    --records) records=${2:?--records needs a number}; shift 2 ;;
    --no-setup) setup=no; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "quickstart: error: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done

begin=$SECONDS
[[ $setup == no ]] || scripts/setup.sh
scripts/build.sh --preset release scar_programs
after_build=$SECONDS
bin=$root/build/release/bin

step() { printf '\nquickstart: %s\n' "$*"; }
show() {  # on stderr, for stdout may be a file
  printf '  $ %s\n' "$(basename "$1") ${*:2}" >&2
  "$@"
}

mkdir -p "$folder/results"
store=$folder/store vocabulary=$folder/reports.model run=$folder/run

step "1. a synthetic corpus: ECGs, reports, and where the evidence of each finding lies"
show "$bin/scar-prepare" synth --out "$store" --records "$records"
step "2. a vocabulary of its reports"
show "$bin/scar-prepare" tokenizer "$store" --out "$vocabulary"
step "3. training (configs/tiny.yaml)"
show "$bin/scar-train" --config configs/tiny.yaml --data.store="$store" --text.vocabulary="$vocabulary" --run-dir "$run"
step "4. zero-shot diagnosis: everything visible, random half removed, critical half removed"
show "$bin/scar-eval" zeroshot "$run" --data "$store" --task synth --mask joint:0.5 --mask critical:0.5 \
  --max-positives 20 --max-negatives 60 --json \
  >"$folder/results/zeroshot.json"
step "5. linear probe, and the same of an encoder that was never trained"
show "$bin/scar-probe" linear "$run" --data "$store" --task synth --fraction 1 --random-encoders 1 --json \
  >"$folder/results/probe.json"
step "6. all of it as one page"
show "$bin/scar-eval" report "$run" --data "$store" --out "$folder/report.html" >/dev/null

/usr/bin/env python3 scripts/quickstart_table.py "$folder/results"
cat <<TEXT

report    $folder/report.html
run       $run  (weights, config, metrics.jsonl, results)
store     $store
time      $((SECONDS - after_build)) s after $((after_build - begin)) s of setup and build
next      $bin/scar-train --help
TEXT
