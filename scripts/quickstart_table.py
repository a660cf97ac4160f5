#!/usr/bin/env python3
"""quickstart_table.py FOLDER: one table of the results that scripts/quickstart.sh left there. Standard library only."""
import json
import pathlib
import sys


def auroc(score):
    value = score["macro_auroc"]
    return "-" if value is None else f"{value:.3f}"


def rows(folder):
    clean = json.loads((folder / "none.json").read_text())
    yield "zero-shot, everything visible", auroc(clean["conditions"][0]["score"])
    joint = json.loads((folder / "joint:0.5.json").read_text())
    yield "zero-shot, random half of (lead, 250 ms) removed", auroc(joint["conditions"][-1]["score"])
    critical = json.loads((folder / "critical:0.5.json").read_text())["critical"]["rates"][0]
    yield "  positives and matched negatives, random half removed", auroc(critical["random"])
    yield "  positives and matched negatives, critical half removed", auroc(critical["critical"])
    probe = json.loads((folder / "probe.json").read_text())
    yield "linear probe", auroc(probe["probe"]["evaluation"])
    yield "linear probe of a random encoder", auroc(probe["random_encoder"]["evaluation"])


def main():
    table = list(rows(pathlib.Path(sys.argv[1])))
    width = max(len(name) for name, _ in table)
    print("\n" + "macro AUROC on the test fold".ljust(width))
    print("-" * (width + 7))
    for name, value in table:
        print(name.ljust(width) + "  " + value.rjust(5))


if __name__ == "__main__":
    main()
