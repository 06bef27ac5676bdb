"""What the annotation says about pairs, and what is odd about it."""

from __future__ import annotations

import warnings

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_cotner.inverses import Inverses
from spacy_cotner.pipeline import gold_pairs
from spacy_cotner.pipeline.candidates import Rules
from spacy_cotner.pipeline.findings import Findings
from spacy_cotner.pipeline.gold_pairs import GoldReader
from spacy_cotner.pipeline.training_pairs import limit_ratio, limit_total
from spacy_cotner.types import RELATIONS_KEY, sound_relations

NLP = spacy.blank("en")
TEXT = "Marie Curie worked with Pierre Curie in Paris ."
MARIE, PIERRE, PARIS = (0, 2), (4, 6), (7, 8)
ENTS = ((*MARIE, "PER"), (*PIERRE, "PER"), (*PARIS, "LOC"))


def gold_doc(*relations, ents=ENTS, complete=True, key=None, text=TEXT):
    doc = NLP.make_doc(text)
    spans = [Span(doc, start, end, label=label) for start, end, label in ents]
    if key is None:
        doc.ents = spans
    else:
        doc.spans[key] = spans
    doc._.relations = [(doc[slice(*head)], doc[slice(*tail)], label) for head, tail, label in relations]
    doc._.relations_complete = complete
    return doc


def read(doc, rules=Rules(), *, predicted=None, multi_label=False, key=None, **inverses):  # noqa: B008
    findings = Findings()
    reader = GoldReader(rules, Inverses(**inverses), multi_label, key, findings)
    found = reader.read(Example(predicted or NLP.make_doc(doc.text), doc))
    return dict(zip(found.pairs, found.labels, strict=True)), findings.counts


def test_complete_annotation_makes_all_other_pairs_negative():
    found, odd = read(gold_doc((MARIE, PIERRE, "colleague"), (MARIE, PARIS, "lives")))
    assert found == {
        (0, 2, 4, 6): ("colleague",),
        (0, 2, 7, 8): ("lives",),
        (4, 6, 0, 2): (),
        (4, 6, 7, 8): (),
        (7, 8, 0, 2): (),
        (7, 8, 4, 6): (),
    }
    assert not odd


def test_incomplete_annotation_says_nothing_about_other_pairs():
    found, _ = read(gold_doc((MARIE, PARIS, "lives"), (PARIS, MARIE, "None"), complete=False))
    assert found == {(0, 2, 7, 8): ("lives",), (7, 8, 0, 2): ()}


def test_annotation_that_is_missing_and_one_that_is_empty():
    assert set(read(gold_doc())[0].values()) == {()}
    missing = NLP.make_doc(TEXT)
    missing.ents = gold_doc().ents
    assert read(missing)[0] == {}


def test_listed_pairs_are_kept_whatever_the_rules():
    doc = gold_doc((MARIE, PARIS, "lives"))
    assert read(doc, Rules(max_distance=1))[0] == {(0, 2, 7, 8): ("lives",)}
    assert len(read(doc, Rules(max_pairs=1))[0]) == 2


def test_pairs_on_other_tokens():
    words = ["Mar", "ie", "Curie", "worked", "with", "Pierre", "Curie", "in", "Paris", "."]
    predicted = Doc(NLP.vocab, words=words, spaces=[False, *[True] * 8, False])
    found, odd = read(gold_doc((MARIE, PARIS, "lives")), predicted=predicted)
    assert found[(0, 3, 8, 9)] == ("lives",)
    assert len(found) == 6
    assert not odd


def test_span_that_is_part_of_a_token():
    predicted = Doc(NLP.vocab, words=["MarieCurieworkedwithPierreCurieinParis", "."], spaces=[False, False])
    reference = Doc(NLP.vocab, words=["MarieCurie", "workedwithPierreCurieinParis", "."], spaces=[False] * 3)
    reference._.relations = [(reference[0:1], reference[2:3], "lives")]
    assert read(reference, predicted=predicted) == ({}, {gold_pairs.MISALIGNED: 1})


def test_sentences_of_the_gold_text_or_a_note():
    doc = gold_doc((MARIE, PIERRE, "colleague"))
    found, odd = read(doc, Rules(max_sentences=1))
    assert len(found) == 6
    assert odd == {gold_pairs.NO_SENTENCES: 1}
    for i, token in enumerate(doc):
        token.is_sent_start = i in (0, 7)
    found, odd = read(doc, Rules(max_sentences=1))
    assert set(found) == {(0, 2, 4, 6), (4, 6, 0, 2)}
    assert not odd


def test_spans_of_a_group_may_overlap():
    doc = gold_doc(((0, 6), MARIE, "has"), ents=[(0, 6, "TEAM"), *ENTS], key="sc")
    found, odd = read(doc, key="sc")
    assert found[0, 6, 0, 2] == ("has",)
    assert len(found) == 12
    assert not odd


# What is odd ------------------------------------------------------------------------------------------------


def test_self_relation():
    found, odd = read(gold_doc((MARIE, MARIE, "likes"), complete=False))
    assert (found, odd) == ({}, {gold_pairs.SELF: 1})


def test_duplicate():
    found, odd = read(gold_doc((MARIE, PARIS, "lives"), (MARIE, PARIS, "lives"), complete=False))
    assert (found, odd) == ({(0, 2, 7, 8): ("lives",)}, {gold_pairs.DUPLICATE: 1})


def test_contradictory_labels():
    doc = gold_doc((MARIE, PARIS, "lives"), (MARIE, PARIS, "works"), (MARIE, PARIS, "None"), complete=False)
    found, odd = read(doc)
    assert found == {(0, 2, 7, 8): ("lives",)}
    assert odd == {gold_pairs.CONTRADICTORY: 1, gold_pairs.DENIED: 1}
    found, odd = read(doc, multi_label=True)
    assert found == {(0, 2, 7, 8): ("lives", "works")}
    assert odd == {gold_pairs.DENIED: 1}


