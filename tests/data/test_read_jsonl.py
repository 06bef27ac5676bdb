"""JSONL in our notation and in Prodigy's."""

import json

import pytest
import spacy

from spacy_cotner.data.images import Images
from spacy_cotner.data.jsonl import read_jsonl
from spacy_cotner.data.repairs import Repairs
from spacy_cotner.errors import CotnerError
from spacy_cotner.types import has_relations

TEXT = "Ada met Charles in New York."
ADA = {"start": 0, "end": 3, "label": "PER"}
CHARLES = {"start": 8, "end": 15, "label": "PER"}
NEW_YORK = {"start": 19, "end": 27, "label": "LOC"}


@pytest.fixture
def read(tmp_path):
    def run(*rows, **kwargs):
        path = tmp_path / "train.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines), encoding="utf8")
        repairs = Repairs()
        docs = list(read_jsonl(path, spacy.blank("en"), repairs, Images(None, repairs), **kwargs))
        return docs, repairs

    return run


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def relations(doc):
    return [(r.head.text, r.label, r.tail.text) for r in doc._.relations]


def test_our_notation(read):
    row = {"text": TEXT, "spans": [ADA, NEW_YORK], "relations": [{"head": 0, "tail": 1, "label": "in"}]}
    row |= {"image": "img/1.png", "caption": "a street", "cot": {"noun": "Ada: a name"}, "id": 7}
    (doc,), repairs = read(row)
    assert doc.text == TEXT
    assert not doc.has_unknown_spaces
    assert ents(doc) == [("Ada", "PER"), ("New York", "LOC")]
    assert relations(doc) == [("Ada", "in", "New York")]
    assert doc._.relations_complete
    assert (doc._.image, doc._.caption, doc._.cot) == ("img/1.png", "a street", {"noun": "Ada: a name"})
    assert doc.user_data["id"] == "7"
    assert not repairs.counts


def test_absent_is_not_annotated_and_empty_is_none(read):
    (absent, empty), _ = read({"text": TEXT}, {"text": TEXT, "spans": [], "relations": []})
    assert (absent.has_annotation("ENT_IOB"), has_relations(absent)) == (False, False)
    assert (empty.has_annotation("ENT_IOB"), has_relations(empty)) == (True, True)


def test_prodigy_notation(read):
    words = [token.text for token in spacy.blank("en")(TEXT)]
    tokens = [{"text": word, "id": i} for i, word in enumerate(words)]
    spans = [{**ADA, "token_start": 0, "token_end": 0}, {**NEW_YORK, "token_start": 4, "token_end": 5}]
    relation = {"head": 0, "child": 5, "head_span": spans[0], "child_span": spans[1], "label": "in"}
    by_token = {"head": 5, "child": 2, "label": "has"}
    row = {
        "text": TEXT,
        "tokens": tokens,
        "spans": spans,
        "relations": [relation, by_token],
        "answer": "accept",
    }
    (doc,), repairs = read(row, {**row, "answer": "reject"}, {**row, "answer": "ignore"})
    assert ents(doc) == [("Ada", "PER"), ("New York", "LOC")]
    assert relations(doc) == [("Ada", "in", "New York"), ("New York", "has", "Charles")]
    assert repairs.counts == {
        "skipped: answer is 'reject'": 1,
        "skipped: answer is 'ignore'": 1,
        "noted: relation whose head or tail is not among the spans, it is kept": 1,  # "Charles"
    }


def test_tokens_without_text(read):
    row = {"image_id": "9", "tokens": ["I", "\ufe0f", "", "love", "Rome"], "caption": "c", "knowledge": "k"}
    spans = [{"token_start": 4, "token_end": 4, "label": "LOC"}]
    (plain, labelled), _ = read(row, {**row, "spans": spans})
    assert plain.has_unknown_spaces
    assert not plain.has_annotation("ENT_IOB")
    assert [token.text for token in plain] == ["I", "\ufe0f", "love", "Rome"]
    assert (plain._.image, plain._.caption, plain._.cot) == ("9.jpg", "c", {"knowledge": "k"})
    assert ents(labelled) == [("Rome", "LOC")]
    (renamed,), _ = read(row, grains={"knowledge": "noun"})
    assert renamed._.cot == {"noun": "k"}


def test_tokens_and_text_with_more_white_space(read):
    spans = [{"token_start": 2, "token_end": 2, "label": "LOC"}]
    (doc,), _ = read({"text": "in\n\n  the   Rome", "tokens": ["in", "the", "Rome"], "spans": spans})
    assert doc.text == "in\n\n  the   Rome"
    assert ents(doc) == [("Rome", "LOC")]


