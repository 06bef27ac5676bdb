"""Scores of relations by hand-made predictions."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_cotner.scorers import make_rel_scorer, rel_score
from spacy_cotner.types import RELATIONS_KEY

WORDS = ["Ada", "knows", "Bob", "in", "Paris"]
ADA, BOB, PARIS = (0, 1), (2, 3), (4, 5)


def doc_with(*triples, complete=True, words=WORDS):
    doc = Doc(spacy.blank("en").vocab, words=words)
    if triples != (None,):
        doc._.relations = [(doc[slice(*head)], doc[slice(*tail)], label) for head, tail, label in triples]
    doc._.relations_complete = complete
    return doc


def scores(predicted, *gold, complete=True):
    return rel_score([Example(predicted, doc_with(*gold, complete=complete))])


def test_counts():
    found = scores(
        doc_with((ADA, BOB, "knows"), (ADA, PARIS, "lives"), (BOB, PARIS, "lives")),
        (ADA, BOB, "knows"),
        (BOB, PARIS, "born"),
    )
    assert found["rel_micro_p"] == pytest.approx(1 / 3)
    assert found["rel_micro_r"] == pytest.approx(1 / 2)
    assert found["rel_micro_f"] == pytest.approx(2 / 5)
    assert found["rel_per_type"]["knows"]["f"] == 1.0
    assert found["rel_per_type"]["born"]["f"] == 0.0
    assert found["rel_macro_f"] == pytest.approx(1 / 3)


def test_direction_matters():
    """PITFALL: a pair is directed."""
    assert scores(doc_with((BOB, ADA, "knows")), (ADA, BOB, "knows"))["rel_micro_f"] == 0.0


def test_no_relation_is_left_out():
    """PITFALL: micro-F1 leaves `None` out; always predicting it must not score."""
    found = scores(doc_with((ADA, BOB, "None")), (ADA, BOB, "None"), (ADA, PARIS, "lives"))
    assert found["rel_micro_f"] == 0.0
    assert "None" not in found["rel_per_type"]


def test_nothing_annotated_and_nothing_there():
    assert scores(doc_with((ADA, BOB, "knows")), None)["rel_micro_f"] is None
    found = scores(doc_with((ADA, BOB, "knows")))
    assert found["rel_micro_p"] == 0.0
    found = scores(doc_with())
    assert found["rel_micro_f"] == 0.0


def test_docs_without_annotation_do_not_count():
    annotated = Example(doc_with((ADA, BOB, "knows")), doc_with((ADA, BOB, "knows")))
    other = Example(doc_with((ADA, BOB, "knows")), doc_with(None))
    assert rel_score([annotated, other])["rel_micro_p"] == 1.0


def test_pairs_that_are_not_annotated_do_not_count():
    predicted = doc_with((ADA, BOB, "knows"), (ADA, PARIS, "lives"), (BOB, PARIS, "lives"))
    found = scores(predicted, (ADA, BOB, "knows"), (BOB, PARIS, "None"), complete=False)
    assert found["rel_micro_p"] == 0.5
    assert found["rel_micro_r"] == 1.0


def test_other_tokens_same_characters():
    predicted = Doc(
        spacy.blank("en").vocab,
        words=["A", "da", "knows", "Bob", "in", "Paris"],
        spaces=[False, *[True] * 4, False],
    )
    predicted._.relations = [(predicted[0:2], predicted[3:4], "knows")]
    reference = Doc(predicted.vocab, words=WORDS, spaces=[*[True] * 4, False])
    reference._.relations = [(reference[0:1], reference[2:3], "knows")]
    assert rel_score([Example(predicted, reference)])["rel_micro_f"] == 1.0


def test_several_labels_of_one_pair():
    found = scores(doc_with((ADA, BOB, "knows")), (ADA, BOB, "knows"), (ADA, BOB, "likes"))
    assert found["rel_micro_p"] == 1.0
    assert found["rel_micro_r"] == 0.5


def test_a_relation_and_its_inverse_count_once():
    """Both directions are predicted; which of them is annotated must not matter."""
    declared = {"symmetric": ["knows"], "inverse": {"lives": "home_of"}}
    both = doc_with((ADA, BOB, "knows"), (BOB, ADA, "knows"), (PARIS, BOB, "home_of"), (BOB, PARIS, "lives"))
    for gold in (
        [(BOB, ADA, "knows"), (BOB, PARIS, "lives")],
        [(ADA, BOB, "knows"), (PARIS, BOB, "home_of"), (BOB, PARIS, "lives")],
    ):
        found = rel_score([Example(both, doc_with(*gold))], **declared)
        assert found["rel_micro_f"] == 1.0
        assert set(found["rel_per_type"]) == {"knows", "lives"}
    wrong = rel_score([Example(both, doc_with((ADA, PARIS, "lives")))], **declared)
    assert (wrong["rel_micro_p"], wrong["rel_micro_r"]) == (0.0, 0.0)
    assert wrong["rel_per_type"]["knows"]["p"] == 0.0


def test_directions_that_are_not_annotated_do_not_count():
    both = doc_with((ADA, BOB, "knows"), (BOB, ADA, "knows"))
    for label, precision in (("knows", 1.0), ("None", 0.0)):
        eg = Example(both, doc_with((ADA, BOB, label), complete=False))
        assert rel_score([eg], symmetric=["knows"])["rel_micro_p"] == precision


def test_gold_that_points_outside_its_doc_is_a_false_negative():
    reference = doc_with((ADA, BOB, "knows"))
    for label in ("lives", "None"):
        reference.user_data[RELATIONS_KEY].append((0, 3, "", 90, 99, "", label, 1.0))
    assert rel_score([Example(doc_with((ADA, BOB, "knows")), reference)])["rel_micro_r"] == 0.5


def test_registered():
    assert make_rel_scorer() is rel_score
