#!/usr/bin/env python3
"""Writes tests/data/evaluation/probe.json: L2 logistic regression by scikit-learn at seven values of C.

    export_probe.py [--rows 240] [--features 8] [--labels 3] [--seed 5] [--out FILE]

Features are standardised by the training rows; scores of the test rows are the decision function. The objective is
sum log(1 + exp(-y f)) + |w|^2 / (2 C) over the training rows, y = +1 or -1.
"""
import argparse
import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=240)
    parser.add_argument("--features", type=int, default=8)
    parser.add_argument("--labels", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "data" / "evaluation" / "probe.json")
    o = parser.parse_args()
    random = np.random.default_rng(o.seed)
    mix = random.normal(size=(o.features, o.features)) + np.eye(o.features)
    x = np.round(random.normal(size=(2 * o.rows, o.features)) @ mix + random.normal(size=o.features) * 3, 4)
    w = random.normal(size=(o.features, o.labels))
    logits = (x - x.mean(0)) / x.std(0) @ w - random.uniform(0, 3, o.labels)
    y = (random.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)
    train, test = slice(0, o.rows), slice(o.rows, 2 * o.rows)
    mean, deviation = x[train].mean(0), x[train].std(0)
    z = (x - mean) / deviation
    fits = []
    for c in (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e3, 1e5):
        scores, weights, biases, objectives = [], [], [], []
        for label in range(o.labels):
            model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(z[train], y[train, label])
            scores.append(model.decision_function(z[test]))
            weights.append(model.coef_[0].tolist())
            biases.append(float(model.intercept_[0]))
            margin = (2 * y[train, label] - 1) * model.decision_function(z[train])
            objectives.append(float(np.logaddexp(0, -margin).sum() + (model.coef_ ** 2).sum() / (2 * c)))
        scores = np.stack(scores, 1)
        fits.append({"c": c, "weight": weights, "bias": biases, "objective": objectives,
                     "auroc": [float(roc_auc_score(y[test, l], scores[:, l])) for l in range(o.labels)]})
    flat = lambda a: a.ravel().tolist()
    document = {"made_by": f"export_probe.py, scikit-learn {sklearn.__version__}", "rows": o.rows,
                "features": o.features, "labels": o.labels, "train_x": flat(x[train]), "test_x": flat(x[test]),
                "train_y": flat(y[train]), "test_y": flat(y[test]), "fits": fits}
    o.out.parent.mkdir(parents=True, exist_ok=True)
    o.out.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
