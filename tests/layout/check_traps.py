#!/usr/bin/env python3
"""check_traps.py ROOT: every trap T01 to T34 has one row in tests/README.md, whose test exists, and is named in at least one
test source, in the name of a test or in a comment. `--self-test` checks that a missing one is found."""
import pathlib
import re
import sys

TRAPS = [f"T{number:02}" for number in range(1, 35)]


def problems(readme, sources):
    rows = re.findall(r"^\| (T\d\d) \|(?:[^|\n]*\|){2} `(\w+)` \|$", readme, re.MULTILINE)
    listed = [trap for trap, _ in rows]
    tests = set(re.findall(r"^TEST(?:_F|_P)?\(\w+,\s*(\w+)\)", sources, re.MULTILINE))
    named = set(re.findall(r"(?<![A-Za-z0-9])T\d\d(?!\d)", sources)) | set(re.findall(r"(T\d\d)(?=[A-Z])", sources))
    for trap in TRAPS:
        if listed.count(trap) != 1:
            yield f"tests/README.md has {listed.count(trap)} rows of {trap}"
        if trap not in named:
            yield f"no test names {trap}"
    for trap in sorted(set(listed) - set(TRAPS)):
        yield f"tests/README.md has a row of {trap}, which is no trap"
    for trap, test in rows:
        if test not in tests:
            yield f"tests/README.md: the test of {trap}, {test}, does not exist"


def self_test():
    readme = "".join(f"| {trap} | a | b | `{trap}Holds` |\n" for trap in TRAPS)
    sources = "".join(f"TEST(Suite, {trap}Holds) {{\n" for trap in TRAPS)
    found = list(problems(readme, sources))
    found += [] if list(problems(readme.replace("T07 ", "T06 "), sources)) else ["a row that is not there is not found"]
    found += [] if list(problems(readme, sources.replace("T07Holds", "Holds"))) else ["a test that is not there is not found"]
    return found


def main():
    if sys.argv[1:] == ["--self-test"]:
        found = self_test()
    else:
        root = pathlib.Path(sys.argv[1]).resolve()
        sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("*_test.cpp")))
        found = list(problems((root / "tests/README.md").read_text(encoding="utf-8"), sources))
    for problem in found:
        print(problem)
    print(f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
