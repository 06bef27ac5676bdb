"""Scores of relations: exact spans, label and direction; micro-averaged without "no relation"."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from .inverses import Inverses
from .types import NO_RELATION, Relation, has_relations, sound_relations

# Character offsets of head and tail: they mean the same on Docs with other tokens.
CharPair = tuple[int, int, int, int]
Labelled = set[tuple[CharPair, str]]


def make_rel_scorer() -> Callable[..., dict[str, Any]]:
    """Build the scorer of `doc._.relations`, see `score_relations`."""
    return rel_score


def rel_score(
    examples: Iterable[Example],
    *,
    symmetric: Iterable[str] = (),
    inverse: Mapping[str, str] | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """Score the relations that a pipeline has predicted between the entities that it has predicted.

    A gold relation whose entities were missed is a false negative.

    examples (Iterable[Example]): Predicted and gold Docs.
    symmetric (Iterable[str]): Labels that hold in both directions, see `Inverses`.
    inverse (Optional[Mapping[str, str]]): Labels that say the same in the other direction.
    RETURNS (Dict[str, Any]): `rel_micro_p`, `rel_micro_r`, `rel_micro_f`, `rel_macro_f`, `rel_per_type`; None
        where no gold relations are annotated.
    """
    examples = list(examples)
    found = [relation_keys(eg.predicted._.relations) for eg in examples]
    return score_relations(examples, found, "rel", Inverses(symmetric, inverse))


def score_relations(
    examples: Sequence[Example],
    predicted: Sequence[Labelled],
    prefix: str,
    inverses: Inverses | None = None,
) -> dict[str, Any]:
    """Compare labelled pairs with the gold relations.

    Where only listed pairs are annotated (`Doc._.relations_complete` is False), predictions for other pairs
    are neither right nor wrong and are left out. A relation and its declared inverse count once. A gold
    relation that points outside its Doc is a false negative.

    examples (Sequence[Example]): Gold in `reference`.
    predicted (Sequence[Set[Tuple[CharPair, str]]]): Predicted pairs of each example.
    prefix (str): Start of the names of the scores.
    inverses (Optional[Inverses]): What says the same in the other direction.
    RETURNS (Dict[str, Any]): As `rel_score`.
    """
    inverses = inverses or Inverses()
    micro = PRFScore()
    per_type: dict[str, PRFScore] = {}
    annotated = False
    for eg, found in zip(examples, predicted, strict=True):
        if not has_relations(eg.reference):
            continue
        annotated = True
        relations, outside = sound_relations(eg.reference)
        gold = relation_keys(relations)
        if not eg.reference._.relations_complete:
            listed = {pair for pair, _ in gold}
            found = {(pair, label) for pair, label in found if pair in listed}
        gold, found = _positives(gold, inverses), _positives(found, inverses)
        micro.score_set(found, gold)
        micro.fn += sum(label != NO_RELATION for label in outside)
        for label in {label for _, label in gold | found}:
            score = per_type.setdefault(label, PRFScore())
            score.score_set({f for f in found if f[1] == label}, {g for g in gold if g[1] == label})
    names = (
        f"{prefix}_micro_p",
        f"{prefix}_micro_r",
        f"{prefix}_micro_f",
        f"{prefix}_macro_f",
        f"{prefix}_per_type",
    )
    if not annotated:
        return dict.fromkeys(names)
    macro = sum(score.fscore for score in per_type.values()) / max(len(per_type), 1)
    types = {label: score.to_dict() for label, score in sorted(per_type.items())}
    values = (micro.precision, micro.recall, micro.fscore, macro, types)
    return dict(zip(names, values, strict=True))


def relation_keys(relations: Iterable[Relation]) -> Labelled:
    """RETURNS (Set[Tuple[CharPair, str]]): Relations as character offsets and label."""
    return {
        ((r.head.start_char, r.head.end_char, r.tail.start_char, r.tail.end_char), r.label) for r in relations
    }


def pair_keys(doc: Doc, found: Iterable[tuple[tuple[int, int, int, int], str, float]]) -> Labelled:
    """RETURNS (Set[Tuple[CharPair, str]]): Token pairs of a Doc, with labels, as character offsets."""
    return {
        ((*_chars(doc, pair[0], pair[1]), *_chars(doc, pair[2], pair[3])), label) for pair, label, _ in found
    }


def _chars(doc: Doc, start: int, end: int) -> tuple[int, int]:
    span = doc[start:end]
    return span.start_char, span.end_char


def _positives(keys: Labelled, inverses: Inverses) -> Labelled:
    return {inverses.canonical(pair, label) for pair, label in keys if label != NO_RELATION}
