#!/usr/bin/env python3
"""Signals as scipy.signal.resample_poly converts them: tests/data/ingest/resample.json."""
import json
import os

import numpy as np
import scipy
from scipy.signal import resample_poly


def main():
    random = np.random.default_rng(3)
    cases = []
    for up, down, n in ((1, 5, 123), (1, 2, 64), (5, 1, 20), (2, 5, 101), (5, 4, 50), (500, 257, 70), (4, 5, 1), (6, 4, 33)):
        x = random.normal(size=n) + 0.5
        cases.append({"up": up, "down": down, "x": x.tolist(), "y": resample_poly(x, up, down).tolist()})
    out = os.path.join(os.path.dirname(__file__), "..", "data", "ingest", "resample.json")
    with open(out, "w") as f:
        json.dump({"scipy": scipy.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
