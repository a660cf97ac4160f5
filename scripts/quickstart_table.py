#!/usr/bin/env python3
"""quickstart_table.py FOLDER: one table of the results that scripts/quickstart.sh left there. Standard library only."""
import json
import pathlib
import sys


def auroc(score):
    value = score["macro_auroc"]
    return "-" if value is None else f"{value:.3f}"


def rows(folder):
    zeroshot = json.loads((folder / "zeroshot.json").read_text())
    scores = {entry["condition"]: entry["score"] for entry in zeroshot["conditions"]}
    yield "zero-shot, everything visible", auroc(scores.pop("clean"))
    (random,) = scores.values()
    yield "zero-shot, random half of (lead, 250 ms) removed", auroc(random)
    critical = zeroshot["critical"]
    (rate,) = critical["rates"]
    yield f"zero-shot, random half of the {critical['structure']} removed (matched)", auroc(rate["random"])
    yield f"zero-shot, critical half of the {critical['structure']} removed (matched)", auroc(rate["critical"])
    for entry in json.loads((folder / "probe.json").read_text())["summary"]:
        what = {"run": "", "random encoders": " of a random encoder"}.get(entry["row"], f" of {entry['row']}")
        yield f"linear probe{what}", auroc(entry["score"])


def main():
    table = list(rows(pathlib.Path(sys.argv[1])))
    width = max(len(name) for name, _ in table)
    print("\n" + "macro AUROC on the test fold".ljust(width))
    print("-" * (width + 7))
    for name, value in table:
        print(name.ljust(width) + "  " + value.rjust(5))


if __name__ == "__main__":
    main()
