#!/usr/bin/env python3
"""Writes tests/reference/sentencepiece.json: ids of a few sentences by the Python package sentencepiece 0.2.1.

  SCAR_DATA_DIR=... python3 tests/reference/export_sentencepiece.py

Two kinds of models: those of $SCAR_DATA_DIR/tokenizers, which the test looks up by SHA-256 and skips where they are
missing, and the project's own small one, tests/data/text/reports.model.
"""
import hashlib
import json
import os
import pathlib

import sentencepiece

SENTENCES = [
    "sinus rhythm. normal ecg.",
    "sinusrhythmus lagetyp normal qrs(t) abnorm inferiorer infarkt wahrscheinlich alt",
    "mässige amplitudenkriterien für linkshypertrophie",
    "st segments are depressed in i, ii, avl, v4,5,6.",
    "a-v block i",
    "  blanks   at  the ends and  between  ",
    "Großbuchstaben und ÄÖÜ",
    "日本語 and \U0001f600",
    "",
]


def encode(path):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "size": processor.get_piece_size(),
        "pad_id": processor.pad_id(),
        "unk_id": processor.unk_id(),
        "bos_id": processor.bos_id(),
        "eos_id": processor.eos_id(),
        "ids": [processor.encode(text) for text in SENTENCES],
        "pieces_of_first": processor.encode(SENTENCES[0], out_type=str),
        "decoded": [processor.decode(processor.encode(text)) for text in SENTENCES],
    }


def main():
    assert sentencepiece.__version__ == "0.2.1", sentencepiece.__version__
    root = pathlib.Path(__file__).resolve().parents[2]
    shared = pathlib.Path(os.environ["SCAR_DATA_DIR"]) / "tokenizers"
    models = {"tests/data/text/reports.model": encode(root / "tests/data/text/reports.model")}
    for path in sorted(shared.glob("*.model")):
        models["tokenizers/" + path.name] = encode(path)
    text = json.dumps({"sentencepiece": sentencepiece.__version__, "sentences": SENTENCES, "models": models},
                      ensure_ascii=False, separators=(", ", ": "))
    pathlib.Path(__file__).with_name("sentencepiece.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
