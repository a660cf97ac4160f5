#!/usr/bin/env python3
"""check_example.py RUN STORE FILE.h5: examples/embed_in_pytorch.py gives the embeddings that `scar-eval embed` wrote, within
1e-5, for each record of the store with something visible."""
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "embed_in_pytorch.py"


def main():
    run, store, file = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.npz"
        subprocess.run([sys.executable, str(EXAMPLE), run, store, str(out)], check=True)
        ours = np.load(out)
    with h5py.File(file) as theirs:
        ids, rows, empty = theirs["id"].asstr()[:], theirs["embedding"][:], theirs["empty"][:] == 1
    if list(ours["id"]) != list(ids):
        sys.exit("the ids differ")
    if not np.isnan(rows[empty]).all() or np.isnan(rows[~empty]).any():
        sys.exit("NaN does not stand exactly where nothing is visible")
    largest = float(np.abs(ours["embedding"] - rows)[~empty].max())
    print(f"{(~empty).sum()} records, {empty.sum()} with nothing visible, largest difference {largest:.1e}")
    return 0 if largest <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
