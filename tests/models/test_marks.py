"""Marks around spans, and what stays of a text that is too long for one window."""

from __future__ import annotations

import numpy
import pytest

from spacy_cotner.models.marks import MarkIds, mark_text, span_pieces
from spacy_cotner.models.wordpieces import Wordpieces

A, B, Z = [901], [902, 903], [909]


def text(*pieces_of_tokens):
    """Ids that count up from 0; each token owns so many of them."""
    n = sum(pieces_of_tokens)
    return Wordpieces(list(range(n)), numpy.asarray(pieces_of_tokens, dtype="i"), numpy.arange(n, dtype="i"))


def pieces(marked, token):
    """The ids that a token owns."""
    start = int(marked.lengths[:token].sum())
    return [marked.ids[i] for i in marked.indices[start : start + marked.lengths[token]]]


def test_marks_stand_around_their_spans_and_tokens_keep_their_pieces():
    plain = text(1, 2, 1, 1)
    marked = mark_text(plain, [MarkIds(1, 2, B, Z), MarkIds(3, 4, A, Z)], 50)
    assert marked.ids == [0, 902, 903, 1, 2, 909, 3, 901, 4, 909]
    assert [pieces(marked, i) for i in range(4)] == [[0], [1, 2], [3], [4]]
    # Behind the tokens: the first special token, then the first piece of each mark.
    assert marked.lengths.tolist() == [1, 2, 1, 1, 1, 1, 1]
    assert marked.indices[-3] == -1
    assert [marked.ids[i] for i in marked.indices[-2:]] == [902, 901]
    assert plain.ids == [0, 1, 2, 3, 4]


def test_the_first_mark_is_the_first_row_wherever_it_stands():
    marked = mark_text(text(1, 1, 1), [MarkIds(2, 3, A, Z), MarkIds(0, 1, B, Z)], 50)
    assert [marked.ids[i] for i in marked.indices[-2:]] == [901, 902]


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ((0, 3), (0, 1), [901, 902, 903, 0, 908, 1, 2, 909]),
        ((0, 3), (2, 3), [901, 0, 1, 902, 903, 2, 908, 909]),
        ((0, 2), (1, 3), [901, 0, 902, 903, 1, 909, 2, 908]),
        ((0, 1), (1, 3), [901, 0, 909, 902, 903, 1, 2, 908]),
    ],
)
def test_nested_overlapping_and_adjacent_spans(outer, inner, expected):
    marks = [MarkIds(*outer, A, Z), MarkIds(*inner, B, [908])]
    assert mark_text(text(1, 1, 1), marks, 50).ids == expected


def test_span_without_wordpieces_and_shared_wordpieces():
    bare = text(1, 0, 1)
    assert span_pieces(bare, 1, 2) == (1, 1)
    assert mark_text(bare, [MarkIds(1, 2, A, Z), MarkIds(2, 3, B, Z)], 50).ids == [
        0,
        901,
        909,
        902,
        903,
        1,
        909,
    ]
    shared = Wordpieces([0, 1], numpy.asarray([1, 1, 1], dtype="i"), numpy.asarray([0, 1, 1], dtype="i"))
    marked = mark_text(shared, [MarkIds(0, 1, A, Z), MarkIds(2, 3, B, Z)], 50)
    assert [pieces(marked, i) for i in range(3)] == [[0], [1], [1]]
    assert mark_text(text(0), [MarkIds(0, 1, A, Z)], 50).ids == [901, 909]


@pytest.mark.parametrize(("head", "tail"), [((50, 52), (56, 57)), ((0, 1), (3, 4)), ((97, 98), (99, 100))])
def test_a_long_text_is_cut_around_a_pair_that_fits(head, tail):
    marked = mark_text(text(*[1] * 100), [MarkIds(*head, A, Z), MarkIds(*tail, B, Z)], 30)
    assert len(marked.ids) == 30
    kept = [i for i in marked.ids if i < 900]
    assert kept == list(range(kept[0], kept[0] + 25))  # one stretch, and all between head and tail
    assert {*range(*head), *range(*tail)} <= set(kept)
    assert marked.lengths.sum() == 25 + 3
    if head == (50, 52):
        assert kept[0] < 45  # with as much on the left as on the right
        assert kept[-1] > 60


def test_of_a_pair_that_is_far_apart_the_middle_is_left_out():
    marked = mark_text(text(*[1] * 100), [MarkIds(10, 12, A, Z), MarkIds(80, 81, B, Z)], 30)
    kept = [i for i in marked.ids if i < 900]
    assert {10, 11, 80} <= set(kept)
    assert {9, 12, 79, 81} <= set(kept)
    assert not set(range(30, 70)) & set(kept)
    assert len(marked.ids) <= 30
    assert pieces(marked, 50) == []
    assert pieces(marked, 80) == [80]


def test_a_span_longer_than_the_window():
    marked = mark_text(text(*[1] * 100), [MarkIds(0, 90, A, Z), MarkIds(95, 96, B, Z)], 20)
    assert len(marked.ids) <= 20
    assert [marked.ids[i] for i in marked.indices[-2:]] == [901, 902]
    assert pieces(marked, 95) == [95]
