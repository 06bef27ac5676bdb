"""`cotner render`: annotation, predictions, and both in one picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

import pytest
import spacy
from commands import cotner
from gold import TEXTS, gold_docs
from spacy.tokens import DocBin

render = partial(cotner, "render")


def test_the_annotation_of_a_corpus(corpus: Path, tmp_path: Path) -> None:
    code, said = render(corpus, tmp_path / "new" / "out.html")
    assert code == 0
    assert "Drew 4 texts with 4 relations" in said
    page = (tmp_path / "new" / "out.html").read_text(encoding="utf8")
    assert page.count("<svg") == 4
    assert "Charles Babbage" in page
    assert "two persons worked" in page  # the explanation, folded away
    assert "missed" not in page


def test_one_picture(corpus: Path, tmp_path: Path) -> None:
    assert render(corpus, tmp_path / "out.svg", "--limit", 2)[0] == 0
    root = ET.parse(tmp_path / "out.svg").getroot()
    assert "colleague" in "".join(root.itertext())
    assert "far away" not in "".join(root.itertext())


def test_predictions_beside_the_annotation(corpus: Path, model_folder: Path, tmp_path: Path) -> None:
    docs = gold_docs(spacy.blank("en"))
    docs[0]._.relations = [(docs[0].ents[1], docs[0].ents[0], "colleague")]  # the other way round
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "other.spacy")
    code, said = render(tmp_path / "other.spacy", tmp_path / "out.html", "-m", model_folder, "--errors")
    assert code == 0, said
    page = (tmp_path / "out.html").read_text(encoding="utf8")
    assert "? colleague" in page
    assert "✗ colleague" in page
    assert "right" in said
    assert page.count("<svg") < 4  # texts without an error are left out


def test_texts_without_annotation(model_folder: Path, tmp_path: Path) -> None:
    lines = [TEXTS[0][0], "", TEXTS[1][0]]
    (tmp_path / "texts.txt").write_text("\n".join(lines), encoding="utf8")
    records = [json.dumps({"text": text, "id": f"t{i}"}) for i, text in enumerate(lines) if text]
    (tmp_path / "texts.jsonl").write_text("\n".join(records), encoding="utf8")
    for name in ("texts.txt", "texts.jsonl"):
        code, said = render(tmp_path / name, tmp_path / "out.html", "--model", model_folder)
        assert code == 0, said
        assert "Drew 2 texts with 4 relations" in said
        page = (tmp_path / "out.html").read_text(encoding="utf8")
        assert "missed" not in page
        assert "wrong" not in page
    assert "t0" in page


def test_a_pipeline_that_needs_entities_is_given_them(
    corpus: Path, model_folder: Path, tmp_path: Path
) -> None:
    nlp = spacy.load(model_folder)
    nlp.remove_pipe("cot_ner")
    nlp.to_disk(tmp_path / "rel_only")
    code, said = render(corpus, tmp_path / "out.html", "--model", tmp_path / "rel_only")
    assert code == 0, said
    assert "Drew 4 texts" in said
    assert "4 right, 0 wrong, 0 missed" in said  # relations only: nobody predicted the entities


def test_the_limit_is_said(corpus: Path, tmp_path: Path) -> None:
    assert "There are more texts than the first 2" in render(corpus, tmp_path / "out.html", "-n", 2)[1]
    assert "There are more" not in render(corpus, tmp_path / "out.html", "-n", 4)[1]
    assert "Drew 4 texts" in render(corpus, tmp_path / "out.html", "-n", 0)[1]


@pytest.mark.parametrize(
    ("name", "output", "options", "message"),
    [
        ("gold.spacy", "out.pdf", (), "must end in .html or .svg"),
        ("gold.spacy", "out.html", ("--errors",), "--errors needs a pipeline"),
        ("gold.spacy", "out.html", ("--teacher",), "--teacher needs a pipeline"),
        ("gold.spacy", "out.html", ("--model", "nowhere"), "no trained pipeline at nowhere"),
        ("gold.spacy", "out.html", ("--width", "7"), "option width"),
        ("gold.spacy", "out.html", ("--spans-key", "sc"), "no spans under 'sc'; there are none"),
        ("nowhere.spacy", "out.html", (), "can't be read"),
        ("nowhere.jsonl", "out.html", (), "cannot read this file"),
        ("text.doc", "out.html", (), "text.doc: expected a .spacy file"),
        ("empty.txt", "out.html", (), "no texts in it"),
    ],
)
def test_bad_input_is_one_line(corpus, tmp_path, name, output, options, message) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    code, said = render(tmp_path / name, tmp_path / output, *options)
    assert code == 1
    assert message in said
    assert not (tmp_path / output).exists()
