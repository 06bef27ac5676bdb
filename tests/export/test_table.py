"""Relations as rows."""

from __future__ import annotations

import csv
import io

import spacy
from gold import gold_docs

from spacy_cotner.export import to_rows
from spacy_cotner.export.files import to_text
from spacy_cotner.export.table import COLUMNS

NLP = spacy.blank("en")


def test_a_row_a_relation():
    docs = gold_docs(NLP)
    rows = to_rows(docs)
    assert len(rows) == 4
    assert rows[0] == {
        "doc": "1",
        "head": "Ada Lovelace",
        "head_label": "PER",
        "head_start": 0,
        "head_end": 12,
        "label": "colleague",
        "tail": "Charles Babbage",
        "tail_label": "PER",
        "tail_start": 25,
        "tail_end": 40,
        "score": 1.0,
        "text": docs[0].text,
    }
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert [row["doc"] for row in rows] == ["1", "1", "2", "2"]
    assert to_rows(docs[2]) == []
    assert to_rows(docs[0]) == rows[:2]


def test_offsets_are_those_of_the_text():
    doc = NLP("🎂 Ada  met Bob")
    ada, bob = doc.char_span(2, 5, "PER"), doc.char_span(11, 14, "PER")
    doc._.relations = [(ada, bob, "met")]
    (row,) = to_rows(doc)
    assert row["text"][row["head_start"] : row["head_end"]] == row["head"] == "Ada"


def test_texts_of_one_name_are_told_apart():
    docs = gold_docs(NLP)
    for doc in docs:
        doc.user_data["id"] = "a"
    docs[1].user_data["id"] = "a-2"
    names = [row["doc"] for row in to_rows([docs[0], docs[1], docs[0], docs[0]])]
    assert len(set(names)) == 4
    assert names[0] == "a"


def test_csv_holds_any_text():
    doc = NLP('He said "Ada, met\nBob"')
    doc._.relations = [(doc[3:4], doc[7:8], "a,b")]
    (row,) = csv.DictReader(io.StringIO(to_text([doc], "csv"), newline=""))
    (expected,) = to_rows(doc)
    assert row == {key: str(value) for key, value in expected.items()}
