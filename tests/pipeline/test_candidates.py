"""Candidate pairs: distance, sentences, types, the limit of a Doc."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_cotner import CotnerError
from spacy_cotner.inverses import Inverses
from spacy_cotner.pipeline import candidates
from spacy_cotner.pipeline.candidates import Mention, Rules, mentions_of, spans_of
from spacy_cotner.pipeline.schema import TypeMask, read_schema

PER, LOC = frozenset({"PER"}), frozenset({"LOC"})
MENTIONS = [Mention(0, 2, PER, 0), Mention(4, 6, PER, 0), Mention(7, 8, LOC, 1)]


def doc_of(words, spans, sent_starts=None, key=None):
    doc = Doc(spacy.blank("en").vocab, words=words, sent_starts=sent_starts)
    spans = [Span(doc, start, end, label=label) for start, end, label in spans]
    if key is None:
        doc.ents = spans
    else:
        doc.spans[key] = spans
    return doc


def test_ordered_pairs_of_different_spans():
    assert Rules().select(MENTIONS).pairs == [
        (0, 2, 4, 6),
        (0, 2, 7, 8),
        (4, 6, 0, 2),
        (4, 6, 7, 8),
        (7, 8, 0, 2),
        (7, 8, 4, 6),
    ]
    assert Rules().select(MENTIONS[:1]).pairs == Rules().select([]).pairs == []


def test_distance():
    assert Rules(max_distance=3).select(MENTIONS).pairs == [(4, 6, 7, 8), (7, 8, 4, 6)]


def test_sentences():
    assert Rules(max_sentences=1).select(MENTIONS).pairs == [(0, 2, 4, 6), (4, 6, 0, 2)]
    assert len(Rules(max_sentences=2).select(MENTIONS).pairs) == 6


def test_sentences_of_a_doc():
    words, starts = ["Ada", "met", "Bob", ".", "Eve", "left"], [True, False, False, False, True, False]
    spans = [(0, 1, "PER"), (2, 3, "PER"), (4, 5, "PER")]
    mentions = mentions_of(doc_of(words, spans, starts).ents)
    assert [mention.sentence for mention in mentions] == [1, 1, 2]
    assert Rules(max_sentences=1).select(mentions).pairs == [(0, 1, 2, 3), (2, 3, 0, 1)]


def test_sentence_limit_without_sentences_is_one_clear_error():
    mentions = mentions_of(doc_of(["Ada", "met", "Bob"], [(0, 1, "PER"), (2, 3, "PER")]).ents)
    with pytest.raises(CotnerError, match=r"max_sentences needs sentence boundaries.*add a sentencizer"):
        Rules(max_sentences=1).select(mentions)
    # One span is never related to anything, so nothing is missing.
    assert Rules(max_sentences=1).select(mentions[:1]).pairs == []


def test_types():
    schema = read_schema({"lives": [["PER", "LOC"]], "friend": [["PER", "PER"]]}, Inverses())
    rules = Rules(types=TypeMask(schema, ["friend", "lives"]))
    pairs = rules.select(MENTIONS).pairs
    assert pairs == [(0, 2, 4, 6), (0, 2, 7, 8), (4, 6, 0, 2), (4, 6, 7, 8)]
    assert rules.allowed(pairs, MENTIONS).tolist() == [
        [True, False],
        [False, True],
        [True, False],
        [False, True],
    ]
    assert rules.allowed([], MENTIONS).shape == (0, 2)
    assert rules.allowed([(0, 2, 9, 10)], MENTIONS).tolist() == [[True, True]]  # nobody knows its type
    assert Rules().allowed(pairs, MENTIONS) is None


def test_the_nearest_pairs_of_a_doc_and_how_many_were_left_out():
    found = Rules(max_pairs=3).select(MENTIONS)
    assert found.pairs == [(0, 2, 4, 6), (4, 6, 7, 8), (7, 8, 4, 6)]
    assert found.n_left_out == 3
    assert Rules(max_pairs=6).select(MENTIONS).n_left_out == 0


@pytest.mark.parametrize("rules", [Rules(), Rules(max_distance=9), Rules(max_pairs=25), Rules(max_pairs=1)])
def test_heads_are_looked_at_in_blocks(rules, monkeypatch):
    mentions = [Mention(start, start + 1) for start in (0, 3, 4, 4, 9, 12, 30, 31, 33)]
    mentions[3] = Mention(4, 6)
    whole = rules.select(mentions)
    monkeypatch.setattr(candidates, "BLOCK", 2)
    assert rules.select(mentions) == whole
    assert not any(pair[:2] == pair[2:] for pair in whole.pairs)


def test_a_book_of_spans():
    """2,000 spans have 4 million pairs; the nearest of them are found without a list of all."""
    found = Rules(max_pairs=50).select([Mention(3 * i, 3 * i + 1) for i in range(2000)])
    assert found.pairs == [p for i in range(30) for p in _neighbours(i)][:50]
    assert found.n_left_out == 2000 * 1999 - 50


def _neighbours(i):
    return [(3 * i, 3 * i + 1, 3 * j, 3 * j + 1) for j in (i - 1, i + 1) if j >= 0]


def test_overlapping_nested_and_doubled_spans():
    spans = [(0, 3, "ORG"), (0, 1, "LOC"), (2, 4, "PER"), (0, 1, "GPE")]
    doc = doc_of(["Paris", "city", "council", "member"], spans, key="sc")
    mentions = mentions_of(spans_of(doc, "sc"))
    assert {mention[:3] for mention in mentions} == {
        (0, 3, frozenset({"ORG"})),
        (0, 1, frozenset({"LOC", "GPE"})),
        (2, 4, PER),
    }
    assert len(Rules().select(mentions).pairs) == 6
    assert spans_of(doc, None) == spans_of(doc, "absent") == []


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (Rules(), None),
        (Rules(max_distance=6), "distance"),
        (Rules(max_sentences=1), "sentences"),
        (Rules(types=TypeMask({"lives": [["LOC", "PER"]]}, ["lives"])), "types"),
        (Rules(max_pairs=2), "limit"),
    ],
)
def test_why_a_pair_is_not_looked_at(rules, reason):
    head, tail = MENTIONS[0], MENTIONS[2]
    assert rules.why_not(head, tail, "lives", rules.select(MENTIONS).pairs) == reason
