#!/usr/bin/env python3
"""Writes the hand-made seeds of the fuzz targets into corpus/: sound files of every kind, cut and contradictory ones.

  make_seeds.py FOLDER      FOLDER/<target>/seed-*; files with other names (what fuzzing found) are left alone

The files are committed; this script says what is in them. Standard library only.
"""
import hashlib
import json
import pathlib
import struct
import sys
import zlib

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


# ---- WFDB ------------------------------------------------------------------------------------------------------------
def encode(fmt, values):
    """A stream of samples in a WFDB format, low byte first; the last group of a packed one is padded with zeros."""
    if fmt in (8, 80):
        return bytes((v if fmt == 8 else v + 128) & 0xFF for v in values)
    if fmt in (16, 61, 160):
        return b"".join(struct.pack("<H" if fmt != 61 else ">H", (v + (32768 if fmt == 160 else 0)) & 0xFFFF) for v in values)
    if fmt == 24:
        return b"".join(struct.pack("<I", v & 0xFFFFFF)[:3] for v in values)
    if fmt == 32:
        return b"".join(struct.pack("<i", v) for v in values)
    out = b""
    if fmt == 212:
        for i in range(0, len(values), 2):
            a, b = (list(values[i:i + 2]) + [0])[:2]
            out += bytes([a & 0xFF, (a >> 8 & 0xF) | (b >> 4 & 0xF0), b & 0xFF])
        return out
    for i in range(0, len(values), 3):
        a, b, c = [v & 0x3FF for v in (list(values[i:i + 3]) + [0, 0])[:3]]
        if fmt == 310:
            out += struct.pack("<HH", a << 1 | (c & 0x1F) << 11, b << 1 | c >> 5 << 11)
        else:
            out += struct.pack("<I", a | b << 10 | c << 20)
    return out


def signals(count, samples, top):
    return [[(t * (s + 3) + 7 * s) % (2 * top) - top for t in range(samples)] for s in range(count)]


def record(fmt, count=2, samples=7, skew=0, stated=True, offset=0, file="a.dat", gain="200(3)/mV", rate="500"):
    rows = signals(count, samples, 100)
    header = f"r {count} {rate}" + (f" {samples}" if stated else "") + "\n"
    for s, row in enumerate(rows):
        first = row[0]
        where = f"{file} {fmt}" + (f":{skew * s}" if skew else "") + (f"+{offset}" if offset else "")
        check = "" if skew else f" {first} {sum(row) & 0xFFFF} 0 {LEADS[s]}"
        header += f"{where} {gain} 12 0{check or f' {first}'}\n"
    if fmt == 8:
        rows = [[0] + [b - a for a, b in zip(row, row[1:])] for row in rows]
    stream = [row[t] for t in range(samples) for row in rows]
    return header.encode(), b"\0" * offset + encode(fmt, stream)


