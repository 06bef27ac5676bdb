"""Carrying labels and relations over to a text in which the same mentions occur."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from spacy.tokens import Doc, Span

from ...types import Relation, has_relations

Position = tuple[int, int]


class Lost(Exception):
    """The labels can't be carried over; the message is the reason, for counting."""


def mentions_of(doc: Doc) -> list[Span]:
    """What is labelled: entities, and the ends of relations.

    doc (Doc): The Doc.
    RETURNS (List[Span]): Spans without repetition, in their order.
    """
    ends = (span for relation in doc._.relations for span in (relation.head, relation.tail))
    spans = {(span.start, span.end): span for span in (*doc.ents, *ends)}
    return [spans[position] for position in sorted(spans)]


def find_mentions(doc: Doc, target: Doc) -> dict[Position, Position]:
    """Where the mentions of a Doc stand in another one that says the same.

    doc (Doc): The labelled Doc.
    target (Doc): Its rewrite.
    RETURNS (Dict[Tuple[int, int], Tuple[int, int]]): Start and end in `doc` -> start and end in `target`.
    RAISES (Lost): If a mention is missing, occurs more or less often, or is part of a longer token.
    """
    places: dict[Position, Position] = {}
    by_text: dict[str, list[Span]] = {}
    for span in mentions_of(doc):
        by_text.setdefault(span.text, []).append(span)
    taken: list[Position] = []
    # The longest first: "York" must not be found inside "New York".
    for text in sorted(by_text, key=len, reverse=True):
        found = _occurrences(text, target.text, taken)
        if len(found) < len(by_text[text]):
            raise Lost("mention lost")
        if len(found) > len(by_text[text]):
            # Which of them is the labelled one is anybody's guess, and the others would be unlabelled.
            raise Lost("mention repeated")
        taken.extend(found)
        for span, (start, end) in zip(by_text[text], found, strict=True):
            new = target.char_span(start, end)
            if new is None:
                raise Lost("mention inside a token")
            places[span.start, span.end] = (new.start, new.end)
    return places


def _occurrences(text: str, where: str, taken: list[Position]) -> list[Position]:
    found, start = [], where.find(text)
    while start >= 0:
        end = start + len(text)
        if not any(start < other_end and other_start < end for other_start, other_end in taken):
            found.append((start, end))
        start = where.find(text, end)
    return found


def carry_over(doc: Doc, target: Doc, places: Mapping[Position, Position]) -> Doc:
    """Label a Doc like another one.

    doc (Doc): The labelled Doc.
    target (Doc): The Doc to label.
    places (Mapping): Where the mentions of `doc` stand in `target`.
    RETURNS (Doc): The target, with entities, relations and categories; picture, caption and explanations
        are left to the caller.
    RAISES (Lost): If mentions overlap in the target.
    """

    def move(span: Span) -> Span:
        start, end = places[span.start, span.end]
        return Span(target, start, end, label=span.label_, kb_id=span.kb_id_, span_id=span.id_)

    target.cats = dict(doc.cats)
    # Docs without entity annotation stay without: "no entities" would be another statement.
    if doc.has_annotation("ENT_IOB"):
        _set_entities(target, [move(ent) for ent in doc.ents])
    if has_relations(doc):
        target._.relations = _move_relations(doc, move)
        target._.relations_complete = doc._.relations_complete
    return target


def _set_entities(target: Doc, spans: list[Span]) -> None:
    try:
        target.set_ents(spans, default="outside")
    except ValueError:
        raise Lost("mentions overlap") from None


def _move_relations(doc: Doc, move: Callable[[Span], Span]) -> list[Relation]:
    return [Relation(move(r.head), move(r.tail), r.label, r.score) for r in doc._.relations]
