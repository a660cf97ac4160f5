#!/usr/bin/env python3
"""Signals as scipy.signal filters them without phase: tests/data/ingest/filters.json."""
import json
import os

import numpy as np
import scipy
from scipy.signal import butter, filtfilt, iirnotch, sosfiltfilt


def main():
    random = np.random.default_rng(4)
    cases = []
    for kind, hz, rate, n in (("high_pass", 0.5, 500, 150), ("high_pass", 0.05, 100, 120), ("high_pass", 0.67, 257, 80),
                              ("high_pass", 40, 250, 60), ("high_pass", 1, 1000, 10), ("notch", 50, 500, 150),
                              ("notch", 60, 500, 80), ("notch", 50, 257, 60), ("notch", 60, 1000, 10)):
        x = np.cumsum(random.normal(size=n)) + 3
        if kind == "high_pass":
            y = sosfiltfilt(butter(2, hz, "highpass", output="sos", fs=rate), x)
        else:
            y = filtfilt(*iirnotch(hz, 30, fs=rate), x)
        cases.append({"kind": kind, "hz": hz, "rate": rate, "x": x.tolist(), "y": y.tolist()})
    out = os.path.join(os.path.dirname(__file__), "..", "data", "ingest", "filters.json")
    with open(out, "w") as f:
        json.dump({"scipy": scipy.__version__, "cases": cases}, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
