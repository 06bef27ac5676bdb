"""Which pairs of spans the relation extractor looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import NamedTuple

from spacy.tokens import Span
from spacy.training import Example

from ..types import NO_RELATION, has_relations

# Token offsets: head start and end, tail start and end.
Pair = tuple[int, int, int, int]


class GoldPairs(NamedTuple):
    """The annotated pairs of an example, on the tokens of its predicted Doc.

    pairs (List[Pair]): Candidates.
    labels (List[str]): The label of each.
    """

    pairs: list[Pair]
    labels: list[str]


def candidate_pairs(spans: Iterable[Span], max_distance: int) -> list[Pair]:
    """All ordered pairs of different spans: a relation has a direction.

    spans (Iterable[Span]): Entities of one Doc.
    max_distance (int): Largest distance between the spans' first tokens; 0 for no limit.
    RETURNS (List[Pair]): The candidates.
    """
    offsets = dict.fromkeys((span.start, span.end) for span in spans)
    return [
        (*head, *tail)
        for head, tail in permutations(offsets, 2)
        if not max_distance or abs(head[0] - tail[0]) <= max_distance
    ]


def gold_pairs(example: Example, max_distance: int) -> GoldPairs:
    """What the annotation says about the pairs of gold spans.

    In a complete annotation every pair that is not listed stands in no relation; in an incomplete one
    (`Doc._.relations_complete = False`, as in MNRE) only the listed pairs are known.

    example (Example): Annotation in `reference._.relations`; nothing if the attribute was never set.
    max_distance (int): As for `candidate_pairs`; listed pairs are kept at any distance.
    RETURNS (GoldPairs): Pairs and labels.
    """
    reference = example.reference
    if not has_relations(reference):
        return GoldPairs([], [])
    labels: dict[Pair, str] = {}
    spans = list(reference.ents)
    for relation in reference._.relations:
        spans += [relation.head, relation.tail]
        head, tail = project(example, [relation.head, relation.tail])
        if not head or not tail or head == tail:
            continue
        # Of several labels for one pair the first positive one counts.
        if labels.get((*head, *tail), NO_RELATION) == NO_RELATION:
            labels[(*head, *tail)] = relation.label
    if reference._.relations_complete:
        kept = [example.predicted[start:end] for start, end in filter(None, project(example, spans))]
        for pair in candidate_pairs(kept, max_distance):
            labels.setdefault(pair, NO_RELATION)
    return GoldPairs(list(labels), list(labels.values()))


def project(example: Example, spans: Sequence[Span]) -> list[tuple[int, int] | None]:
    """Token offsets of reference spans in the predicted Doc, None where tokens do not line up."""
    aligned = example.alignment.y2x
    projected: list[tuple[int, int] | None] = []
    for span in spans:
        indices = aligned[span.start : span.end]
        offsets = (int(indices[0]), int(indices[-1]) + 1) if len(indices) else None
        projected.append(offsets if offsets and _same_text(example, span, offsets) else None)
    return projected


def _same_text(example: Example, span: Span, offsets: tuple[int, int]) -> bool:
    text = example.predicted[offsets[0] : offsets[1]].text
    return "".join(text.split()).lower() == "".join(span.text.split()).lower()
