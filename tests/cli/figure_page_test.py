#!/usr/bin/env python3
"""Makes figures of a synthetic record with scar-eval plot and looks at them as others do.

  figure_page_test.py xml PROGRAMS WORK      Python's XML parser reads each of them
  figure_page_test.py browser PROGRAMS WORK  headless Chromium shows two inside one HTML page: no error on its console, and a
                                             screenshot with paper, trace and hatch. Status 77 where there is no Chromium.

Standard library only.
"""
import pathlib
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree
import zlib

SKIPPED = 77
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1100, 1600


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def make_figures(programs, work):
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store = work / "store"
    run(programs / "scar-prepare", "synth", "--out", store, "--records=4")
    record = "synth-000000"
    figures = {"plain": [], "masked": ["--mask", "joint:0.5"], "rows": ["--layout", "12x1"]}
    for name, more in figures.items():
        run(programs / "scar-eval", "plot", "--data", store, "--record", record, "--out", work / f"{name}.svg", *more)
    return [work / f"{name}.svg" for name in figures]


def check_xml(figures):
    for path in figures:
        root = xml.etree.ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
        assert root.get("viewBox") == f"0 0 {root.get('width')[:-2]} {root.get('height')[:-2]}", root.attrib
        assert not [e for e in root.iter() if e.get("id")], "ids would meet those of a page"


def read_png(path):
    """Rows of (r, g, b), of 8 bit RGB or RGBA without interlace: what Chromium writes."""
    data = path.read_bytes()
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
            assert depth == 8 and colour in (2, 6) and interlace == 0, chunk
        elif kind == b"IDAT":
            body += chunk
        at += 12 + length
    size = 3 if colour == 2 else 4
    raw, stride = zlib.decompress(body), width * size
    before, rows = bytearray(stride), []
    for y in range(height):
        begin = y * (stride + 1)
        method, row = raw[begin], bytearray(raw[begin + 1:begin + 1 + stride])
        for i in range(stride):
            left = row[i - size] if i >= size else 0
            up, corner = before[i], before[i - size] if i >= size else 0
            if method == 4:
                guess = left + up - corner
                distance = (abs(guess - left), abs(guess - up), abs(guess - corner))
                predicted = (left, up, corner)[distance.index(min(distance))]
            else:
                predicted = (0, left, up, (left + up) // 2)[method]
            row[i] = (row[i] + predicted) & 255
        rows.append([tuple(row[i:i + 3]) for i in range(0, stride, size)])
        before = row
    return rows


def check_in_browser(figures, work):
    browser = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if browser is None:
        print(f"skipped: none of {', '.join(BROWSERS)} is installed")
        sys.exit(SKIPPED)
    page, shot = work / "page.html", work / "page.png"
    page.write_text("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>figures</title>"
                    + "".join(path.read_text() for path in figures[:2]) + "</html>\n")
    shown = run(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
                f"--user-data-dir={work / 'profile'}", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}", page.as_uri())
    said = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
    assert not said, said
    pixels = [pixel for row in read_png(shot) for pixel in row]
    counts = {
        "black of traces and names": sum(max(p) < 80 for p in pixels),
        "red of the paper": sum(p[0] > 220 and p[0] - p[1] > 25 and abs(p[1] - p[2]) < 12 for p in pixels),
        "grey of the hatch": sum(max(p) - min(p) < 14 and 90 < p[0] < 225 for p in pixels),
        "white": sum(min(p) > 250 for p in pixels),
    }
    print(counts)
    for what, count in counts.items():
        assert count > len(pixels) // 500, f"{what}: {count} of {len(pixels)} pixels"


def main():
    mode, programs, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    figures = make_figures(programs, work)
    if mode == "xml":
        check_xml(figures)
    else:
        check_in_browser(figures, work)


if __name__ == "__main__":
    main()
