#!/usr/bin/env python3
"""check_docs.py ROOT: docs/exit-codes.md lists exactly the codes of include/scar/core/error.h, and every path in
backticks or links of README.md, CONTRIBUTING.md, src/README.md and docs/*.md that looks like a file of the tree exists."""
import pathlib
import re
import sys

TREE = ("include/", "src/", "docs/", "scripts/", "tests/", "configs/", "third_party/", "bench/")


def code_problems(root):
    header = (root / "include/scar/core/error.h").read_text()
    body = header[header.index("enum class Code"):]
    declared = {(name, number) for name, number in re.findall(r"^\s*(\w+) = (\d{4})\b", body[:body.index("};")], re.MULTILINE)}
    page = (root / "docs/exit-codes.md").read_text()
    listed = {(name, number) for number, name in re.findall(r"^\| E(\d{4}) \| `(\w+)` \| \S", page, re.MULTILINE)}
    if not declared or not listed:
        yield "no codes found: has the form of error.h or docs/exit-codes.md changed?"
    numbers = [number for _, number in declared]
    for number in {n for n in numbers if numbers.count(n) > 1}:
        yield f"error.h gives the number {number} twice"
    for name, number in sorted(declared - listed):
        yield f"docs/exit-codes.md lacks E{number} {name}"
    for name, number in sorted(listed - declared):
        yield f"docs/exit-codes.md has E{number} {name}, error.h does not"


def path_problems(root):
    pages = [root / name for name in ("README.md", "CONTRIBUTING.md", "src/README.md")] + sorted((root / "docs").glob("*.md"))
    for page in pages:
        if not page.is_file():
            yield f"{page.relative_to(root)} is missing"
            continue
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`([\w./-]+)`", text):
            if name.startswith(TREE) and not (root / name).exists():
                yield f"{page.relative_to(root)} names {name}, which does not exist"
        for name in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not (page.parent / name).exists():
                yield f"{page.relative_to(root)} links to {name}, which does not exist"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    problems = list(code_problems(root)) + list(path_problems(root))
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
