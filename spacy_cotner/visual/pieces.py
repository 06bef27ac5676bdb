"""Cutting a text into the pieces that a line is laid out from."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .picture import Mark
from .widths import is_wide, text_width

WORD = re.compile(r"\S+")
BLANK = "␣"  # stands for a span of white space only
JOINER = "\u200d"


class Piece(NamedTuple):
    """A word, or the part of a word inside or outside a mark.

    start (int): First character.
    end (int): The character after the last.
    text (str): What is drawn.
    width (float): How wide that is.
    breaks (bool): Whether a line may end before it.
    spaced (bool): Whether white space stands before it.
    newline (bool): Whether a line has to end before it.
    rtl (bool): Whether it runs from right to left.
    """

    start: int
    end: int
    text: str
    width: float
    breaks: bool
    spaced: bool
    newline: bool
    rtl: bool


def cut(text: str, marks: Sequence[Mark], size: float, rtl: bool) -> list[Piece]:
    """Cut a text at white space, at the ends of marks, and between Chinese characters.

    text (str): The text.
    marks (Sequence[Mark]): The marks.
    size (float): The font size.
    rtl (bool): Whether the text as a whole runs from right to left.
    RETURNS (List[Piece]): The pieces in reading order.
    """
    spans = list(_offsets(text, marks))
    directions = _directions([text[start:end] for start, end in spans], rtl)
    pieces, last = [], 0
    for (start, end), is_rtl in zip(spans, directions, strict=True):
        gap = text[last:start]
        shown = _joined(text, start, end) if text[start:end].strip() else BLANK
        breaks = bool(gap) or (start > 0 and _is_square(text[start - 1]) and _is_square(text[start]))
        piece = Piece(
            *(start, end, shown, text_width(shown, size)), breaks, bool(gap), "\n" in gap and last > 0, is_rtl
        )
        pieces.append(piece)
        last = end
    return pieces


def is_rtl(text: str) -> bool:
    """RETURNS (bool): Whether most letters of a text run from right to left."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    return sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L")


def _offsets(text: str, marks: Iterable[Mark]) -> Iterator[tuple[int, int]]:
    marks = list(marks)
    ends = {offset for mark in marks for offset in (mark.start, mark.end)}
    blanks = {(m.start, m.end) for m in marks if not text[m.start : m.end].strip()}
    words = [match.span() for match in WORD.finditer(text)]
    for start, end in sorted([*words, *blanks]):
        inner = (i for i in range(start + 1, end) if i in ends or _breaks_inside(text, i))
        yield from itertools.pairwise([start, *inner, end])


def _breaks_inside(text: str, i: int) -> bool:
    return _is_square(text[i - 1]) and _is_square(text[i])


def _is_square(char: str) -> bool:
    """Chinese and Japanese are written without spaces: a line may end after each character."""
    return is_wide(char) and unicodedata.category(char) == "Lo"


def _joined(text: str, start: int, end: int) -> str:
    """Arabic letters keep the shape that they have inside the word, though they are drawn apart."""
    before = JOINER if start > 0 and _joins(text[start - 1]) and _joins(text[start]) else ""
    after = JOINER if end < len(text) and _joins(text[end - 1]) and _joins(text[end]) else ""
    return before + text[start:end] + after


def _joins(char: str) -> bool:
    return unicodedata.bidirectional(char) == "AL" and unicodedata.category(char) == "Lo"


def _directions(words: Sequence[str], rtl: bool) -> list[bool]:
    """Unicode's bidirectional algorithm, at the scale of words.

    A word runs as its first letter does. A number follows the letters before it; anything else follows its
    neighbours if they agree, and the text as a whole if not.
    """
    found: list[bool | None] = []
    last = rtl
    for word in words:
        kinds = [unicodedata.bidirectional(char) for char in word]
        letters = [kind != "L" for kind in kinds if kind in ("L", "R", "AL")]
        is_number = "EN" in kinds or "AN" in kinds
        found.append(letters[0] if letters else last if is_number else None)
        last = letters[-1] if letters else last
    before = list(itertools.accumulate(found, lambda a, b: a if b is None else b, initial=rtl))[1:]
    after = list(itertools.accumulate(reversed(found), lambda a, b: a if b is None else b, initial=rtl))[
        :0:-1
    ]
    return [
        known if known is not None else left if left == right else rtl
        for known, left, right in zip(found, before, after, strict=True)
    ]