def test_misaligned_spans(read):
    spans = [{"start": 0, "end": 2, "label": "PER"}, {"start": 18, "end": 28, "label": "LOC"}]
    (doc,), repairs = read({"text": "Ada met Charles in New York yes", "spans": spans})
    assert ents(doc) == [("Ada", "PER"), ("New York", "LOC")]
    assert {what.split(":")[0] for what in repairs.counts} == {"repaired"}
    # Two spans in one token: which of them the token is, nobody knows.
    spans = [
        {"start": 0, "end": 3, "label": "A"},
        {"start": 3, "end": 6, "label": "B"},
        {"start": 7, "end": 10, "label": "C"},
    ]
    relation = {"head": 0, "tail": 2, "label": "r"}
    (doc,), repairs = read({"text": "abcdef ghi", "spans": spans, "relations": [relation]})
    assert ents(doc) == [("ghi", "C")]
    assert relations(doc) == []
    assert repairs.counts["dropped: span inside a token that another span shares"] == 2


def test_unusable_spans_and_relations_are_dropped(read):
    spans = [
        ADA,
        {"start": 5, "end": 99, "label": "X"},
        {"start": 7, "end": 8, "label": "X"},
        {**CHARLES, "label": None},
    ]
    rows = [
        {"head": 0, "tail": 3, "label": "a"},
        {"head": 0, "tail": 1, "label": "b"},
        {"head": 0, "tail": 9, "label": "c"},
    ]
    rows.append(rows[0])
    (doc,), repairs = read({"text": TEXT, "spans": spans, "relations": rows})
    assert ents(doc) == [("Ada", "PER")]
    assert relations(doc) == [("Ada", "a", "Charles")]
    assert sum(repairs.counts.values()) == 6


def test_odd_relations_are_counted(read):
    rows = [
        {"head": 0, "tail": 0, "label": "self"},
        {"head": 0, "tail": CHARLES, "label": "uncovered"},
        {"head": 0, "tail": 1, "label": "a"},
        {"head": 0, "tail": 1, "label": "b"},
    ]
    (doc,), repairs = read({"text": TEXT, "spans": [ADA, NEW_YORK], "relations": rows})
    assert relations(doc) == [
        ("Ada", "uncovered", "Charles"),
        ("Ada", "a", "New York"),
        ("Ada", "b", "New York"),
    ]
    assert repairs.counts == {
        "dropped: relation of a span with itself": 1,
        "noted: relation whose head or tail is not among the spans, it is kept": 1,
        "noted: pair with different relations, all are kept": 1,
    }


def test_overlapping_spans_in_a_group(read):
    whole = {"start": 0, "end": 15, "label": "PAIR"}
    row = {"text": TEXT, "spans": [whole, ADA], "relations": [{"head": 0, "tail": 1, "label": "has"}]}
    (doc,), repairs = read(row, spans_key="sc")
    assert [(span.text, span.label_) for span in doc.spans["sc"]] == [
        ("Ada met Charles", "PAIR"),
        ("Ada", "PER"),
    ]
    assert not doc.has_annotation("ENT_IOB")
    assert relations(doc) == [("Ada met Charles", "has", "Ada")]
    assert not repairs.counts


def test_empty_text_and_half_an_emoji(read):
    (doc,), repairs = read({"text": " "}, '{"text": "a \\ud83d b \\ud83d\\ude00"}', "")
    assert doc.text == "a \ufffd b 😀"
    assert sorted(what.split(":")[0] for what in repairs.counts) == ["dropped", "repaired"]


def test_line_separators_inside_texts_do_not_end_lines(read):
    docs, _ = read('{"text": "a\u2028b\u0085c"}', '{"text": "d"}')
    assert [doc.text for doc in docs] == ["a\u2028b\u0085c", "d"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a"', "not a JSON object on one line"),
        ("[" * 100_000, "not a JSON object on one line"),
        ("[1]", "expected an object"),
        ({"spans": []}, "neither 'text' nor 'tokens'"),
        ({"text": 1}, "'text' must be a string"),
        ({"tokens": [1]}, "tokens must be a list of strings"),
        ({"text": "a b", "tokens": ["a", "c"]}, "do not spell the text"),
        ({"text": "a", "spans": {}}, "'spans' must be a list"),
        ({"text": "a", "spans": ["a"]}, "expected a span"),
        ({"text": "a", "spans": [{"label": "X"}]}, "expected a span with start and end"),
        ({"text": "a", "spans": [{"start": 0, "end": 1, "label": 3}]}, "label to be a string"),
        ({"text": "a", "spans": [], "relations": {}}, "'relations' must be a list"),
        ({"text": "a", "spans": [], "relations": [{"head": 0}]}, "expected a relation"),
        (
            {"text": "a", "spans": [], "relations": [{"head": 0, "tail": "x", "label": "r"}]},
            "positions in 'spans'",
        ),
        ({"text": "a", "spans": [], "relations": [{"head": 0, "tail": 0}]}, "label to be a string"),
        ({"text": "a", "caption": 1}, "'caption' must be a string"),
        ({"text": "a", "cot": "because"}, "'cot' must be an object"),
    ],
)
def test_broken_line_is_named(read, row, message):
    with pytest.raises(CotnerError, match=r"train\.jsonl:2: ") as error:
        read({"text": "fine"}, row)
    assert message in str(error.value)


def test_message_about_a_long_line_is_short(read):
    with pytest.raises(CotnerError) as error:
        read({"text": "a", "spans": ["x" * 10_000]})
    assert len(str(error.value).split("jsonl:1: ")[1]) == 300
