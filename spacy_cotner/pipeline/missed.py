"""Which gold relations the extractor never looked at, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Any

from spacy.training import Example

from ..types import NO_RELATION, Relation, has_relations, sound_relations
from .candidates import Mention, Pair, Rules, mentions_of, spans_of
from .gold_pairs import project
from .rel_settings import RelSettings


def score_missed(examples: Iterable[Example], settings: RelSettings) -> dict[str, Any]:
    """Count what no threshold can bring back.

    examples (Iterable[Example]): Predicted and gold Docs.
    settings (RelSettings): Those of the extractor.
    RETURNS (Dict[str, Any]): `rel_missed_pairs` (int) and `rel_missed_reasons`, see `missed_pairs`; None
        where no gold relations are annotated.
    """
    annotated = [eg for eg in examples if has_relations(eg.reference)]
    if not annotated:
        return {"rel_missed_pairs": None, "rel_missed_reasons": None}
    missed = Counter[str]()
    for eg in annotated:
        missed += missed_pairs(eg, mentions_of(spans_of(eg.predicted, settings.spans_key)), settings)
    return {"rel_missed_pairs": missed.total(), "rel_missed_reasons": dict(missed)}


def missed_pairs(example: Example, mentions: Sequence[Mention], settings: RelSettings) -> Counter[str]:
    """Gold relations between spans that the extractor did not look at.

    example (Example): Predicted and gold Doc.
    mentions (Sequence[Mention]): The spans of the predicted Doc.
    settings (RelSettings): Those of the extractor.
    RETURNS (Counter[str]): Reasons: "outside" (of the Doc), "self" (a span with itself), "entities" (head or
        tail was not found), "label" (never seen in training), "distance", "sentences", "types" (the schema),
        "limit" (more pairs than a Doc may have).
    """
    relations, outside = sound_relations(example.reference)
    known = {mention[:2]: mention for mention in mentions}
    rules = settings.rules
    pairs = set(rules.select(mentions).pairs)
    missed = Counter("outside" for label in outside if label != NO_RELATION)
    for relation in {relation.key: relation for relation in relations}.values():
        if relation.label != NO_RELATION:
            reason = _reason(example, relation, known, rules, settings.labels, pairs)
            missed.update([reason] if reason else [])
    return missed


def _reason(
    example: Example,
    relation: Relation,
    known: dict[tuple[int, int], Mention],
    rules: Rules,
    labels: Container[str],
    pairs: Container[Pair],
) -> str | None:
    ends = project(example, [relation.head, relation.tail])
    head, tail = (known.get(end) if end else None for end in ends)
    if relation.key[:2] == relation.key[2:4]:
        return "self"
    if head is None or tail is None:
        return "entities"
    if relation.label not in labels:
        return "label"
    return rules.why_not(head, tail, relation.label, pairs)
