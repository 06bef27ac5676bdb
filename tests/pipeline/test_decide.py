"""From probabilities to relations."""

from __future__ import annotations

import numpy
import pytest

from spacy_cotner.inverses import Inverses
from spacy_cotner.pipeline.decide import Decider

AB, BA, AC = (0, 1, 4, 5), (4, 5, 0, 1), (0, 1, 8, 9)
PLAIN = Inverses()
FAMILY = Inverses(["couple"], {"parent_of": "child_of"})
LABELS = ["child_of", "couple", "knows", "parent_of"]


def array(*rows):
    return numpy.asarray(rows, dtype="f")


def found(decider, pairs, probabilities):
    return [(pair, label, round(score, 3)) for pair, label, score in decider.decide(pairs, probabilities)]


def test_one_label_where_some_relation_is_probable_enough():
    decider = Decider(["a", "b"], 0.5, False, PLAIN)
    rows = array([0.3, 0.25], [0.2, 0.29], [0.0, 0.9])
    assert found(decider, [AB, BA, AC], rows) == [(AB, "a", 0.3), (AC, "b", 0.9)]
    assert decider.decide([], numpy.zeros((0, 2))) == []


def test_every_label_that_is_probable_enough():
    decider = Decider(["a", "b"], 0.5, True, PLAIN)
    rows = array([0.7, 0.5], [0.4, 0.49])
    assert found(decider, [AB, BA], rows) == [(AB, "a", 0.7), (AB, "b", 0.5)]


@pytest.mark.parametrize("multi_label", [False, True])
def test_what_is_impossible_is_never_found(multi_label):
    decider = Decider(["a", "b"], 0.0, multi_label, PLAIN)
    assert found(decider, [AB, BA], array([0.0, 0.1], [0.0, 0.0])) == [(AB, "b", 0.1)]


def test_both_directions_get_the_mean():
    decider = Decider(LABELS, 0.5, False, FAMILY)
    rows = array([0.1, 0.8, 0.0, 0.0], [0.0, 0.4, 0.2, 0.3], [0.5, 0.5, 0.0, 0.0])
    averaged = decider.average([AB, BA, AC], rows)
    numpy.testing.assert_allclose(averaged[0], [0.2, 0.6, 0.0, 0.0], atol=1e-6)
    numpy.testing.assert_allclose(averaged[1], [0.0, 0.6, 0.2, 0.2], atol=1e-6)
    numpy.testing.assert_array_equal(averaged[2], rows[2])  # its turned pair was not asked for
    assert Decider(LABELS, 0.5, False, PLAIN).average([AB, BA, AC], rows) is rows


def test_a_symmetric_label_goes_to_both_directions_once():
    decider = Decider(LABELS, 0.5, False, FAMILY)
    # One direction alone would not have passed.
    rows = array([0.0, 0.55, 0.0, 0.0], [0.0, 0.45, 0.0, 0.0])
    assert found(decider, [AB, BA], rows) == [(AB, "couple", 0.55), (BA, "couple", 0.55)]
    assert found(decider, [AB], rows[:1]) == [(AB, "couple", 0.55), (BA, "couple", 0.55)]


def test_an_inverse_label_goes_to_the_other_direction():
    decider = Decider(LABELS, 0.5, False, FAMILY)
    rows = array([0.0, 0.0, 0.2, 0.6], [0.6, 0.0, 0.0, 0.0])
    assert found(decider, [AB, BA], rows) == [(AB, "parent_of", 0.6), (BA, "child_of", 0.6)]


def test_directions_that_exclude_each_other():
    decider = Decider(LABELS, 0.5, False, FAMILY)
    # "knows" is surer than "couple", which would need both directions; the other one takes its next best.
    rows = array([0.0, 0.4, 0.3, 0.0], [0.0, 0.4, 0.59, 0.0])
    assert found(decider, [AB, BA], rows) == [(AB, "knows", 0.3), (BA, "knows", 0.59)]
    rows = array([0.0, 0.6, 0.0, 0.0], [0.0, 0.1, 0.8, 0.0])
    assert found(decider, [AB, BA], rows) == [(BA, "knows", 0.8)]


def test_several_labels_in_both_directions():
    decider = Decider(LABELS, 0.5, True, FAMILY)
    rows = array([0.0, 0.7, 0.6, 0.5], [0.5, 0.7, 0.0, 0.0])
    expected = {(AB, "couple"), (AB, "knows"), (AB, "parent_of"), (BA, "child_of"), (BA, "couple")}
    for pairs, part in (([AB, BA], rows), ([AB], rows[:1])):
        result = found(decider, pairs, part)
        assert {(pair, label) for pair, label, _ in result} == expected
        assert len(result) == len(expected)
