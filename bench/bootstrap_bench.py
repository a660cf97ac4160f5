#!/usr/bin/env python3
"""The bootstrap over patients against a vectorised one in numpy: same scores, resamples and cores.

    bench/bootstrap_bench.py --program build/release/bin/bootstrap_bench [--threads 1]

Intervals of the AUROC of each class and of their mean, 95 %, B resamples of whole patients. numpy sorts the scores of a class
once and counts the pairs of many resamples at a time by cumulative sums; it makes percentile intervals, where ours also has a
jackknife and BCa to compute. Prints both times, their ratio, and the largest difference of the ends. Needs numpy.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # read when numpy is imported

import numpy as np  # noqa: E402


def make(o):
    random = np.random.default_rng(o.seed)
    patients = random.integers(0, o.records * 9 // 10, o.records)
    patients = np.unique(patients, return_inverse=True)[1].astype(np.uint32)
    prevalence = np.geomspace(0.3, 0.01, o.classes)
    labels = (random.random((o.classes, o.records)) < prevalence[:, None]).astype(np.uint8)
    labels[:, :1] = 1  # no class is without a positive
    return random.normal(size=labels.shape) + labels, labels, patients


def bootstrap(scores, labels, patients, resamples, at_once=250):
    """[classes + 1, 2]: the intervals. A resample that leaves a class without positives does not count for it."""
    random = np.random.default_rng(0)
    count = int(patients.max()) + 1
    drawn = np.full((len(scores), resamples), np.nan)
    orders = np.argsort(scores, axis=1, kind="stable")
    for first in range(0, resamples, at_once):
        lines = min(at_once, resamples - first)
        flat = random.integers(0, count, (lines, count)) + np.arange(lines)[:, None] * count
        times = np.bincount(flat.ravel(), minlength=lines * count).reshape(lines, count).astype(np.float32)
        for c, order in enumerate(orders):  # no ties in these scores
            counted = times[:, patients[order]]
            positive = labels[c, order].astype(bool)
            below = np.cumsum(np.where(positive, 0, counted), axis=1, dtype=np.float64)
            negatives = below[:, -1]
            positives = counted[:, positive]
            pairs = (positives * below[:, positive]).sum(1)
            with np.errstate(invalid="ignore"):
                drawn[c, first:first + lines] = pairs / (positives.sum(1) * negatives)
    rows = [np.nanquantile(row, (0.025, 0.975)) for row in drawn]
    rows.append(np.quantile(np.nanmean(drawn, axis=0), (0.025, 0.975)))
    return np.array(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--records", type=int, default=2198)
    parser.add_argument("--classes", type=int, default=71)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=1, help="of the program; numpy takes one")
    parser.add_argument("--seed", type=int, default=0)
    o = parser.parse_args()
    scores, labels, patients = make(o)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        scores.tofile(folder / "scores.f64")
        labels.tofile(folder / "labels.u8")
        patients.tofile(folder / "patients.u32")
        answer = subprocess.run([o.program, folder, str(o.resamples), str(o.threads)], check=True, stdout=subprocess.PIPE)
    ours = json.loads(answer.stdout)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        theirs = bootstrap(scores, labels, patients, o.resamples)
        best = min(best, time.perf_counter() - start)
    print(f"{o.records} records, {o.classes} classes, {o.resamples} resamples, {o.threads} thread(s)")
    print(f"scar {ours['seconds']:.3f} s, numpy {best:.3f} s: {best / ours['seconds']:.1f} times as fast")
    print(f"largest difference of an end of the mean's interval: {np.abs(np.array(ours['intervals'][-1]) - theirs[-1]).max():.4f}")


if __name__ == "__main__":
    main()
