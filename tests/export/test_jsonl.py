"""What is exported as JSONL is what `cotner convert` reads back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
from gold import gold_docs
from spacy.tokens import Doc, DocBin, Span

from spacy_cotner.data import convert
from spacy_cotner.export import to_record
from spacy_cotner.export.files import to_text
from spacy_cotner.types import has_relations

NLP = spacy.blank("en")
SAMPLE = Path(__file__).parents[2] / "assets" / "sample" / "train.jsonl"


def round_trip(docs: list[Doc], folder: Path) -> list[Doc]:
    (folder / "out.jsonl").write_text(to_text(docs, "jsonl"), encoding="utf8")
    summary = convert(folder / "out.jsonl", folder / "back.spacy", format="jsonl")
    assert not [what for what in summary.repairs.counts if not what.startswith("noted")]
    return list(DocBin().from_disk(folder / "back.spacy").get_docs(NLP.vocab))


def content(doc: Doc) -> dict:
    return {
        "text": doc.text,
        "tokens": [(token.text, token.whitespace_) for token in doc],
        "ents": [(e.start, e.end, e.label_) for e in doc.ents] if doc.has_annotation("ENT_IOB") else None,
        "relations": [(r.key, r.head.label_, r.tail.label_, r.score) for r in doc._.relations]
        if has_relations(doc)
        else None,
        "complete": doc._.relations_complete,
        "context": (doc._.image, doc._.caption, doc._.cot, doc.user_data.get("id")),
    }


def make(text: str, *ents: tuple[int, int, str]) -> Doc:
    doc = NLP(text)
    doc.ents = [Span(doc, *ent) for ent in ents]
    return doc


def predicted() -> Doc:
    doc = make("Ada met Charles 🎂 in New York", (0, 1, "PER"), (2, 3, "PER"), (5, 7, "LOC"))
    doc._.relations = [
        (doc.ents[0], doc.ents[1], "met", 0.75),
        (doc.ents[1], doc.ents[0], "met", 0.5),
        (doc.ents[0], doc.ents[1], "/per/per/peer", 0.25),
    ]
    return doc


def only_listed_pairs() -> Doc:
    doc = make("Ada met Charles", (0, 1, "PER"), (2, 3, "PER"))
    doc._.relations = [(doc.ents[0], doc.ents[1], "None")]
    doc._.relations_complete = False
    doc._.image, doc._.caption, doc._.cot = "a.jpg", "two persons", {"noun": "Ada is a person"}
    doc.user_data["id"] = "tweet-1"
    return doc


def other_spans() -> Doc:
    doc = make("the University of Paris", (1, 4, "ORG"))
    doc._.relations = [(doc.ents[0], Span(doc, 3, 4, "LOC"), "located_in")]
    return doc


def without_entities() -> Doc:
    doc = NLP("Ada met Charles")
    doc._.relations = [(Span(doc, 0, 1, "PER"), Span(doc, 2, 3, "PER"), "met")]
    return doc


def words_only() -> Doc:
    doc = Doc(NLP.vocab, words=["@user", ":", "hi", "Ada"])
    doc.ents = [Span(doc, 3, 4, "PER")]
    return doc


def own_tokens() -> Doc:
    doc = NLP("Ada  met\n New York ")
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[4:6])
    doc.ents = [Span(doc, 4, 5, "LOC")]
    return doc


CASES = [predicted, only_listed_pairs, other_spans, without_entities, words_only, own_tokens]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_round_trip(case, tmp_path):
    doc = case()
    (back,) = round_trip([doc], tmp_path)
    assert content(back) == content(doc)


def test_round_trip_of_a_corpus(tmp_path):
    docs = gold_docs(NLP)
    assert [content(doc) for doc in round_trip(docs, tmp_path)] == [content(doc) for doc in docs]


def test_round_trip_of_the_sample(tmp_path):
    convert(SAMPLE, tmp_path / "train.spacy")
    docs = list(DocBin().from_disk(tmp_path / "train.spacy").get_docs(NLP.vocab))
    assert len(docs) == 100
    assert [content(doc) for doc in round_trip(docs, tmp_path)] == [content(doc) for doc in docs]


def test_not_annotated_is_not_none_found():
    doc = NLP("Ada met Charles")
    assert not {"spans", "relations"} & set(to_record(doc))
    doc.ents = []
    doc._.relations = []
    record = to_record(doc)
    assert (record["spans"], record["relations"]) == ([], [])


def test_a_score_that_is_none_is_mended(tmp_path):
    record = to_record(predicted())
    record["relations"][0]["score"] = 7
    (tmp_path / "in.jsonl").write_text(json.dumps(record), encoding="utf8")
    summary = convert(tmp_path / "in.jsonl", tmp_path / "out.spacy")
    assert "score of a relation is no probability" in " ".join(summary.repairs.lines())
    (doc,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(NLP.vocab)
    assert [relation.score for relation in doc._.relations] == [1.0, 0.5, 0.25]
