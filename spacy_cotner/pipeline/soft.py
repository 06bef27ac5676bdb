"""Soft labels that Docs carry, as a student needs them."""

from collections.abc import Iterable, Sequence

import numpy
from spacy.training import Example

from ..errors import CotnerError
from ..types import SoftLabels


def check_soft_labels(examples: Iterable[Example], name: str, classes: Sequence[str]) -> None:
    """Refuse a teacher that knows other classes than its student.

    examples (Iterable[Example]): Soft labels on `reference`, if there are any.
    name (str): The component.
    classes (Sequence[str]): What it chooses from.
    RAISES (ValueError): If classes differ, or rows are missing.
    """
    for eg in examples:
        soft = eg.reference._.soft_labels.get(name)
        if soft is None:
            continue
        if set(soft.labels) != set(classes):
            lacks, knows = sorted(set(classes) - set(soft.labels)), sorted(set(soft.labels) - set(classes))
            raise CotnerError(
                f"{name}: the teacher of the soft labels knows other classes "
                f"(lacks {', '.join(lacks) or 'none'}; only it knows {', '.join(knows) or 'none'}): "
                "train teacher and student with the same labels and tag scheme"
            )
        n_rows, n_pairs = len(soft.probabilities), len(soft.pairs)
        # A text without any pair has no rows.
        if n_rows not in (0, n_pairs or len(eg.reference)):
            raise CotnerError(
                f"{name}: a text of {len(eg.reference)} tokens has soft labels for "
                f"{n_rows}: run `cotner label` on this corpus again"
            )


def aligned_rows(
    example: Example, soft: SoftLabels, classes: Sequence[str]
) -> tuple[list[int], numpy.ndarray]:
    """Soft labels of the tokens that the pipeline's tokenizer and the teacher's agree on.

    example (Example): Soft labels belong to the tokens of `reference`.
    soft (SoftLabels): One row a token.
    classes (Sequence[str]): In the order in which the student wants them.
    RETURNS (Tuple[List[int], ndarray]): Tokens of `predicted`, and their probabilities (tokens, classes).
    """
    there, back = example.alignment.x2y, example.alignment.y2x
    pairs = [
        (i, int(there[i][0]))
        for i in range(len(example.predicted))
        if len(there[i]) == 1 and len(back[int(there[i][0])]) == 1
    ]
    columns = [soft.labels.index(label) for label in classes]
    return [i for i, _ in pairs], soft.probabilities[[j for _, j in pairs]][:, columns]
