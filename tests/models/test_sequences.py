"""Windows, calls and where the states are read from."""

from __future__ import annotations

import numpy
import pytest
import torch

from spacy_cotner.models import sequences
from spacy_cotner.models.sequences import Layout, make_batch, make_windows, split_calls
from spacy_cotner.models.wordpieces import Template, Wordpieces

TEMPLATE = Template(([101], [102]), ([101], [102, 103], [102]), 1)


def layout(**overrides):
    return Layout(**{"template": TEMPLATE, "k": 2, "window": 8, "stride": 6, "pad_id": 0, **overrides})


def text(n):
    """Wordpieces 1000, 1001, … one a token."""
    return Wordpieces(list(range(1000, 1000 + n)), numpy.ones(n, dtype="i"), numpy.arange(n, dtype="i"))


def test_student_and_teacher_sequence():
    (student,) = make_windows([7, 8], [], layout())
    assert student.ids == [101, 0, 0, 7, 8, 102]
    assert student.has_slots
    assert student.ids[student.text] == [7, 8]
    (teacher,) = make_windows([7, 8], [20, 21, 22], layout())
    assert teacher.ids == [101, 7, 8, 102, 103, 20, 21, 22, 102]
    assert teacher.types == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert not teacher.has_slots


def test_no_slots_without_prompts():
    (student,) = make_windows([7, 8], [], layout(k=0))
    assert student.ids == [101, 7, 8, 102]
    assert not student.has_slots


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 14, 15, 100])
@pytest.mark.parametrize(("window", "stride"), [(8, 8), (8, 6), (8, 1), (8, 5)])
@pytest.mark.parametrize("explanation", [[], [20, 21]])
def test_every_wordpiece_is_read_once_from_its_own_position(n, window, stride, explanation):
    batch = make_batch([text(3), text(n)], [[], explanation], layout(window=window, stride=stride), "cpu")
    flat = torch.cat([call["input_ids"].flatten() for call in batch.calls])
    read = flat[batch.gather].tolist()
    assert read == [101, *text(3).ids, 101, *text(n).ids]
    assert batch.lengths == [4, 1 + n]


def test_wordpieces_are_read_from_the_window_that_sees_most_around_them():
    settings = layout(window=8, stride=4)
    batch = make_batch([text(16)], [[]], settings, "cpu")
    (call,) = batch.calls
    length = call["input_ids"].shape[1]
    columns = (batch.gather[1:] % length - 3).tolist()  # position in the window's text
    assert columns == [0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7]


def test_calls_pad_little():
    groups = list(split_calls([5] * 20 + [200] * 4))
    assert sorted(i for group in groups for i in group) == list(range(24))
    assert len(groups) == 2
    assert len(list(split_calls([10, 12, 14, 16]))) == 1


def test_calls_are_bounded(monkeypatch):
    monkeypatch.setattr(sequences, "MAX_CALL", 64)
    batch = make_batch([text(1000)], [[]], layout(), "cpu")
    assert max(call["input_ids"].numel() for call in batch.calls) <= 64
    assert batch.lengths == [1001]


def test_one_sequence_larger_than_the_bound_is_a_call_of_its_own(monkeypatch):
    monkeypatch.setattr(sequences, "MAX_CALL", 4)
    assert list(split_calls([10, 12])) == [[0], [1]]
