#!/usr/bin/env python3
"""Every WFDB record below some folders, as Python wfdb reads it and as scar does: digital values, all of them.

    tests/reference/compare_wfdb.py --program build/release/bin/wfdb_digest FOLDER [FOLDER ...]

Exits with 1 and the names of the first records that differ. Needs Python with wfdb and numpy (scripts/reference.sh makes
the environment).
"""
import argparse
import hashlib
import pathlib
import subprocess
import sys

import numpy as np
import wfdb

SENTINEL = {"80": -(1 << 7), "310": -(1 << 9), "311": -(1 << 9), "212": -(1 << 11), "16": -(1 << 15), "61": -(1 << 15),
            "160": -(1 << 15), "24": -(1 << 23), "32": -(1 << 31)}
NOT_MEASURED = -(1 << 31)


def digest(stem):
    record = wfdb.rdrecord(stem, physical=False, return_res=64)
    values = record.d_signal.T.astype(np.int64)
    for row, fmt in zip(values, record.fmt):
        if fmt in SENTINEL:
            row[row == SENTINEL[fmt]] = NOT_MEASURED
    return hashlib.sha256(np.ascontiguousarray(values.astype("<i4")).tobytes()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("folders", nargs="+")
    arguments = parser.parse_args()
    headers = sorted(str(p) for folder in arguments.folders for p in pathlib.Path(folder).rglob("*.hea")
                     if "flacformats" not in p.name)
    if not headers:
        sys.exit("compare_wfdb: no headers")
    ours = subprocess.run([arguments.program], input="\n".join(headers), capture_output=True, text=True, check=True)
    lines = ours.stdout.splitlines()
    assert len(lines) == len(headers)
    wrong = [header for header, line in zip(headers, lines) if digest(header[:-4]) != line]
    print(f"{len(headers)} records, {len(headers) - len(wrong)} equal in every sample")
    for header in wrong[:10]:
        print("differs:", header)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
