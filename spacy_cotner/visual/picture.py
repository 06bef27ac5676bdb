"""What is drawn: a text, marks on it, links between marks; from a Doc, or from a dict as in displaCy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from ..errors import CotnerError
from ..types import NO_RELATION


class Mark(NamedTuple):
    """A span of the text.

    start (int): First character.
    end (int): The character after the last.
    label (str): What is written below it.
    score (Optional[float]): Its probability, for the tooltip.
    status (str): "right", "wrong" or "missed" beside gold annotation, "" if there is none.
    """

    start: int
    end: int
    label: str
    score: float | None = None
    status: str = ""

    @property
    def key(self) -> tuple[int, int, str]:
        """RETURNS (Tuple[int, int, str]): What tells it from other marks."""
        return (self.start, self.end, self.label)


class Link(NamedTuple):
    """A directed relation.

    head (int): Position of its first mark in the picture.
    tail (int): Position of the mark that it points to.
    label (str): What is written on its arc.
    score (Optional[float]): Its probability, None if nobody has predicted it.
    status (str): As that of `Mark`.
    """

    head: int
    tail: int
    label: str
    score: float | None = None
    status: str = ""


class Picture(NamedTuple):
    """One text with all that is drawn on it.

    text (str): The text.
    marks (List[Mark]): Spans; they may overlap.
    links (List[Link]): Relations between them.
    title (str): A heading, or nothing.
    """

    text: str
    marks: list[Mark]
    links: list[Link]
    title: str = ""


class Marks:
    """Collects marks, each once, and finds the one that a span belongs to."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self.all: list[Mark] = []
        self._where: dict[tuple[int, int, str], int] = {}
        self._by_offsets: dict[tuple[int, int], int] = {}
        for mark in marks:
            self.add(mark)

    def add(self, mark: Mark) -> int:
        """RETURNS (int): The position of the mark; that of its twin if there is one."""
        if mark.key not in self._where:
            self._where[mark.key] = len(self.all)
            self._by_offsets.setdefault(mark.key[:2], len(self.all))
            self.all.append(mark)
        return self._where[mark.key]

    def of(self, span: Span) -> int:
        """RETURNS (int): The position of the mark that a relation's end stands on: the same span, else one
        with the same offsets and another label, else a new one."""
        mark = mark_of(span)
        known = self._where.get(mark.key, self._by_offsets.get(mark.key[:2]))
        return self.add(mark) if known is None else known


def picture_of(doc: Doc, options: Mapping[str, Any]) -> Picture:
    """Collect what a Doc shows: its entities, or `doc.spans[key]`, and the relations between them.

    doc (Doc): The Doc; `user_data["title"]` is its heading, as displaCy has it.
    options (Mapping[str, Any]): `ents`, `relations` and `spans_key`, see `render`.
    RETURNS (Picture): Marks and links; the pair label "None" is no link.
    """
    marks = Marks(mark_of(span) for span in shown_spans(doc, options))
    links = [
        Link(marks.of(relation.head), marks.of(relation.tail), relation.label, relation.score)
        for relation in doc._.relations
        if is_shown(relation.label, options)
    ]
    return Picture(doc.text, marks.all, links, title_of(doc))


def clip(picture: Picture, start: int, end: int) -> Picture:
    """Cut a picture to a part of its text.

    picture (Picture): The picture.
    start (int): First character of the part.
    end (int): The character after its last.
    RETURNS (Picture): The marks that lie in it as a whole, and the links between those.
    """
    inside = [i for i, mark in enumerate(picture.marks) if start <= mark.start and mark.end <= end]
    where = {old: new for new, old in enumerate(inside)}
    marks = [m._replace(start=m.start - start, end=m.end - start) for m in (picture.marks[i] for i in inside)]
    links = [
        link._replace(head=where[link.head], tail=where[link.tail])
        for link in picture.links
        if link.head in where and link.tail in where
    ]
    return picture._replace(text=picture.text[start:end], marks=marks, links=links)


def picture_from(value: Mapping[str, Any]) -> Picture:
    """Read a dict, as with displaCy's `manual=True`.

    value (Mapping[str, Any]): `text`, `ents` (`start`, `end`, `label`), `relations` (`head` and `tail` are
        positions in `ents`, `label`, `score`), `title`.
    RETURNS (Picture): The same.
    RAISES (CotnerError): If something is missing, or points outside.
    """
    try:
        marks = [Mark(int(e["start"]), int(e["end"]), str(e["label"]), e.get("score")) for e in value["ents"]]
        links = [
            Link(int(r["head"]), int(r["tail"]), str(r["label"]), r.get("score"))
            for r in value.get("relations", ())
        ]
        picture = Picture(str(value["text"]), marks, links, str(value.get("title") or ""))
    except (KeyError, TypeError, ValueError) as error:
        raise CotnerError(
            f"manual rendering: expected text, ents (start, end, label) and relations (head, tail, label), "
            f"found {error!r}"
        ) from None
    _check(picture)
    return picture


def shown_spans(doc: Doc, options: Mapping[str, Any]) -> list[Span]:
    """RETURNS (List[Span]): The spans that the options ask for, in reading order."""
    key, wanted = options.get("spans_key"), options.get("ents")
    spans = doc.spans.get(key, ()) if key else doc.ents
    kept = (span for span in spans if wanted is None or span.label_ in wanted)
    return sorted(kept, key=lambda span: (span.start_char, span.end_char, span.label_))


def is_shown(label: str, options: Mapping[str, Any]) -> bool:
    """RETURNS (bool): Whether a relation has an arc: "None" has not, and the option may choose labels."""
    wanted = options.get("relations")
    return label != NO_RELATION and (wanted is None or label in wanted)


def mark_of(span: Span) -> Mark:
    """RETURNS (Mark): A span of a Doc, with the confidence that a recognizer gave it."""
    return Mark(span.start_char, span.end_char, span.label_, span._.confidence)


def title_of(doc: Doc) -> str:
    """RETURNS (str): The heading of a Doc, as displaCy has it, or nothing."""
    return str(doc.user_data.get("title") or "")


def _check(picture: Picture) -> None:
    for mark in picture.marks:
        if not 0 <= mark.start < mark.end <= len(picture.text):
            raise CotnerError(
                f"manual rendering: {mark.label!r} at {mark.start}-{mark.end} is not in the text"
            )
    for link in picture.links:
        if not (0 <= link.head < len(picture.marks) and 0 <= link.tail < len(picture.marks)):
            raise CotnerError(
                f"manual rendering: {link.label!r} links {link.head} and {link.tail}, no such ents"
            )
