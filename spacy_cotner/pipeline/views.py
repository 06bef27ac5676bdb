"""Training makes both views of each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.training import Example

from ..types import TEACHER_ONLY_KEY, View


class TrainingViews(NamedTuple):
    """The views of a batch of examples.

    students (List[View]): One for each example, without explanation unless its corpus asks for the teacher
        view alone.
    teachers (List[View]): One for each other example that has CoT.
    owners (List[int]): The example of each teacher view.
    """

    students: list[View]
    teachers: list[View]
    owners: list[int]


def training_views(examples: Sequence[Example]) -> TrainingViews:
    """Pair the predicted Doc with the explanation of the reference Doc.

    CoT on the predicted Doc is ignored: a student view never sees an explanation in training, unless the
    corpus says so (`MixedCorpus.v1` with `teacher_view`).

    examples (Sequence[Example]): A batch.
    RETURNS (TrainingViews): Both views.
    """
    alone = [TEACHER_ONLY_KEY in eg.predicted.user_data for eg in examples]
    students = [
        _teacher(eg) if only else View(eg.predicted) for eg, only in zip(examples, alone, strict=True)
    ]
    owners = [i for i, eg in enumerate(examples) if len(eg.predicted) and eg.reference._.cot and not alone[i]]
    return TrainingViews(students, [_teacher(examples[i]) for i in owners], owners)


def _teacher(example: Example) -> View:
    return View(example.predicted, example.reference._.cot, example.reference._.caption)
