"""Training makes both views of each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.training import Example

from ..types import View


class TrainingViews(NamedTuple):
    """The views of a batch of examples.

    students (List[View]): One for each example, without explanation.
    teachers (List[View]): One for each example that has CoT.
    owners (List[int]): The example of each teacher view.
    """

    students: list[View]
    teachers: list[View]
    owners: list[int]


def training_views(examples: Sequence[Example]) -> TrainingViews:
    """Pair the predicted Doc with the explanation of the reference Doc.

    CoT on the predicted Doc is ignored: a student view never sees an explanation in training.

    examples (Sequence[Example]): A batch.
    RETURNS (TrainingViews): Both views.
    """
    students = [View(eg.predicted) for eg in examples]
    owners = [i for i, eg in enumerate(examples) if len(eg.predicted) and eg.reference._.cot]
    teachers = [
        View(examples[i].predicted, examples[i].reference._.cot, examples[i].reference._.caption)
        for i in owners
    ]
    return TrainingViews(students, teachers, owners)
