#!/usr/bin/env python3
"""Writes tests/data/evaluation/scores.json: AUROC and average precision of random cases by scikit-learn.

    export_scores.py [--cases 320] [--seed 7] [--out FILE]

Cases differ in rows, columns, ties (coarse rounding), constants and labels of one kind. scikit-learn has no value for a
class without positives or without negatives: null, and macro and weighted means run over the classes that have one.
"""
import argparse
import json
import pathlib

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score


def case(random):
    rows = int(random.integers(1, 30))
    columns = int(random.integers(1, 4))
    kind = random.integers(0, 5)
    scores = random.normal(size=(rows, columns))
    if kind == 1:
        scores = np.round(scores, 1)
    elif kind == 2:
        scores = np.round(scores)
    elif kind == 3:
        scores[:, 0] = 0.25
    else:
        scores = np.round(scores, 6)
    labels = (random.random((rows, columns)) < random.uniform(0.02, 0.98)).astype(np.uint8)
    if kind == 4:
        labels[:, 0] = random.integers(0, 2)
    both = [0 < labels[:, c].sum() < rows for c in range(columns)]
    area = [float(roc_auc_score(labels[:, c], scores[:, c])) if both[c] else None for c in range(columns)]
    ap = [float(average_precision_score(labels[:, c], scores[:, c])) if labels[:, c].any() else None
          for c in range(columns)]
    keep = np.array(both)
    pooled = labels.ravel()
    mean = lambda average: float(roc_auc_score(labels[:, keep], scores[:, keep], average=average)) if keep.any() else None
    return {
        "rows": rows, "columns": columns, "scores": scores.ravel().tolist(), "labels": pooled.tolist(),
        "auroc": area, "ap": ap, "macro": mean("macro"), "weighted": mean("weighted"),
        "micro": float(roc_auc_score(pooled, scores.ravel())) if 0 < pooled.sum() < pooled.size else None,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=320)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).parents[1] / "data" / "evaluation" / "scores.json")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    import sklearn
    document = {"made_by": f"export_scores.py --cases {options.cases} --seed {options.seed}, scikit-learn "
                           f"{sklearn.__version__}",
                "cases": [case(random) for _ in range(options.cases)]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
