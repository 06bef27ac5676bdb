"""Spans of JSONL records: characters or tokens, ours or Prodigy's."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Span

from .lines import fail
from .repairs import Repairs
from .words import Words


class SpanReader:
    """Reads the spans of one record.

    words (Words): The record's Doc, and where its given tokens went.
    repairs (Repairs): Counts what is mended.
    place (str): Where the record stands.
    """

    def __init__(self, words: Words, repairs: Repairs, place: str) -> None:
        self.words = words
        self.repairs = repairs
        self.place = place
        self.text = words.doc.text

    def read_all(self, values: Any) -> list[Span | None]:
        """Read a list of spans. The list keeps its length, because relations refer to positions in it.

        values (Any): The field `spans`.
        RETURNS (List[Optional[Span]]): The spans, None for each that was dropped.
        RAISES (CotnerError): If it is not a list of spans.
        """
        if not isinstance(values, list):
            fail(self.place, "the field 'spans' must be a list")
        spans = [self.read(value) for value in values]
        asked = [self._characters(value) for value in values]
        collides = [self._collides(i, spans, asked) for i in range(len(spans))]
        for _ in range(sum(collides)):
            self.repairs.add("dropped: span inside a token that another span shares", self.place)
        return [None if bad else span for span, bad in zip(spans, collides, strict=True)]

    def read(self, value: Any) -> Span | None:
        """Read one span.

        value (Any): `start` and `end` in characters, or `token_start` and `token_end` (the last token).
        RETURNS (Optional[Span]): The span; None if it was dropped.
        RAISES (CotnerError): If it has no offsets.
        """
        if not isinstance(value, dict):
            fail(self.place, f"expected a span with start, end and label, found {value!r}")
        label = value.get("label")
        if not isinstance(label, str | None):
            fail(self.place, f"expected a span's label to be a string, found {label!r}")
        characters = self._characters(value)
        if characters:
            return self._by_characters(*characters, label or "")
        start, end = value.get("token_start"), value.get("token_end")
        if not isinstance(start, int) or not isinstance(end, int):
            fail(
                self.place,
                f"expected a span with start and end (or token_start and token_end), found {value!r}",
            )
        found = self.words.tokens(start, end + 1)
        if found is None:
            self.repairs.add("dropped: span outside the text", self.place)
            return None
        return Span(self.words.doc, *found, label=label or "")

    def _characters(self, value: dict[str, Any]) -> tuple[int, int] | None:
        start, end = value.get("start"), value.get("end")
        return (start, end) if isinstance(start, int) and isinstance(end, int) else None

    def _by_characters(self, start: int, end: int, label: str) -> Span | None:
        piece = self.text[start:end] if 0 <= start < end <= len(self.text) else ""
        if not piece.strip():
            self.repairs.add("dropped: span outside the text or of white space only", self.place)
            return None
        start, end = start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
        if end - start < len(piece):
            self.repairs.add("repaired: white space at the edge of a span", self.place)
        span = self.words.doc.char_span(start, end, label=label)
        if span is None:
            self.repairs.add("repaired: span inside a token, widened to the token", self.place)
            span = self.words.doc.char_span(start, end, label=label, alignment_mode="expand")
        return span

    def _collides(self, i: int, spans: list[Span | None], asked: list[tuple[int, int] | None]) -> bool:
        """Whether a span was widened, and thereby came to overlap one that it did not overlap in the text."""
        span, characters = spans[i], asked[i]
        if span is None or characters is None:
            return False
        start, end = characters
        if span.start_char >= start and span.end_char <= end:
            return False
        for other, offsets in zip(spans, asked, strict=True):
            if other is None or other is span or not (other.start < span.end and span.start < other.end):
                continue
            first, last = offsets or (other.start_char, other.end_char)
            if last <= start or end <= first:
                return True
        return False