def test_tokens_that_no_entity_covers():
    doc = gold_doc(((2, 3), PARIS, "lives"), complete=False)
    assert read(doc) == ({(2, 3, 7, 8): ("lives",)}, {gold_pairs.UNCOVERED: 1})
    # Where entities were never annotated, the ends of relations are all there is.
    bare = NLP.make_doc(TEXT)
    bare._.relations = [(bare[0:2], bare[7:8], "lives")]
    bare._.relations_complete = False
    assert read(bare) == ({(0, 2, 7, 8): ("lives",)}, {})


def test_relation_that_points_outside_the_doc():
    doc = gold_doc((MARIE, PARIS, "lives"), complete=False)
    doc.user_data[RELATIONS_KEY].append((0, 5, "PER", 990, 999, "LOC", "born", 1.0))
    doc.user_data[RELATIONS_KEY].append((7, 7, "PER", 0, 5, "LOC", "born", 1.0))
    assert read(doc) == ({(0, 2, 7, 8): ("lives",)}, {gold_pairs.OUTSIDE: 2})
    inside, outside = sound_relations(doc)
    assert [relation.label for relation in inside] == ["lives"]
    assert outside == ["born", "born"]


def test_each_kind_is_said_once_and_names_the_text():
    findings = Findings()
    findings.note(gold_pairs.SELF, gold_doc(), 3)
    findings.note(gold_pairs.SELF, gold_doc(), 0)
    with pytest.warns(
        UserWarning, match=r"cot_rel: 3 dropped: relation of a span with itself \('Marie Curie"
    ):
        findings.warn("cot_rel")
    findings.note(gold_pairs.SELF, gold_doc())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        findings.warn("cot_rel")
    assert findings.counts[gold_pairs.SELF] == 4


# Both directions --------------------------------------------------------------------------------------------


def test_gold_of_symmetric_and_inverse_relations_is_completed():
    doc = gold_doc((MARIE, PIERRE, "couple"), (MARIE, PARIS, "lives"), complete=False)
    found, odd = read(doc, symmetric=["couple"], inverse={"lives": "home_of"})
    assert found == {
        (0, 2, 4, 6): ("couple",),
        (0, 2, 7, 8): ("lives",),
        (4, 6, 0, 2): ("couple",),
        (7, 8, 0, 2): ("home_of",),
    }
    assert not odd


def test_a_listed_label_comes_before_a_completed_one():
    doc = gold_doc((MARIE, PIERRE, "couple"), (PIERRE, MARIE, "boss"), complete=False)
    found, odd = read(doc, symmetric=["couple"])
    assert found == {(0, 2, 4, 6): ("couple",), (4, 6, 0, 2): ("boss",)}
    assert odd == {gold_pairs.CONTRADICTORY: 1}


def test_a_pair_that_is_denied_in_one_direction_only():
    doc = gold_doc((MARIE, PIERRE, "couple"), (PIERRE, MARIE, "None"), complete=False)
    found, odd = read(doc, symmetric=["couple"])
    assert found == {(0, 2, 4, 6): ("couple",), (4, 6, 0, 2): ("couple",)}
    assert odd == {gold_pairs.DENIED: 1}


# How many unrelated pairs -----------------------------------------------------------------------------------


def many(*relations, n=10, complete=True):
    doc = NLP.make_doc(" ".join(["Paris"] * n))
    doc.ents = [Span(doc, i, i + 1, label="LOC") for i in range(n)]
    doc._.relations = [(doc[h : h + 1], doc[t : t + 1], label) for h, t, label in relations]
    doc._.relations_complete = complete
    return GoldReader(Rules(), Inverses(), False, None, Findings()).read(Example(NLP.make_doc(doc.text), doc))


def test_ratio_of_unrelated_to_related_pairs():
    gold = many((0, 1, "a"), (1, 2, "a"), (3, 4, "None"))
    assert len(limit_ratio(gold, None).pairs) == 90
    few = limit_ratio(gold, 2.5)
    assert len(few.pairs) == 3 + 5  # the listed "None" is annotated, not drawn
    assert few.n_listed == 3
    assert few.labels == [("a",), ("a",), (), *[()] * 5]
    assert set(few.pairs) <= set(gold.pairs)
    assert len(limit_ratio(many(), 3).pairs) == 3  # a text without relations teaches, too
    assert len(limit_ratio(gold, 0).pairs) == 3


def test_the_draw_depends_on_the_seed():
    gold = many((0, 1, "a"))
    draws = []
    for seed in (1, 1, 2):
        numpy.random.seed(seed)
        draws.append(limit_ratio(gold, 5).pairs)
    assert draws[0] == draws[1] != draws[2]


def test_only_listed_pairs_of_an_incomplete_annotation():
    gold = many((0, 1, "a"), (2, 3, "None"), complete=False)
    assert limit_ratio(gold, 0) == gold
    assert limit_total([gold], 1) == [gold]


def test_a_batch_stays_within_its_limit():
    batch = [many((0, 1, "a")), many(n=5), many((0, 1, "a"), complete=False)]
    assert [len(gold.pairs) for gold in batch] == [90, 20, 1]
    fitted = limit_total(batch, 30)
    assert sum(len(gold.pairs) for gold in fitted) <= 30
    assert all((0, 1, 1, 2) in gold.pairs for gold in (fitted[0], fitted[2]))
    assert 18 <= len(fitted[0].pairs) <= 24  # each text gives the same share
    assert [len(gold.pairs) for gold in limit_total(batch, 1)] == [1, 0, 1]
    assert limit_total(batch, 1000) == batch
