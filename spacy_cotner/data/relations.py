"""Gold relations: labels, repetitions, and the two notations of JSONL files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spacy.tokens import Span

from ..types import NO_RELATION, Relation
from .lines import fail
from .repairs import Repairs
from .spans import SpanReader

# How data sets write that a pair stands in no relation.
NO_RELATION_NAMES = {"none", "na", "n/a", "no_relation", "no relation"}


def relation_label(value: Any, place: str, repairs: Repairs) -> str:
    """Check the label of a relation; all names of "no relation" become one.

    value (Any): What the file holds.
    place (str): Where.
    repairs (Repairs): Counts renamed labels.
    RETURNS (str): The label.
    RAISES (CotnerError): If it is no label.
    """
    if not isinstance(value, str) or not value.strip():
        fail(place, f"expected the relation's label to be a string, found {value!r}")
    if value.strip().lower() not in NO_RELATION_NAMES or value == NO_RELATION:
        return value
    repairs.add(f"repaired: relation {value!r} read as {NO_RELATION!r}", place)
    return NO_RELATION


def drop_repeated(rows: Iterable[tuple[Relation, str]], repairs: Repairs) -> list[Relation]:
    """Drop relations that are listed twice, and those of a span with itself. Two labels for one pair stay:
    nobody can tell which is right, or both are.

    rows (Iterable[Tuple[Relation, str]]): Relations and where each stands.
    repairs (Repairs): Counts all three cases.
    RETURNS (List[Relation]): The relations in order.
    """
    kept: list[Relation] = []
    labels: dict[tuple[int, ...], set[str]] = {}
    for relation, place in rows:
        pair = relation.key[:4]
        if pair[:2] == pair[2:]:
            repairs.add("dropped: relation of a span with itself", place)
            continue
        if relation.label in labels.get(pair, ()):
            repairs.add("dropped: relation listed twice", place)
            continue
        if pair in labels:
            repairs.add("noted: pair with different relations, all are kept", place)
        labels.setdefault(pair, set()).add(relation.label)
        kept.append(relation)
    return kept


def read_relations(value: Any, spans: list[Span | None], reader: SpanReader) -> list[Relation]:
    """Read the relations of a record: ours (`head` and `tail` are positions in `spans`) or Prodigy's (`head`
    and `child` are tokens, beside `head_span` and `child_span`).

    value (Any): The field `relations`.
    spans (List[Optional[Span]]): The record's spans, None where one was dropped.
    reader (SpanReader): Reads the spans of this record.
    RETURNS (List[Relation]): The relations.
    RAISES (CotnerError): If one is in neither notation.
    """
    place, repairs = reader.place, reader.repairs
    if not isinstance(value, list):
        fail(place, "the field 'relations' must be a list")
    rows, known = [], {(span.start, span.end) for span in spans if span is not None}
    for row in value:
        if not isinstance(row, dict) or "head" not in row or not ("tail" in row or "child" in row):
            fail(place, f"expected a relation with head, tail (or Prodigy's child) and label, found {row!r}")
        label = relation_label(row.get("label"), place, repairs)
        if "tail" in row:
            head, tail = _at(row["head"], spans, reader), _at(row["tail"], spans, reader)
        else:
            head, tail = _prodigy_end(row, "head", spans, reader), _prodigy_end(row, "child", spans, reader)
        if head is None or tail is None:
            repairs.add("dropped: relation whose head or tail is not among the usable spans", place)
        else:
            rows.append((Relation(head, tail, label, _score(row, reader)), place))
            if not known >= {(head.start, head.end), (tail.start, tail.end)}:
                repairs.add("noted: relation whose head or tail is not among the spans, it is kept", place)
    return drop_repeated(rows, repairs)


def _at(end: Any, spans: list[Span | None], reader: SpanReader) -> Span | None:
    """One end in our notation: a position in the list of spans, or the span itself."""
    if isinstance(end, dict):
        return reader.read(end)
    if not isinstance(end, int):
        fail(
            reader.place,
            f"a relation's head and tail are positions in 'spans' (0 is the first), found {end!r}",
        )
    return spans[end] if 0 <= end < len(spans) else None


def _score(row: dict[str, Any], reader: SpanReader) -> float:
    """What an export of predictions has; annotation has no score."""
    score = row.get("score", 1.0)
    if isinstance(score, (int, float)) and 0 <= score <= 1:
        return float(score)
    reader.repairs.add("repaired: score of a relation is no probability, read as 1", reader.place)
    return 1.0


def _prodigy_end(row: dict[str, Any], end: str, spans: list[Span | None], reader: SpanReader) -> Span | None:
    """One end in Prodigy's notation: its span, or the span around its token, or the token alone."""
    if isinstance(row.get(f"{end}_span"), dict):
        return reader.read(row[f"{end}_span"])
    index = row[end]
    if not isinstance(index, int):
        fail(reader.place, f"a relation's {end} must be the number of a token, found {index!r}")
    found = reader.words.tokens(index, index + 1)
    if found is None:
        return None
    around = (span for span in spans if span is not None and span.start <= found[0] < span.end)
    return next(around, Span(reader.words.doc, *found))
