#!/usr/bin/env python3
"""compare.py NEW OLD: every file below NEW has its equal below OLD. safetensors and JSON are compared value by value
(numbers to a relative 1e-5 of the largest in their tensor or list, everything else exactly), other files byte by byte."""
import json
import pathlib
import sys

import numpy
from safetensors.numpy import load_file

TOLERANCE = 1e-5


def same_numbers(new, old):
    new, old = numpy.asarray(new), numpy.asarray(old)
    if new.shape != old.shape or new.dtype.kind != old.dtype.kind:
        return f"{new.dtype}{new.shape} and {old.dtype}{old.shape}"
    if new.dtype.kind in "iub":
        return "" if numpy.array_equal(new, old) else "integers differ"
    scale = max(1e-30, float(numpy.max(numpy.abs(numpy.nan_to_num(old)), initial=0)))
    if numpy.allclose(new, old, rtol=0, atol=TOLERANCE * scale, equal_nan=True):
        return ""
    return f"differ by {numpy.nanmax(numpy.abs(new - old)) / scale:.1e} of the largest"


def compare_json(new, old, where):
    if isinstance(new, dict) and isinstance(old, dict):
        for key in sorted(set(new) | set(old)):
            if key not in new or key not in old:
                yield f"{where}.{key}: only in {'new' if key in new else 'old'}"
            else:
                yield from compare_json(new[key], old[key], f"{where}.{key}")
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        numbers = [isinstance(x, (int, float)) and not isinstance(x, bool) for x in new + old]
        if numbers and all(numbers) and any(isinstance(x, float) for x in new + old):
            problem = same_numbers(numpy.array(new, dtype=float), numpy.array(old, dtype=float))
            if problem:
                yield f"{where}: {problem}"
        else:
            for index, (a, b) in enumerate(zip(new, old)):
                yield from compare_json(a, b, f"{where}[{index}]")
    elif isinstance(new, float) or isinstance(old, float):
        problem = same_numbers(float(new), float(old))
        if problem:
            yield f"{where}: {problem}"
    elif new != old:
        yield f"{where}: {new!r} and {old!r}"


def compare_files(new, old):
    if not old.is_file():
        yield "is not committed"
    elif new.suffix == ".safetensors":
        a, b = load_file(new), load_file(old)
        for name in sorted(set(a) | set(b)):
            if name not in a or name not in b:
                yield f"{name}: only in {'new' if name in a else 'old'}"
            else:
                problem = same_numbers(a[name], b[name])
                if problem:
                    yield f"{name}: {problem}"
    elif new.suffix == ".json":
        yield from compare_json(json.loads(new.read_text()), json.loads(old.read_text()), "")
    elif new.read_bytes() != old.read_bytes():
        yield "bytes differ"


def main():
    new_root, old_root = map(pathlib.Path, sys.argv[1:3])
    files = sorted(path for path in new_root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    problems = [f"{path.relative_to(new_root)}: {problem}"
                for path in files for problem in compare_files(path, old_root / path.relative_to(new_root))]
    for problem in problems:
        print("  " + problem)
    print(f"  {len(files)} files, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
