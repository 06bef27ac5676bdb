"""Predictions over gold annotation: the same judgement as the scorer's."""

from __future__ import annotations

import pytest
import spacy

from spacy_cotner import CotnerError, render
from spacy_cotner.visual import compare_docs

TEXT = "Freddie Mercury of Queen was born in Stone Town, Zanzibar."


def make(ents, relations=None, text=TEXT, complete=True):
    doc = spacy.blank("en")(text)
    if ents is not None:
        doc.ents = [doc.char_span(text.index(e), text.index(e) + len(e), label) for e, label in ents]
    if relations is not None:
        doc._.relations = [(doc.ents[head], doc.ents[tail], *rest) for head, tail, *rest in relations]
    doc._.relations_complete = complete
    return doc


GOLD = [("Freddie Mercury", "PER"), ("Queen", "ORG"), ("Stone Town", "LOC"), ("Zanzibar", "LOC")]


def statuses(items):
    return sorted((item.label, item.status) for item in items)


def test_right_wrong_and_missed():
    gold = make(GOLD, [(0, 1, "member_of"), (0, 2, "born_in")])
    predicted = make(
        [("Freddie Mercury", "PER"), ("Queen", "PER"), ("Stone Town, Zanzibar", "LOC")],
        [(0, 1, "works_for", 0.6), (0, 2, "born_in", 0.7)],
    )
    picture, tally = compare_docs(gold, predicted, {})
    assert tally == (1, 4, 5)
    assert tally.errors == 9
    assert str(tally) == "1 right, 4 wrong, 5 missed"
    assert statuses(picture.links) == [
        ("born_in", "missed"),  # to Stone Town, and not to "Stone Town, Zanzibar"
        ("born_in", "wrong"),
        ("member_of", "missed"),
        ("works_for", "wrong"),
    ]
    assert statuses(picture.marks) == [
        ("LOC", "missed"),
        ("LOC", "missed"),
        ("LOC", "wrong"),
        ("ORG", "missed"),
        ("PER", "right"),
        ("PER", "wrong"),
    ]
    markup = render(picture)
    assert "✗ works_for" in markup
    assert "? member_of" in markup


def test_direction_counts():
    gold, predicted = make(GOLD, [(0, 1, "member_of")]), make(GOLD, [(1, 0, "member_of", 0.9)])
    assert compare_docs(gold, predicted, {})[1] == (4, 1, 1)


def test_scores_are_those_of_the_prediction():
    gold, predicted = make(GOLD, [(0, 1, "a"), (0, 2, "b")]), make(GOLD, [(0, 1, "a", 0.25)])
    picture, _ = compare_docs(gold, predicted, {})
    assert {link.label: link.score for link in picture.links} == {"a": 0.25, "b": None}


def test_what_nobody_annotated_is_not_judged():
    predicted = make(GOLD, [(0, 1, "a", 0.9)])
    assert compare_docs(make(None), predicted, {})[1] == (0, 0, 0)
    assert compare_docs(make(GOLD), predicted, {})[1] == (4, 0, 0)
    # Only the listed pairs are annotated: one that stands in no relation, and nothing is known of others.
    listed = make(GOLD, [(0, 1, "None")], complete=False)
    predicted = make(GOLD, [(0, 1, "a", 0.9), (0, 2, "b", 0.9)])
    picture, tally = compare_docs(listed, predicted, {})
    assert tally == (4, 1, 0)
    assert statuses(picture.links) == [("a", "wrong"), ("b", "")]


def test_given_entities_are_not_counted():
    doc = make(GOLD, [(0, 1, "a")])
    assert compare_docs(doc, doc, {}, entities=False)[1] == (1, 0, 0)


def test_two_texts_cannot_be_compared():
    with pytest.raises(CotnerError, match="differ in their text"):
        compare_docs(make(GOLD), make(None, text="another"), {})
