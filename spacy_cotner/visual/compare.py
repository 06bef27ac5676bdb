"""Gold annotation and predictions in one picture: what is right, what is wrong, what was missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from spacy.tokens import Doc

from ..errors import CotnerError
from ..types import has_relations
from .picture import Link, Mark, Marks, Picture, is_shown, mark_of, shown_spans, title_of

CharPair = tuple[int, int, int, int]


class Tally(NamedTuple):
    """How a Doc compares to its gold annotation; entities and relations together.

    right (int): Predicted and gold.
    wrong (int): Predicted, not gold.
    missed (int): Gold, not predicted.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def errors(self) -> int:
        """RETURNS (int): Everything that is not right."""
        return self.wrong + self.missed

    def __str__(self) -> str:
        return f"{self.right:,} right, {self.wrong:,} wrong, {self.missed:,} missed"


def compare_docs(
    gold: Doc, predicted: Doc, options: Mapping[str, Any], *, entities: bool = True
) -> tuple[Picture, Tally]:
    """Lay predictions over gold annotation. What nobody annotated is neither right nor wrong: entities and
    relations of a Doc without any, and pairs not listed where only listed pairs are annotated.

    gold (Doc): The annotated Doc.
    predicted (Doc): The same text after a pipeline.
    options (Mapping[str, Any]): See `render`.
    entities (bool): Whether the pipeline has predicted entities; if not it was given them.
    RETURNS (Tuple[Picture, Tally]): The picture, and what there is in it.
    RAISES (CotnerError): If these are two texts.
    """
    if gold.text != predicted.text:
        raise CotnerError(f"gold and predicted Docs differ in their text: {gold.text[:60]!r}…")
    marks = Marks(_compare_marks(gold, predicted, options, entities))
    links = _compare_links(gold, predicted, options, marks)
    statuses = [mark.status for mark in marks.all] + [link.status for link in links]
    counts = Counter(statuses)
    picture = Picture(gold.text, marks.all, links, title_of(gold) or title_of(predicted))
    return picture, Tally(counts["right"], counts["wrong"], counts["missed"])


def _compare_marks(gold: Doc, predicted: Doc, options: Mapping[str, Any], entities: bool) -> list[Mark]:
    found = [mark_of(span) for span in shown_spans(predicted, options)]
    key = options.get("spans_key")
    annotated = key in gold.spans if key else gold.has_annotation("ENT_IOB")
    if not entities or not annotated:
        return found
    wanted = [mark_of(span) for span in shown_spans(gold, options)]
    right, there = {mark.key for mark in wanted}, {mark.key for mark in found}
    judged = [mark._replace(status="right" if mark.key in right else "wrong") for mark in found]
    missed = [mark._replace(score=None, status="missed") for mark in wanted if mark.key not in there]
    return sorted([*judged, *missed], key=lambda mark: mark.key)


def _compare_links(gold: Doc, predicted: Doc, options: Mapping[str, Any], marks: Marks) -> list[Link]:
    wanted = {(*_pair(r), r.label): r for r in gold._.relations}
    found = {(*_pair(r), r.label): r for r in predicted._.relations}
    pairs = {key[:4] for key in wanted}
    links = []
    for key, relation in {**found, **{k: r for k, r in wanted.items() if k not in found}}.items():
        if not is_shown(relation.label, options):
            continue
        judged = has_relations(gold) and (gold._.relations_complete or key[:4] in pairs)
        status = "missed" if key not in found else "right" if key in wanted else "wrong"
        score = relation.score if key in found else None
        ends = marks.of(relation.head), marks.of(relation.tail)
        links.append(Link(*ends, relation.label, score, status if judged else ""))
    return links


def _pair(relation: Any) -> CharPair:
    head, tail = relation.head, relation.tail
    return head.start_char, head.end_char, tail.start_char, tail.end_char
