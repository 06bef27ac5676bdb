"""Where text and marks stand: lines are filled, put into visual order, and every mark gets its boxes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from .picture import Mark
from .pieces import Piece
from .widths import text_width

PAD = 6.0  # between a text and the edge of its box
SPACE = 0.3  # of the font size
ANCHOR_STEP = 9.0  # the least distance of two arcs that meet at a box


class Run(NamedTuple):
    """Words that are drawn as one.

    x (float): Its left edge.
    width (float): How wide it is.
    text (str): The words.
    rtl (bool): Whether they run from right to left.
    mark (Optional[int]): The innermost mark that they belong to.
    """

    x: float
    width: float
    text: str
    rtl: bool
    mark: int | None


class Box(NamedTuple):
    """The part of a mark that stands on one line.

    mark (int): Which.
    x0 (float): Left edge.
    x1 (float): Right edge.
    row (int): 0 for the innermost of nested marks, and so on.
    is_main (bool): Whether it is the widest part: this one has the label and the arcs.
    """

    mark: int
    x0: float
    x1: float
    row: int
    is_main: bool


class Line(NamedTuple):
    """One line of the picture.

    runs (List[Run]): Its text.
    boxes (List[Box]): Its marks.
    width (float): Up to its right edge.
    """

    runs: list[Run]
    boxes: list[Box]
    width: float


class _Block(NamedTuple):
    """Pieces without a box's edge between them, or (without pieces) a space."""

    pieces: list[int]
    text: str
    before: float
    width: float
    after: float
    rtl: bool


class Layout:
    """Lays out one text.

    pieces (Sequence[Piece]): The text.
    marks (Sequence[Mark]): The marks on it.
    needs (Sequence[float]): The least width of each mark's box.
    size (float): The font size.
    width (Optional[float]): Lines are broken at this width, or never.
    rtl (bool): Whether lines begin at the right.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        marks: Sequence[Mark],
        needs: Sequence[float],
        size: float,
        width: float | None,
        rtl: bool,
    ) -> None:
        self.pieces = pieces
        self.space = SPACE * size
        self.rtl = rtl
        starts = [piece.start for piece in pieces]
        self.covers = [_covered(starts, mark) for mark in marks]
        self.rows = _rows(marks)
        self.before = [0.0] * len(pieces)
        self.after = [0.0] * len(pieces)
        self.pads = self._pad(marks, needs)
        self.inside: list[set[int]] = [set() for _ in pieces]
        for i, cover in enumerate(self.covers):
            for p in cover:
                self.inside[p].add(i)
        numbers = list(self._fill(width))
        widths = [self._width(line) for line in numbers]
        self.width = max(widths, default=0.0)
        lines = [self._line(line, own) for line, own in zip(numbers, widths, strict=True)]
        self.lines = _choose_main(lines) or [Line([], [], 0.0)]

    def _pad(self, marks: Sequence[Mark], needs: Sequence[float]) -> list[tuple[float, float]]:
        """Make room at both ends of every mark, from the inside to the outside.

        RETURNS (List[Tuple[float, float]]): From the edge of a mark's box to its text, at its start and end.
        """
        pads = [(0.0, 0.0)] * len(marks)
        for i in sorted(range(len(marks)), key=lambda i: (self.rows[i], i)):
            cover = self.covers[i]
            pad = max(PAD, (needs[i] - self._width(cover)) / 2)
            self.before[cover[0]] += pad
            self.after[cover[-1]] += pad
            pads[i] = (self.before[cover[0]], self.after[cover[-1]])
        return pads

    def _width(self, numbers: Sequence[int]) -> float:
        """The width of some pieces in a row."""
        return sum(
            self.before[i]
            + self.pieces[i].width
            + self.after[i]
            + (self.space if self.pieces[i].spaced and i != numbers[0] else 0)
            for i in numbers
        )

    def _fill(self, width: float | None) -> Iterator[list[int]]:
        """Break lines. A mark stays on one line if it fits on one.

        YIELDS (List[int]): The pieces of a line.
        """
        glued = {
            i for cover in self.covers if width is None or self._width(cover) <= width for i in cover[1:]
        }
        line: list[int] = []
        for unit in _units(self.pieces, glued):
            too_wide = width is not None and self._width([*line, *unit]) > width
            if line and (self.pieces[unit[0]].newline or (too_wide and self.pieces[unit[0]].breaks)):
                yield line
                line = []
            line += unit
        if line:
            yield line

    def _line(self, numbers: list[int], width: float) -> Line:
        blocks = _visual_order(self._blocks(numbers), self.rtl)
        x = self.width - width if self.rtl else 0.0
        runs, edges = [], {}
        for block in blocks:
            left, right = (block.after, block.before) if block.rtl else (block.before, block.after)
            x += left
            if block.pieces:
                marks = self.inside[block.pieces[0]]
                innermost = min(marks, key=lambda i: self.rows[i], default=None)
                runs.append(Run(x, block.width, block.text, block.rtl, innermost))
                edges[block.pieces[0], block.pieces[-1]] = (x, x + block.width, block.rtl)
            x += block.width + right
        return Line(runs, list(self._boxes(edges)), x)

    def _blocks(self, numbers: list[int]) -> Iterator[_Block]:
        """Join pieces that can be drawn as one text; spaces between blocks run as their neighbours do."""
        groups: list[list[int]] = []
        for i in numbers:
            if groups and self._continues(groups[-1][-1], i):
                groups[-1].append(i)
            else:
                groups.append([i])
        for n, group in enumerate(groups):
            first, last = self.pieces[group[0]], group[-1]
            if n and first.spaced:
                agree = self.pieces[groups[n - 1][-1]].rtl == first.rtl
                yield _Block([], "", 0.0, self.space, 0.0, first.rtl if agree else self.rtl)
            text = "".join(
                " " * (self.pieces[i].spaced and i != group[0]) + self.pieces[i].text for i in group
            )
            outer = self.before[group[0]] + self.after[last]
            width = self._width(group) - outer
            yield _Block(group, text, self.before[group[0]], width, self.after[last], first.rtl)

    def _continues(self, last: int, i: int) -> bool:
        same = self.inside[last] == self.inside[i] and self.pieces[last].rtl == self.pieces[i].rtl
        return same and not self.after[last] and not self.before[i]

    def _boxes(self, edges: dict[tuple[int, int], tuple[float, float, bool]]) -> Iterator[Box]:
        for mark in sorted({mark for first, _ in edges for mark in self.inside[first]}):
            cover = self.covers[mark]
            ends = [
                self._edges(mark, first, last, *where)
                for (first, last), where in edges.items()
                if first in cover
            ]
            x0, x1 = min(x for x, _ in ends), max(x for _, x in ends)
            yield Box(mark, x0, x1, self.rows[mark], False)

    def _edges(
        self, mark: int, first: int, last: int, x0: float, x1: float, rtl: bool
    ) -> tuple[float, float]:
        """The edges of a mark's box around one block: at its own ends its own, else those of marks within."""
        cover, (start, end) = self.covers[mark], self.pads[mark]
        before = start if first == cover[0] else self.before[first]
        after = end if last == cover[-1] else self.after[last]
        return (x0 - after, x1 + before) if rtl else (x0 - before, x1 + after)


