#!/usr/bin/env python3
"""The logistic regressions of a linear probe against scikit-learn: same data, values of C, stopping rule and cores.

    bench/probe_bench.py --program build/release/bin/probe_bench [--threads 2] [--timed-labels 4]
    bench/probe_bench.py --program ... --rows 4000 --features 256 --labels 20 --values 12        # a minute

Synthetic features with a spectrum that falls as pooled features' does, standardised; labels of logistic models with prevalences
from .5 to .005. Both fit all values of C from the smallest on, each from the weights before, and stop at max |gradient| <= 1e-6 n.
scikit-learn (lbfgs) fits labels one by one, as many at a time as there are threads, one BLAS thread each; it is timed on
--timed-labels of them, spread over the prevalences, and multiplied up. Prints both times, their ratio, and the largest
difference of the minima per row. Needs numpy, scikit-learn, joblib.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"  # of each scikit-learn fit; read when numpy is imported

import joblib  # noqa: E402
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402


def make(o):
    random = np.random.default_rng(o.seed)
    scales = np.arange(1, o.features + 1) ** -0.75
    axes = np.linalg.qr(random.normal(size=(o.features, o.features)))[0]
    factors = random.normal(size=(o.rows, o.features))
    x = (factors * scales) @ axes.T
    x = (x - x.mean(0)) / x.std(0)
    prevalence = np.geomspace(0.5, 0.005, o.labels)
    logits = factors[:, :40] @ random.normal(size=(40, o.labels)) * 0.4
    y = np.empty((o.rows, o.labels))
    for label in range(o.labels):
        noisy = logits[:, label] + random.logistic(size=o.rows)
        y[:, label] = noisy > np.quantile(noisy, 1 - prevalence[label])
    return np.ascontiguousarray(x), np.ascontiguousarray(y)


def fit_label(x, y, values):
    warnings.filterwarnings("ignore")
    model = LogisticRegression(tol=1e-6, max_iter=20000, warm_start=True)
    minima, steps = [], 0
    for c in values:
        model.set_params(C=c)
        model.fit(x, y)
        margin = (2 * y - 1) * model.decision_function(x)
        minima.append(np.logaddexp(0, -margin).sum() + (model.coef_**2).sum() / (2 * c))
        steps += int(model.n_iter_[0])
    return minima, steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rows", type=int, default=17000)
    parser.add_argument("--features", type=int, default=768)
    parser.add_argument("--labels", type=int, default=71)
    parser.add_argument("--values", type=int, default=45, help="of C, from 1e-6 to 1e5")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--timed-labels", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    x, y = make(o)
    values = 10 ** np.linspace(-6, 5, o.values)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        x.tofile(folder / "x.f64")
        y.tofile(folder / "y.f64")
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        out = subprocess.run([o.program, folder, *map(str, (o.rows, o.features, o.labels, o.threads)), *map(repr, map(float, values))],
                             capture_output=True, text=True, check=True, env=environment).stdout.split()
        ours, steps, unconverged = float(out[0]), int(out[1]), int(out[2])
        our_minima = np.fromfile(folder / "objective.f64").reshape(o.values, o.labels)
        timed = np.unique(np.linspace(0, o.labels - 1, min(o.timed_labels, o.labels)).round().astype(int))
        joblib.dump(x, folder / "x.joblib")
        shared = joblib.load(folder / "x.joblib", mmap_mode="r")
        start = time.perf_counter()
        fits = joblib.Parallel(n_jobs=o.threads)(joblib.delayed(fit_label)(shared, y[:, label], values) for label in timed)
        theirs = (time.perf_counter() - start) * o.labels / len(timed)
    difference = max(np.max(our_minima[:, label] - minima) / o.rows for label, (minima, _) in zip(timed, fits))
    print(f"{o.rows} x {o.features}, {o.labels} labels, {o.values} values of C, {o.threads} threads: scar {ours:.1f} s, scikit-learn "
          f"{sklearn.__version__} {theirs:.1f} s (from {len(timed)} labels), ratio {theirs / ours:.1f}")
    print(f"  steps over all C: scar {steps} of the slowest labels, scikit-learn {[steps for _, steps in fits]}; fits of scar that ran "
          f"out: {unconverged}; minimum of scar - of scikit-learn, per row, at most {difference:.1e}")


if __name__ == "__main__":
    main()
