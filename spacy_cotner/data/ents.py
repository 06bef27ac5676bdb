"""Gold entities: from any spans to spans that a Doc and spaCy's trainers accept."""

from __future__ import annotations

from collections.abc import Iterable

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from .repairs import Repairs


def set_ents(doc: Doc, spans: Iterable[Span], repairs: Repairs, place: str) -> None:
    """Set `doc.ents`; every other token is annotated as outside of entities.

    doc (Doc): The Doc.
    spans (Iterable[Span]): Spans with labels; they may overlap or begin with white space.
    repairs (Repairs): Counts what is mended.
    place (str): Where the Doc stands.
    """
    trimmed = [span for span in (_trim(span, repairs, place) for span in spans) if span is not None]
    kept = filter_spans(trimmed)
    for _ in range(len(trimmed) - len(kept)):
        repairs.add("dropped: entity inside or across another (the longest is kept)", place)
    doc.set_ents(kept)


def _trim(span: Span, repairs: Repairs, place: str) -> Span | None:
    """Take white space off both ends: spaCy's own recognizer refuses to learn such entities."""
    if not span.label_:
        repairs.add("dropped: entity without a label", place)
        return None
    words = [i for i in range(span.start, span.end) if not span.doc[i].is_space]
    if not words:
        repairs.add("dropped: entity of white space only", place)
        return None
    if (words[0], words[-1] + 1) != (span.start, span.end):
        repairs.add("repaired: white space at the edge of an entity", place)
    return Span(span.doc, words[0], words[-1] + 1, label=span.label_)