def wfdb(out):
    for fmt in (8, 16, 24, 32, 61, 80, 160, 212, 310, 311):
        header, data = record(fmt)
        out("wfdb_signal", f"format-{fmt}", header + b"\0" + data)
        out("wfdb_header", f"format-{fmt}", header)
    variants = {
        "twelve-leads": record(16, 12, 20),
        "no-length": record(212, 3, 9, stated=False),
        "skewed": record(16, 3, 12, skew=1, stated=False),
        "skewed-stated": record(310, 3, 9, skew=1),
        "matlab-4": record(16, 12, 6, offset=24),
        "volts": record(16, gain="200000/V"),
        "no-gain": record(16, gain="0"),
        "slow": record(16, rate="0.001"),
        "fast": record(16, rate="999999"),
    }
    for name, (header, data) in variants.items():
        out("wfdb_signal", name, header + b"\0" + data)
        out("wfdb_header", name, header)
    header, data = record(16)
    out("wfdb_signal", "cut-short", header + b"\0" + data[:-3])
    out("wfdb_signal", "too-long", header + b"\0" + data + b"\0\0\0")
    out("wfdb_signal", "huge-length", header.replace(b"500 7", b"500 8589934592") + b"\0" + data)
    out("wfdb_signal", "huge-skew", header.replace(b"16 200", b"16:2147483647 200", 1) + b"\0" + data)
    out("wfdb_signal", "two-files", header.replace(b"a.dat 16 200(3)/mV 12 0 -93", b"b.dat 16 200(3)/mV 12 0 -93") + b"\0" + data)
    many = "r 1024 500 8589934592\n" + "".join(f"{'./' * i}a.dat 16\n" for i in range(40))
    out("wfdb_signal", "too-few-lines", many.encode() + b"\0" + data)
    for name, path in {"parent": "../a.dat", "absolute": "/etc/passwd", "device": "/dev/zero", "inner-parent": "x/../../a.dat",
                       "backslash": "..\\a.dat", "standard-input": "-", "null-segment": "~"}.items():
        out("wfdb_signal", f"path-{name}", header.replace(b"a.dat", path.encode()) + b"\0" + data)
    lines = {
        "comments": "# a comment\nr 1 360/720.5(-10) 650000 12:00:00 01/01/1990\nr.dat 212x1:0+0 200(1024)/mV 11 1024 995 -22131 0 MLII\n#Dx: 1\n",
        "segments": "r/3 2 360 1000\n",
        "no-signals": "r 0 360\n",
        "gain-words": "r 1\nr.dat 16 1e400/mV\n",
        "negative-gain": "r 1\nr.dat 16 -5\n",
        "tiny-rate": "r 1 1e-300 5\nr.dat 16\n",
        "micro-sign": "r 1 500 5 25-Jan-2020 10:00:00\nr.dat 16 4.88(-3)/\u00b5V 16 -3 0 0 0  V6 \n",
        "crlf": "r 1 500\r\nr.dat 16\r\n",
    }
    for name, text in lines.items():
        out("wfdb_header", name, text.encode())
    out("wfdb_header", "latin-1", b"r 1 500\nr.dat 16 1/\xb5V\n")


# ---- MATLAB 5 ----------------------------------------------------------------------------------------------------------
def element(kind, payload):
    return struct.pack("<II", kind, len(payload)) + payload + b"\0" * (-len(payload) % 8)


def small(kind, payload):
    return struct.pack("<HH", kind, len(payload)) + payload + b"\0" * (4 - len(payload))


def matrix(array_class, dims, name, rest, flags=0):
    body = element(6, struct.pack("<II", array_class | flags << 8, 0))
    body += element(5, struct.pack(f"<{len(dims)}i", *dims))
    body += small(1, name) if 0 < len(name) <= 4 else element(1, name)
    return element(14, body + rest)


def doubles(rows, columns, kind=9, dims=None):
    values = [((i * 37) % 200 - 100) / 100 for i in range(rows * columns)]
    data = {9: lambda: struct.pack(f"<{len(values)}d", *values), 3: lambda: struct.pack(f"<{len(values)}h", *[int(v * 100) for v in values])}[kind]()
    return matrix(6, dims or [rows, columns], b"", element(kind, data))


def ecg(data=None, names=(b"sex", b"age", b"data"), name=b"ECG", dims=(1, 1)):
    values = {b"sex": matrix(4, [1, 4], b"", element(4, "Male".encode("utf-16-le"))),
              b"age": matrix(6, [1, 1], b"", small(2, b"\x33")), b"data": data or doubles(12, 5)}
    fields = small(5, struct.pack("<i", 8)) + element(1, b"".join(n.ljust(8, b"\0") for n in names))
    return matrix(2, list(dims), name, fields + b"".join(values[n] for n in names))


def mat_file(*elements, version=0x0100):
    return b"MATLAB 5.0 MAT-file".ljust(116) + b"\0" * 8 + struct.pack("<H", version) + b"IM" + b"".join(elements)


def compressed(payload):
    packed = zlib.compress(payload)
    return struct.pack("<II", 15, len(packed)) + packed


def mat(out):
    good = ecg()
    files = {
        "plain": mat_file(good), "compressed": mat_file(compressed(good)),
        "after-another": mat_file(doubles(2, 2), compressed(good)),
        "int16-values": mat_file(ecg(doubles(12, 5, kind=3))),
        "eleven-rows": mat_file(ecg(doubles(11, 5))), "no-data": mat_file(ecg(names=(b"sex", b"age"))),
        "other-name": mat_file(ecg(name=b"EEG")), "two-structs": mat_file(ecg(dims=(1, 2))),
        "no-struct": mat_file(doubles(12, 5)), "empty": mat_file(),
        "too-many-samples": mat_file(ecg(doubles(12, 5, dims=[12, 2**31 - 1]))),
        "negative-size": mat_file(ecg(doubles(12, 5, dims=[12, -5]))),
        "dimensions-lie": mat_file(ecg(doubles(12, 5, dims=[12, 50000]))),
        "cut-short": mat_file(good)[:-40], "cut-compressed": mat_file(compressed(good))[:-9],
        "version-7.3": mat_file(good, version=0x0200), "high-byte-first": mat_file(good).replace(b"IM", b"MI", 1),
        "bomb": mat_file(compressed(b"\0" * 4_000_000)),
    }
    nested = doubles(12, 5)
    for _ in range(40):
        nested = matrix(1, [1, 1], b"", nested)
    files["nested-cells"] = mat_file(ecg(nested))
    for name, content in files.items():
        out("mat", name, content)


