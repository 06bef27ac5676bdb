"""What lives on a Doc, and that it survives."""

from __future__ import annotations

import copy
import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_cotner import Relation
from spacy_cotner.types import View, has_relations, register_extensions, view_of


@pytest.fixture
def doc():
    doc = spacy.blank("en")("Ada Lovelace worked in London 🙂")
    doc.ents = [Span(doc, 0, 2, label="PER"), Span(doc, 4, 5, label="LOC")]
    doc._.image = "images/1.png"
    doc._.caption = "two persons"
    doc._.cot = {"noun": "Ada Lovelace is a person", "irony": "none"}
    doc._.relations = [Relation(doc.ents[0], doc.ents[1], "lives", 0.75)]
    doc._.relations_complete = False
    return doc


def through_docbin(doc):
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    return next(DocBin(store_user_data=True).from_bytes(data).get_docs(spacy.blank("en").vocab))


def through_disk(doc, tmp_path):
    doc.to_disk(tmp_path / "doc")
    return Doc(spacy.blank("en").vocab).from_disk(tmp_path / "doc")


@pytest.mark.parametrize(
    "journey",
    [
        through_docbin,
        lambda doc: through_docbin(through_docbin(doc)),
        lambda doc: Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes()),
        lambda doc: pickle.loads(pickle.dumps(doc)),
        lambda doc: doc.copy(),
        copy.deepcopy,
    ],
)
def test_survival(doc, journey):
    twin = journey(doc)
    assert (twin._.image, twin._.caption, twin._.cot) == (doc._.image, doc._.caption, doc._.cot)
    assert twin._.relations_complete is False
    ((head, tail, label, score),) = twin._.relations
    assert (head.doc, head.text, head.label_, tail.text, tail.label_) == (
        twin,
        "Ada Lovelace",
        "PER",
        "London",
        "LOC",
    )
    assert (label, score) == ("lives", 0.75)
    # The copy is apart: what is set on it does not reach the original.
    twin._.relations = []
    twin._.cot = {}
    assert doc._.cot
    assert len(doc._.relations) == 1


def test_nothing_set():
    doc = spacy.blank("en")("Ada")
    assert (doc._.image, doc._.caption, doc._.cot, doc._.relations) == (None, None, {}, [])
    assert doc._.relations_complete is True
    assert doc[:]._.confidence is None
    assert not has_relations(doc)
    doc._.relations = []
    assert has_relations(doc)


def test_values_are_copies(doc):
    doc._.cot["noun"] = "changed"
    assert doc._.cot["noun"] == "Ada Lovelace is a person"
    doc._.relations.clear()
    assert len(doc._.relations) == 1
    doc._.cot = None
    assert doc._.cot == {}


@pytest.mark.parametrize("n_tokens", [1, 5])
def test_relations_of_another_doc(doc, n_tokens):
    short = Doc(doc.vocab, words=["Ada"] * n_tokens)
    with pytest.raises(ValueError, match="outside the Doc"):
        short._.relations = [(doc[0:2], doc[5:6], "lives")]
    with pytest.raises(ValueError, match="outside the Doc"):
        doc._.relations = [(doc[0:0], doc[4:5], "lives")]


def test_as_doc_and_from_docs(doc):
    """PITFALL: both leave user data behind. No relation must point at the wrong tokens."""
    assert doc[3:5].as_doc()._.relations == []
    with pytest.warns(UserWarning, match="W10"):
        both = Doc.from_docs([doc[3:5].as_doc(), doc])
    assert both._.relations == []


def test_the_cot_chooses_the_view(doc):
    assert view_of(doc) == View(doc, doc._.cot, "two persons")
    assert view_of(doc).is_teacher
    doc._.cot = {}
    assert not view_of(doc).is_teacher
    view = View(doc)
    assert view_of(view) is view


def test_registering_twice_is_safe():
    register_extensions()
