"""Soft labels of pairs, as the student of a relation extractor needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy
from spacy.tokens import Doc
from spacy.training import Example

from ..types import has_relations
from .candidates import Pair
from .gold_pairs import project


class SoftPairs(NamedTuple):
    """The pairs of a batch that a teacher has an opinion of.

    rows (ndarray): (pairs, 5), the number of the text, then the pair on its predicted tokens.
    probabilities (ndarray): (pairs, classes)
    """

    rows: numpy.ndarray
    probabilities: numpy.ndarray


def soft_pairs(examples: Sequence[Example], name: str, classes: Sequence[str]) -> SoftPairs:
    """Read the soft labels of a batch.

    examples (Sequence[Example]): Soft labels on `reference`, if there are any.
    name (str): The component.
    classes (Sequence[str]): In the order in which the student wants them.
    RETURNS (SoftPairs): Pairs whose spans the pipeline's tokenizer knows, too.
    """
    rows: list[tuple[int, ...]] = []
    probabilities = [numpy.zeros((0, len(classes)), dtype="float32")]
    for i, eg in enumerate(examples):
        soft = eg.reference._.soft_labels.get(name)
        if soft is None:
            continue
        columns = [soft.labels.index(label) for label in classes]
        spans = [eg.reference[start:end] for start, end in soft.pairs.reshape(-1, 2).tolist()]
        ends = project(eg, spans)
        for head, tail, values in zip(ends[::2], ends[1::2], soft.probabilities[:, columns], strict=True):
            if head is not None and tail is not None:
                rows.append((i, *head, *tail))
                probabilities.append(values[None])
    stacked = numpy.asarray(rows, dtype="int64").reshape(-1, 5)
    return SoftPairs(stacked, numpy.concatenate(probabilities))


def listed_pairs(doc: Doc) -> list[Pair]:
    """RETURNS (List[Pair]): The pairs of an incomplete annotation (MNRE); else none."""
    if not has_relations(doc) or doc._.relations_complete:
        return []
    pairs = ((r.head.start, r.head.end, r.tail.start, r.tail.end) for r in doc._.relations)
    return list(dict.fromkeys(pairs))