# ---- tables and lists ----------------------------------------------------------------------------------------------------
def text(out):
    tables = {
        "plain": "id,report\n1,a\n2,b\n", "quoted": 'id,report\r\n1,"a, ""b""\nc"\r\n', "bom": "\ufeffid\n1\n\n\n",
        "one-column-gaps": "id\n\n\n\n1\n\n", "ragged": "a,b\n1\n", "twice": "a,a\n1,2\n", "open-quote": 'a\n"b\n', "lone-cr": "a\rb\n",
        "nul": "a\n\0\n", "wide": ",".join(f"c{i}" for i in range(17)) + "\n", "late-quote": 'a\nb"c\n', "after-quote": 'a\n"b"c\n',
        "umlaut": "Befund\nVorhofflimmern, gr\u00f6\u00dfer\n", "empty": "",
    }
    for name, content in tables.items():
        out("csv", name, content.encode())
    out("csv", "latin-1", b"a\ngr\xf6\xdfer\n")
    codes = {"two": "{'NORM': 100.0, 'SR': 0.0}", "none": "{}", "double-quotes": '{"1AVB": 15.0}', "blanks": "{ 'A/B(C)_D' : 35 ,}",
             "twice": "{'SR': 0.0, 'SR': 1.0}", "call": "{'A': __import__('os')}", "exponent": "{'A': 1e2}", "open": "{'A': 1.0",
             "large": "{'A': 100.01}", "dots": "{'A': 1.2.3}", "many": "{" + ", ".join(f"'C{i}': 1" for i in range(129)) + "}"}
    for name, content in codes.items():
        out("scp_codes", name, content.encode())
    lists = {"three": "# comment\n[train]\nA0001 A0002\n[validation]\nA0003\r\n[test]\nA0004\n", "no-section": "A0001\n",
             "unknown": "[dev]\nA\n", "twice": "[train]\nA\n[test]\nA\n", "paths": "[train]\n../A /etc/passwd\n"}
    for name, content in lists.items():
        out("split_list", name, content.encode())
    configs = {
        "all": "flag: true\ncount: 7\nlarge: -9000000000\nseed: 18446744073709551615\nshare: 0.25\nany: -1e300\ntext: \"a: b # c\"\n"
               "names: [x, \"y, z\", '']\ninner:\n  word: lead\n  numbers: [1, -2.5e-3]\n",
        "flow": "{flag: false, inner: {numbers: []}, names: [a]}\n", "duplicate": "count: 1\ncount: 2\n", "alias": "text: &a x\nnames: [*a]\n",
        "merge": "a: &b {c: 1}\nd: {<<: *b}\n", "tag": "count: !!int 3\n", "two-documents": "count: 1\n---\ncount: 2\n",
        "block": "text: |\n  two\n  lines\nnames:\n- a\n- >-\n  folded\n  text\n", "escapes": 'text: "\\t\\x07\\r\\n\\u00e4\\\\\\""\n',
        "dotted": "inner.word: segment\ninner:\n  word: lead\n", "unknown": "cuont: 3\ninner: 4\n", "range": "count: 101\nshare: .nan\nflag: yes\n",
        "deep": "a: " + "[" * 80 + "]" * 80 + "\n", "deeper": "[" * 3000, "maps": "{" * 200, "dashes": "- " * 300, "tab": "\tcount: 1\n", "list": "- 1\n- 2\n",
        "null": "count:\ninner:\n", "quoted": "count: '3'\n", "comment": "# nothing\n", "question": "? [a]\n: b\n", "no-key": ": b\n",
    }
    for name, content in configs.items():
        out("yaml", name, content.encode())
    packs = {
        "plain": "a:\n  X: [one, two]\n  Y: [three]\n", "languages": "a:\n  X:\n    en: [one]\n    de: [eins]\n", "no-list": "a:\n  X: one\n",
        "empty-list": "a: {X: []}\n", "twice": "a: {X: [one, one]}\n", "code": "a: {X: {english: [one]}}\n", "blank": "a: {X: [' ']}\n", "tasks": "a: {}\nb: 3\n",
    }
    for name, content in packs.items():
        out("prompts", name, content.encode())


