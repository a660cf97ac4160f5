#!/usr/bin/env python3
"""Random bytes as Python wfdb reads them, in every format that is not FLAC: tests/data/ingest/wfdb_formats.json.

Each case: the header, the bytes of the signal file (hex) and the digital values [signals, samples]. The number of
samples is chosen so that the last group of a packed format is full, half full, or holds one sample.
"""
import json
import os
import tempfile

import numpy as np
import wfdb

BYTES = {8: 1, 80: 1, 16: 2, 61: 2, 160: 2, 24: 3, 32: 4}


def size(fmt, n):
    if fmt in BYTES:
        return BYTES[fmt] * n
    if fmt == 212:
        return n // 2 * 3 + n % 2 * 2
    if fmt == 310:
        return n // 3 * 4 + n % 3 * 2
    return n // 3 * 4 + (n % 3 + 1 if n % 3 else 0)


def case(random, folder, fmt, signals, samples, offset):
    body = random.integers(0, 256, size(fmt, samples * signals), dtype=np.uint8).tobytes()
    if fmt == 311:  # two bits of every word are unused; wfdb takes them into the third sample, the manual does not
        body = bytes(b & 0x3F if i % 4 == 3 else b for i, b in enumerate(body))
    data = b"h" * offset + body
    lines = [f"r {signals} 100 {samples}"]
    for s in range(signals):
        name = f"{fmt}" + (f"+{offset}" if offset else "")
        lines.append(f"r.dat {name} 200/mV 16 0" + (f" {7 * s - 3}" if fmt == 8 else ""))
    header = "\n".join(lines) + "\n"
    with open(os.path.join(folder, "r.hea"), "w") as f:
        f.write(header)
    with open(os.path.join(folder, "r.dat"), "wb") as f:
        f.write(data)
    record = wfdb.rdrecord(os.path.join(folder, "r"), physical=False, return_res=64)
    return {"format": fmt, "header": header, "bytes": data.hex(), "values": record.d_signal.T.astype(int).tolist()}


def main():
    random = np.random.default_rng(20)
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for fmt in (8, 16, 24, 32, 61, 80, 160, 212, 310, 311):
            for signals, samples in ((1, 11), (1, 12), (1, 13), (2, 7), (3, 5), (5, 4)):
                cases.append(case(random, folder, fmt, signals, samples, 0))
            cases.append(case(random, folder, fmt, 2, 9, 24))
    out = os.path.join(os.path.dirname(__file__), "..", "data", "ingest", "wfdb_formats.json")
    with open(out, "w") as f:
        json.dump({"wfdb": wfdb.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