def needed_width(label: str, label_size: float, arcs: int) -> float:
    """RETURNS (float): How wide a box has to be for its label and for the arcs that meet at it."""
    return max(text_width(label, label_size, bold=True) + 8, (arcs + 1) * ANCHOR_STEP)


def _covered(starts: Sequence[int], mark: Mark) -> range:
    """The pieces of a mark; no piece stands across its ends."""
    return range(bisect_left(starts, mark.start), bisect_left(starts, mark.end))


def _rows(marks: Sequence[Mark]) -> list[int]:
    """Stack overlapping marks, the short ones innermost."""
    rows = [0] * len(marks)
    for cluster in _clusters(marks):
        placed: list[int] = []
        for i in sorted(cluster, key=lambda i: (marks[i].end - marks[i].start, i)):
            below = [rows[k] for k in placed if _overlap(marks[i], marks[k])]
            rows[i] = max(below, default=-1) + 1
            placed.append(i)
    return rows


def _clusters(marks: Sequence[Mark]) -> Iterator[list[int]]:
    """Groups of marks that hang together by overlaps."""
    cluster: list[int] = []
    end = 0
    for i in sorted(range(len(marks)), key=lambda i: marks[i].start):
        if cluster and marks[i].start >= end:
            yield cluster
            cluster = []
        cluster.append(i)
        end = max(end, marks[i].end)
    if cluster:
        yield cluster


def _overlap(a: Mark, b: Mark) -> bool:
    return a.start < b.end and b.start < a.end


def _units(pieces: Sequence[Piece], glued: set[int]) -> Iterator[list[int]]:
    """Group pieces that no line end may come between."""
    unit: list[int] = []
    for i, piece in enumerate(pieces):
        if unit and piece.breaks and i not in glued:
            yield unit
            unit = []
        unit.append(i)
    if unit:
        yield unit


def _visual_order(blocks: Iterable[_Block], rtl: bool) -> Iterator[_Block]:
    """From reading order to left-to-right order."""
    groups = [list(group) for _, group in groupby(blocks, key=lambda block: block.rtl)]
    for group in reversed(groups) if rtl else groups:
        yield from reversed(group) if group[0].rtl else group


def _choose_main(lines: list[Line]) -> list[Line]:
    widest: dict[int, tuple[float, int]] = {}
    for n, line in enumerate(lines):
        for box in line.boxes:
            widest[box.mark] = max(widest.get(box.mark, (0.0, 0)), (box.x1 - box.x0, -n))
    return [
        line._replace(boxes=[box._replace(is_main=widest[box.mark][1] == -n) for box in line.boxes])
        for n, line in enumerate(lines)
    ]
