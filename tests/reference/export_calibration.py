#!/usr/bin/env python3
"""Writes tests/data/evaluation/calibration.json: Platt curves, ECE and Brier scores by other means than ours.

    export_calibration.py [--out FILE]

Curves: scipy's minimiser on the cross entropy with Platt's targets, polished by Newton steps in NumPy, and beside it
scikit-learn's sigmoid calibration, which stops earlier. ECE and Brier: NumPy's digitize, searchsorted and bincount.
"""
import argparse
import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration  # what CalibratedClassifierCV(method="sigmoid") fits
from sklearn.metrics import brier_score_loss

BINS = 15


def platt(scores, labels):
    n1, n0 = labels.sum(), (1 - labels).sum()
    t = np.where(labels == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    loss = lambda w: np.sum(np.logaddexp(0, w[0] * scores + w[1]) - t * (w[0] * scores + w[1]))
    w = minimize(loss, [0.0, 0.0], method="BFGS").x
    x = np.stack([scores, np.ones_like(scores)], 1)
    for _ in range(20):
        p = expit(x @ w)
        w = w - np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (p - t))
    return w.tolist()


def ece(p, y, bin_of):
    count = np.bincount(bin_of, minlength=BINS)
    used = count > 0
    accuracy = np.bincount(bin_of, weights=y, minlength=BINS)[used] / count[used]
    confidence = np.bincount(bin_of, weights=p, minlength=BINS)[used] / count[used]
    return float(np.sum(count[used] / len(p) * np.abs(accuracy - confidence)))


def errors(p, y):
    width = np.digitize(p, np.arange(1, BINS) / BINS)
    mass = np.searchsorted(np.sort(p), p, "left") * BINS // len(p)
    return {"ece_equal_width": ece(p, y, width), "ece_equal_mass": ece(p, y, mass),
            "brier": float(brier_score_loss(y, p))}


def case(random, n, prevalence, gain, ties):
    labels = (random.random(n) < prevalence).astype(int)
    labels[:2] = [0, 1]
    scores = .1 + .05 * random.normal(size=n) + gain * labels
    scores = np.round(scores, 2 if ties else 6)
    slope, intercept = platt(scores, labels)
    of_sklearn = _SigmoidCalibration().fit(scores, labels)
    p = np.round(expit(slope * scores + intercept), 9)
    return {"scores": scores.tolist(), "labels": labels.tolist(), "slope": slope, "intercept": intercept,
            "sklearn_probabilities": np.round(of_sklearn.predict(scores), 9).tolist(),
            "probabilities": p.tolist(), "errors": errors(p, labels)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "data" / "evaluation" / "calibration.json")
    options = parser.parse_args()
    random = np.random.default_rng(11)
    cases = [case(random, *shape) for shape in
             [(150, .3, .03, False), (150, .05, .05, True), (60, .5, 0, False), (80, .2, .6, False),
              (40, .1, -.04, True), (2, .5, .1, False)]]
    pooled = errors(np.concatenate([c["probabilities"] for c in cases[:2]]),
                    np.concatenate([c["labels"] for c in cases[:2]]))
    document = {"made_by": f"export_calibration.py, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, "
                           f"NumPy {np.__version__}", "cases": cases, "pooled_first_two": pooled}
    options.out.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