# ---- stores ------------------------------------------------------------------------------------------------------------
def manifest_json(**changes):
    info = {"kind": "synth", "rate_hz": 100.0, "samples": 1000, "leads": LEADS,
            "tasks": [{"name": "t", "classes": ["x", "y"]}], "findings": ["f"], "evidence_blocks": 40,
            "folds": {"train": [1, 2], "validation": [9], "test": [10]}, "provenance": {"seed": 1, "deep": [[{"a": None}]]}}
    info.update({key: value for key, value in changes.items() if key in info})
    candidates, per_shard = changes.get("n_candidates", 5), changes.get("shard_candidates", 3)
    hashed = {**info, "format": "scar-store", "version": 1, "candidates": candidates, "shard_candidates": per_shard}
    shards = [{"name": f"shard-{s:05}.h5", "bytes": 4096, "sha256": "0" * 64, "candidates": min(3, 5 - 3 * s), "records": 2,
               "metadata_xxh3": "0" * 16} for s in range(2)]
    out = {"format": "scar-store", "version": 1,
           "configuration": hashlib.sha256(json.dumps(hashed, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest(),
           **info, "shard_candidates": per_shard, "n_candidates": candidates, "n_records": 4, "n_excluded": 1,
           "excluded": {"file_missing": 1}, "shards": shards}
    out.update({key: value for key, value in changes.items() if key not in info})
    return json.dumps(out, indent=1, ensure_ascii=False)


def stores(out):
    big = 2**60
    escape = json.loads(manifest_json())["shards"]
    escape[0]["name"] = "../shard-00000.h5"
    manifests = {
        "sound": manifest_json(), "no-findings": manifest_json(findings=[], evidence_blocks=0), "umlaut": manifest_json(kind="gr\u00f6\u00dfer"),
        "version-2": manifest_json(version=2), "unknown-key": manifest_json(more=1), "leaves-store": manifest_json(shards=escape),
        "reasons-overflow": manifest_json(n_candidates=big, n_records=0, n_excluded=big, shard_candidates=big,
                                          excluded={f"r{i}": big for i in range(17)},
                                          shards=[{**escape[1], "name": "shard-00000.h5", "candidates": big, "records": 0}]),
        "large-numbers": manifest_json(n_candidates=2**64 - 1, samples=2**63), "fold-twice": manifest_json(folds={"train": [1], "validation": [1], "test": []}),
        "nan": manifest_json().replace("100.0", "NaN"), "duplicate": manifest_json().replace('"kind"', '"kind": "a", "kind"'),
        "cut-short": manifest_json()[:-30], "nul-in-key": manifest_json(excluded={"file_missing": 0, "file_missing\0": 1}),
        "deep": manifest_json().replace("null", "[" * 20000 + "]" * 20000),
    }
    for name, content in manifests.items():
        out("manifest", name, content.encode())
    out("manifest", "latin-1", manifest_json().replace("synth", "gr\u00f6").encode("latin-1"))
    out("shard", "empty", b"")
    out("shard", "sound-columns", b"\0" + bytes([2, 1]) + b"\0" * 60)
    out("shard", "sound-checksum", b"\1" + bytes([0, 0, 2, 1, 0, 0, 0, 0]) + b"\0" * 60)
    out("shard", "odd-offsets", b"\1" + bytes([0, 0, 2, 1, 0, 0, 0, 0, 3, 65, 66, 67, 2, 68, 69, 1, 8, 255, 255, 0, 0, 0, 0]) + b"\1\2\xff" * 20)
    for i in range(8):
        out("shard", f"odd-attributes-{i}", bytes([0, 2, 1] + [1 if k == i else 0 for k in range(7)]) + bytes(range(40)))


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    root = pathlib.Path(sys.argv[1])

    def out(target, name, content):
        (root / target).mkdir(parents=True, exist_ok=True)
        (root / target / f"seed-{name}").write_bytes(content)

    for part in (wfdb, mat, text, stores):
        part(out)


if __name__ == "__main__":
    main()
