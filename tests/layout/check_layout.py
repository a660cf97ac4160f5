#!/usr/bin/env python3
"""Checks the direction of modules and the walls of third-party libraries by reading #include lines.

  check_layout.py ROOT         lists every violation in the tree at ROOT; exits with 1 if there is any
  check_layout.py --self-test  plants each kind of violation in a temporary tree and demands that it is found

The edges are those of third_party/cmake/module_edges.txt, which CMake reads too. Standard library only.
"""
import pathlib
import re
import sys
import tempfile

SOURCE_SUFFIXES = {".h", ".cpp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
CUDA = re.compile(r"^(cuda|cublas|nccl|c10/cuda/|ATen/cuda/)")

# Header pattern, and where it may appear (prefixes of paths below src/; "" is nowhere).
WALLS = [
    ("YAML parser", re.compile(r"^yaml-cpp/"), ("core/yaml_reader.cpp",)),
    ("log sink and text formatting", re.compile(r"^(spdlog|fmt)/"), ("core/log.cpp",)),
    ("hashing", re.compile(r"^(openssl/|xxhash\.h|xxh3\.h)"), ("core/hash.cpp", "core/hash_avx2.cpp", "core/hash_avx512.cpp")),
    ("HDF5", re.compile(r"^(hdf5|H5[A-Z][a-z]*public|hdf5_hl)\.h"), ("data/store/",)),
    ("SentencePiece", re.compile(r"^sentencepiece(_processor|_trainer|/)"), ("text/sentencepiece_vocab.cpp",)),
    ("zlib", re.compile(r"^zlib\.h"), ("ingest/mat5_file.cpp",)),
    ("libpng", re.compile(r"^png(conf)?\.h"), ("report/png_file.cpp",)),
    ("allocator", re.compile(r"^(gperftools|google)/"), ()),  # linked, never included
    ("Unicode", re.compile(r"^utf8proc\.h"), ("text/unicode.cpp",)),
    ("argument parser", re.compile(r"^CLI/"), ("apps/arguments.cpp",)),
    ("CUDA", CUDA, ("cuda/",)),
]
JSON_READING = re.compile(r"\b(?:ordered_)?json::(parse|accept|sax_parse|from_(cbor|msgpack|ubjson|bson))\s*\(")


def read_edges(path):
    """{module: set of names it may stand on}; a malformed line is an error, CMake says the same."""
    edges = {}
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.match(r"^([a-z]+) -> ([a-z]+) *: .+", line)
        if not match:
            raise SystemExit(f"{path}: not an edge with its reason: {line}")
        edges.setdefault(match[1], set()).add(match[2])
    return edges


def strip_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def check_file(root, path, module, edges):
    relative = path.relative_to(root).as_posix()
    public = relative.startswith("include/")
    below_src = relative[len("src/"):] if not public else ""
    allowed = edges.get(module, set()) | {module}
    text = strip_comments(path.read_text(encoding="utf-8"))
    for bracket, name in INCLUDE.findall(text):
        if name.startswith("scar/"):
            other = name.split("/")[1]
            if module == "cuda":
                yield f"{relative}: includes {name}; the CUDA plug-in uses no header of a scar archive"
            elif other not in allowed:
                yield f"{relative}: includes {name}, but there is no edge '{module} -> {other}'"
            elif not (root / "include" / name).is_file():
                yield f"{relative}: includes {name}, which does not exist"
        elif bracket == '"':
            homes = [path.parent] + ([] if public else [root / "src" / module])
            if public or not any((home / name).is_file() for home in homes):
                yield f"{relative}: includes \"{name}\", which is no private header of '{module}'"
            elif not any((home / name).resolve().is_relative_to((root / "src" / module).resolve()) for home in homes):
                yield f"{relative}: includes \"{name}\" of another module"
        if TORCH.match(name) and module != "cuda" and "torch" not in allowed:
            yield f"{relative}: includes {name}, but '{module}' is free of LibTorch"
        for what, pattern, homes in WALLS:
            if pattern.match(name) and (public or not below_src.startswith(homes)):
                yield f"{relative}: includes {name}; {what} belongs to src/{' '.join(homes)} alone"
        if name.startswith("nlohmann/") and name != "nlohmann/json_fwd.hpp" and path.suffix == ".h":
            yield f"{relative}: a header includes {name}; nlohmann/json_fwd.hpp is enough there"
    if below_src != "core/json.cpp" and JSON_READING.search(text):
        yield f"{relative}: parses JSON itself; core/json.cpp refuses duplicate keys and NaN"


def check_tree(root):
    edges = read_edges(root / "third_party/cmake/module_edges.txt")
    for top in ("include/scar", "src"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SOURCE_SUFFIXES:
                continue
            module = path.relative_to(root / top).parts[0]
            if module not in edges and not (top == "src" and module == "cuda"):
                yield f"{path.relative_to(root).as_posix()}: '{module}' is no module of module_edges.txt"
                continue
            yield from check_file(root, path, module, edges)
    # A source that no CMakeLists.txt names is neither built nor tested.
    for top in ("src", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in {".cpp", ".cu"} or "consumer" in path.parts:
                continue
            folder = path.parent
            while folder != root:
                # A list may be in a .cmake file beside the sources, with names from the CMakeLists.txt that includes it.
                listings = [folder / "CMakeLists.txt"] + sorted(folder.glob("*.cmake"))
                names = {path.relative_to(base).as_posix() for base in path.parents if base.is_relative_to(root / top)}
                if any(names & set(re.findall(r"[\w./-]+", listing.read_text())) for listing in listings if listing.is_file()):
                    break
                folder = folder.parent
            else:
                yield f"{path.relative_to(root).as_posix()}: no CMakeLists.txt above it names it"


def self_test():
    sound = {
        "third_party/cmake/module_edges.txt": "core -> none : base\ntensor -> core : errors\ntensor -> torch : door\n"
                                              "data -> core : errors\n",
        "include/scar/core/error.h": "#pragma once\n#include <string>\n#include <nlohmann/json_fwd.hpp>\n",
        "include/scar/tensor/a.h": "#pragma once\n#include <ATen/core/Tensor.h>\n#include \"scar/core/error.h\"\n",
        "include/scar/data/b.h": "#pragma once\n",
        "src/core/CMakeLists.txt": "json.cpp log.cpp",
        "src/core/json.cpp": "#include <nlohmann/json.hpp>\nauto j = nlohmann::json::parse(text);\n",
        "src/core/log.cpp": "#include <spdlog/spdlog.h>\n// #include <torch/torch.h>\n",
        "src/data/CMakeLists.txt": "store/s.cpp",
        "src/data/store/s.cpp": "#include <hdf5.h>\n#include \"scar/data/b.h\"\n#include \"store/p.h\"\n",
        "src/data/store/p.h": "#pragma once\n",
        "src/cuda/CMakeLists.txt": "k.cu",
        "src/cuda/k.cu": "#include <cuda_runtime_api.h>\n",
    }
    planted = [
        ("include/scar/data/c.h", '#include "scar/tensor/a.h"\n', "no edge 'data -> tensor'"),
        ("include/scar/data/c.h", '#include <ATen/ATen.h>\n', "free of LibTorch"),
        ("include/scar/core/c.h", '#include <nlohmann/json.hpp>\n', "json_fwd.hpp is enough"),
        ("include/scar/core/c.h", '#include "scar/core/gone.h"\n', "does not exist"),
        ("include/scar/core/c.h", '#include <yaml-cpp/yaml.h>\n', "YAML parser belongs"),
        ("include/scar/other/c.h", "\n", "is no module"),
        ("src/core/error.cpp", '#include <fmt/format.h>\n', "log sink and text formatting belongs"),
        ("src/core/error.cpp", '#include <openssl/evp.h>\n', "hashing belongs"),
        ("src/core/error.cpp", '#  include "store/p.h"\n', "no private header of 'core'"),
        ("src/core/error.cpp", '#include "../data/store/p.h"\n', "of another module"),
        ("src/core/error.cpp", "auto j = json::parse(text);\n", "parses JSON itself"),
        ("src/core/error.cpp", "auto j = nlohmann::ordered_json::parse(text);\n", "parses JSON itself"),
        ("src/core/error.cpp", "\n", "no CMakeLists.txt above it names it"),
        ("src/data/visibility.cpp", '#include <hdf5.h>\n', "HDF5 belongs"),
        ("src/data/visibility.cpp", '#include <sentencepiece_processor.h>\n', "SentencePiece belongs"),
        ("src/data/visibility.cpp", '#include <CLI/CLI.hpp>\n', "argument parser belongs"),
        ("src/tensor/t.cpp", '#include <c10/cuda/CUDAStream.h>\n', "CUDA belongs"),
        ("src/cuda/k2.cu", '#include "scar/core/error.h"\n', "no header of a scar archive"),
    ]

    def violations(extra):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**sound, **extra}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return list(check_tree(root))

    failures = [f"the sound tree is refused: {line}" for line in violations({})]
    for name, text, expected in planted:
        found = violations({name: text})
        if not any(expected in line and name in line for line in found):
            failures.append(f"not found in {name}: {text.strip()!r}; found: {found}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        problems = list(check_tree(pathlib.Path(sys.argv[1]).resolve()))
    else:
        raise SystemExit(__doc__)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} violations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
