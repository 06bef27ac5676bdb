"""`cotner export`: every format, from annotation and from predictions."""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path

import networkx
import pytest
import rdflib
import spacy
from commands import cotner
from gold import TEXTS
from spacy.tokens import DocBin

export = partial(cotner, "export")


def count_rows(path: Path) -> int:
    with path.open(encoding="utf8", newline="") as file:
        return len(list(csv.DictReader(file)))


def count_records(path: Path) -> int:
    return sum(len(json.loads(line)["relations"]) for line in path.read_text(encoding="utf8").splitlines())


def count_edges(path: Path) -> int:
    return networkx.read_graphml(path, force_multigraph=True).number_of_edges()


def count_statements(path: Path) -> int:
    return len(list(rdflib.Graph().parse(path).subjects(rdflib.RDF.type, rdflib.RDF.Statement)))


COUNTS = {"csv": count_rows, "jsonl": count_records, "graphml": count_edges, "ttl": count_statements}


@pytest.mark.parametrize("format", COUNTS)
def test_annotation(corpus: Path, tmp_path: Path, format: str) -> None:
    code, said = export(corpus, tmp_path / f"out.{format}")
    assert code == 0, said
    assert "Exported 4 relations of 4 texts" in said
    assert COUNTS[format](tmp_path / f"out.{format}") == 4
    assert export(corpus, tmp_path / "other", "--format", format)[0] == 0
    assert (tmp_path / "other").read_bytes() == (tmp_path / f"out.{format}").read_bytes()


@pytest.mark.parametrize("format", COUNTS)
def test_predictions(model_folder: Path, tmp_path: Path, format: str) -> None:
    (tmp_path / "texts.txt").write_text(f"{TEXTS[0][0]}\n{TEXTS[1][0]}\n", encoding="utf8")
    code, said = export(tmp_path / "texts.txt", tmp_path / f"out.{format}", "--model", model_folder)
    assert code == 0, said
    assert COUNTS[format](tmp_path / f"out.{format}") == 4


def test_what_was_exported_can_be_drawn_and_exported_again(corpus: Path, tmp_path: Path) -> None:
    assert export(corpus, tmp_path / "a.jsonl")[0] == 0
    assert export(tmp_path / "a.jsonl", tmp_path / "b.jsonl")[0] == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_options(corpus: Path, tmp_path: Path) -> None:
    assert export(corpus, tmp_path / "out.ttl", "--namespace", "urn:kb#", "--mentions", "-n", 1)[0] == 0
    text = (tmp_path / "out.ttl").read_text(encoding="utf8")
    assert "urn:kb#" in text
    assert "Ada%20Lovelace/1/0-12" in text
    assert "Marie" not in text


@pytest.mark.parametrize(
    ("name", "output", "options", "message"),
    [
        ("gold.spacy", "out.xlsx", (), "'xlsx' is no format to export to: choose jsonl, csv, graphml, ttl"),
        ("gold.spacy", "out", (), "choose jsonl"),
        ("gold.spacy", "out.ttl", ("--namespace", "x"), "expected an IRI"),
        ("plain.spacy", "out.csv", (), "none of 1 texts has relations: give --model"),
        ("nowhere.spacy", "out.csv", (), "can't be read"),
        ("gold.spacy", "out.csv", ("--model", "nowhere"), "no trained pipeline at nowhere"),
    ],
)
def test_bad_input_is_one_line(corpus, tmp_path, name, output, options, message) -> None:
    DocBin(docs=[spacy.blank("en")("plain")]).to_disk(tmp_path / "plain.spacy")
    code, said = export(tmp_path / name, tmp_path / output, *options)
    assert code == 1
    assert message in said
    assert not (tmp_path / output).exists()
