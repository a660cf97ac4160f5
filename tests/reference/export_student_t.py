#!/usr/bin/env python3
"""Writes tests/data/evaluation/student_t.json: quantiles and two-sided p-values of Student's t by scipy.

    export_student_t.py [--out FILE]
"""
import argparse
import json
import pathlib

import scipy
from scipy.stats import t as student

FREEDOM = [0.5, 1, 2, 3, 4, 5, 7.5, 9, 19, 30, 100, 1000, 100000]
PROBABILITY = [1e-6, .001, .025, .05, .3, .499, .6, .9, .95, .975, .995, .9999]
T = [0, .001, .1, .7, 1, 1.96, 3, 10, 30, -2.5]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "data" / "evaluation" / "student_t.json")
    options = parser.parse_args()
    document = {
        "made_by": f"export_student_t.py, scipy {scipy.__version__}",
        "quantiles": [[p, v, float(student.ppf(p, v))] for v in FREEDOM for p in PROBABILITY],
        "two_sided": [[t, v, float(2 * student.sf(abs(t), v))] for v in FREEDOM for t in T],
    }
    options.out.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
