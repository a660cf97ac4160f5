#!/usr/bin/env python3
"""Reading WFDB format 16: scar against Python wfdb, over the same records, in one run and one thread each.

  bench/wfdb_bench.py FOLDER [--program build/bench/bin/wfdb_bench] [--records 1000] [--rounds 5]

FOLDER is searched for headers (a PTB-XL folder will do). Needs Python with wfdb and numpy (scripts/reference.sh makes such
an environment). Both read every file once before the clock runs, so the page cache is hot, and the best of the rounds
counts. scar verifies checksums and initial values; Python wfdb does not unless asked, so there are two figures for it:
reading alone, and reading with the checksums compared. Prints one JSON line; exits with 1 if the programs read
different values.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

import numpy as np
import wfdb


def read_all(stems, verify):
    total = samples = 0
    begin = time.perf_counter()
    for stem in stems:
        record = wfdb.rdrecord(stem, physical=False)
        values = record.d_signal
        if verify:
            wrong = [a != b for a, b in zip(record.calc_checksum(), np.array(record.checksum) % 65536)]
            if any(wrong) or any(values[0] != record.init_value):
                raise SystemExit(f"{stem}: checksum or initial value is wrong")
        total += int(values.sum(dtype=np.int64))
        samples += values.size
    return len(stems) / (time.perf_counter() - begin), total, samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="build/bench/bin/wfdb_bench")
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    headers = sorted(str(path) for path in options.folder.rglob("*.hea"))[: options.records]
    if not headers:
        raise SystemExit(f"{options.folder}: no headers (*.hea)")
    stems = [header[: -len(".hea")] for header in headers]
    scar = json.loads(subprocess.run([options.program, str(options.rounds + 1)], input="\n".join(headers) + "\n", text=True,
                                     check=True, stdout=subprocess.PIPE).stdout)
    read_all(stems, False)
    plain = [read_all(stems, False) for _ in range(options.rounds)]
    verified = [read_all(stems, True) for _ in range(options.rounds)]
    if (scar["sum"], scar["samples"]) != plain[0][1:]:
        print(f"different values: scar {scar['sum']}, {scar['samples']}; wfdb {plain[0][1:]}", file=sys.stderr)
        return 1
    best_plain, best_verified = max(p[0] for p in plain), max(v[0] for v in verified)
    print(json.dumps({
        "records": len(headers), "samples_per_record": scar["samples"] // len(headers),
        "scar_verified_records_per_s": round(scar["records_per_s"]),
        "wfdb_records_per_s": round(best_plain), "wfdb_verified_records_per_s": round(best_verified),
        "ratio_to_wfdb": round(scar["records_per_s"] / best_plain, 1),
        "ratio_to_wfdb_verified": round(scar["records_per_s"] / best_verified, 1),
        "wfdb": wfdb.__version__, "numpy": np.__version__}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
