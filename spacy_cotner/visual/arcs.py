"""Where the arcs run: their ends stand side by side, and on one level neither arcs nor labels overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from .layout import Box, Layout
from .picture import Picture
from .widths import text_width

ANCHOR_STEP = 12.0  # two arcs that meet at a box are at most this far apart
CLEAR = 5.0  # between two arcs on one level
CORNER = 8.0
MAX_NAME = 24


class Arc(NamedTuple):
    """An arc, or the part of it on one line.

    link (int): Which relation.
    x0 (float): Where it leaves its first mark, or its open end.
    x1 (float): Where it reaches the mark that it points to, or its open end.
    has_head (bool): Whether the first mark is on this line.
    has_tail (bool): Whether the mark that it points to is on this line.
    label (str): What is written on it.
    label_x (float): The middle of the label.
    label_width (float): How wide that is.
    level (int): 0 for the lowest.
    head_row (int): The row of the first mark's box.
    tail_row (int): The row of the other one's.
    """

    link: int
    x0: float
    x1: float
    has_head: bool
    has_tail: bool
    label: str
    label_x: float
    label_width: float
    level: int = 0
    head_row: int = 0
    tail_row: int = 0

    @property
    def legs(self) -> list[float]:
        """RETURNS (List[float]): Where it comes down to the text."""
        return [x for x, here in ((self.x0, self.has_head), (self.x1, self.has_tail)) if here]

    @property
    def extent(self) -> tuple[float, float]:
        """RETURNS (Tuple[float, float]): All the room that it takes on its level, its label included."""
        half = self.label_width / 2
        return min(self.x0, self.x1, self.label_x - half), max(self.x0, self.x1, self.label_x + half)


class _End(NamedTuple):
    """One end of a relation. reach (float): Where the arc goes from here."""

    link: int
    is_head: bool
    line: int
    box: Box
    reach: float


def place_arcs(
    picture: Picture, layout: Layout, labels: Sequence[str], size: float, rtl: bool
) -> list[list[Arc]]:
    """Lay out all arcs.

    picture (Picture): Marks and links.
    layout (Layout): Where the marks stand.
    labels (Sequence[str]): What is written on each link's arc.
    size (float): The font size of labels.
    rtl (bool): Whether lines begin at the right.
    RETURNS (List[List[Arc]]): The arcs above each line.
    """
    where = {box.mark: (n, box) for n, line in enumerate(layout.lines) for box in line.boxes if box.is_main}
    parts: list[tuple[str, list[_End]]] = []
    for i, link in enumerate(picture.links):
        (head_line, head), (tail_line, tail) = where[link.head], where[link.tail]
        if head_line == tail_line:
            parts.append((labels[i], _joined_ends(i, head_line, head, tail)))
            continue
        forward = (head_line < tail_line) != rtl
        for other, is_head, line, box in (
            (link.tail, True, head_line, head),
            (link.head, False, tail_line, tail),
        ):
            label = f"{labels[i]} · {_name(picture, other)}"
            length = text_width(label, size) + 2 * CORNER
            reach = _flag_reach(_middle(box), length, forward == is_head, layout.width)
            parts.append((label, [_End(i, is_head, line, box, reach)]))
    anchors = _anchors([end for _, ends in parts for end in ends])
    lines: list[list[Arc]] = [[] for _ in layout.lines]
    for label, ends in parts:
        lines[ends[0].line].append(_arc(label, ends, anchors, text_width(label, size)))
    return [_clear_labels(_levels(arcs)) for arcs in lines]


def _joined_ends(i: int, line: int, head: Box, tail: Box) -> list[_End]:
    to_tail, to_head = _middle(tail), _middle(head)
    if head.mark == tail.mark:  # a loop, in the middle of its box
        to_tail, to_head = inf, -inf
    return [_End(i, True, line, head, to_tail), _End(i, False, line, tail, to_head)]


def _flag_reach(x: float, length: float, goes_right: bool, width: float) -> float:
    """Where an arc ends whose other mark stands on another line: towards that, if there is room."""
    if goes_right and x + length > width:
        goes_right = x - length < 0
    elif not goes_right and x - length < 0:
        goes_right = True
    return x + length if goes_right else x - length


def _arc(label: str, ends: Sequence[_End], anchors: Mapping[tuple[int, bool], float], width: float) -> Arc:
    first, last = ends[0], ends[-1]
    x0, x1 = anchors[first.link, first.is_head], anchors[last.link, last.is_head]
    if len(ends) == 1:
        open_end = x0 + first.reach - _middle(first.box)
        x0, x1 = (x0, open_end) if first.is_head else (open_end, x0)
    return Arc(
        *(first.link, x0, x1, first.is_head, not last.is_head, label, (x0 + x1) / 2, width),
        head_row=first.box.row,
        tail_row=last.box.row,
    )


def _name(picture: Picture, mark: int) -> str:
    text = " ".join(picture.text[picture.marks[mark].start : picture.marks[mark].end].split())
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"


def _middle(box: Box) -> float:
    return (box.x0 + box.x1) / 2


def _anchors(ends: Sequence[_End]) -> dict[tuple[int, bool], float]:
    """Set ends side by side so that arcs at one box don't cross: those to the left at the left, and of each
    side the farthest in the middle, because it is the highest.

    RETURNS (Dict[Tuple[int, bool], float]): Link and whether it is its head -> the place.
    """
    boxes: dict[int, list[_End]] = defaultdict(list)
    for end in ends:
        boxes[end.box.mark].append(end)
    anchors = {}
    for own in boxes.values():
        box = own[0].box
        middle = _middle(box)
        left = sorted((e for e in own if e.reach < middle), key=lambda e: (-e.reach, e.link))
        right = sorted((e for e in own if e.reach >= middle), key=lambda e: (-e.reach, -e.link))
        step = min(ANCHOR_STEP, (box.x1 - box.x0) / (len(own) + 1))
        for k, end in enumerate([*left, *right]):
            anchors[end.link, end.is_head] = middle + (k - (len(own) - 1) / 2) * step
    return anchors


def _levels(arcs: Sequence[Arc]) -> list[Arc]:
    """Short arcs low, each on the lowest level that has room for it."""
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for arc in sorted(arcs, key=lambda arc: (round(abs(arc.x1 - arc.x0)), arc.link, arc.has_tail)):
        left, right = arc.extent
        free = (
            n for n, level in enumerate(taken) if all(right + CLEAR < a or b + CLEAR < left for a, b in level)
        )
        n = next(free, len(taken))
        if n == len(taken):
            taken.append([])
        taken[n].append((left, right))
        placed.append(arc._replace(level=n))
    return placed


def _clear_labels(arcs: list[Arc]) -> list[Arc]:
    """Shift labels along their arcs, so that higher arcs don't come down through them."""
    return [
        arc._replace(
            label_x=_clear_place(arc, [x for other in arcs if other.level > arc.level for x in other.legs])
        )
        for arc in arcs
    ]


def _clear_place(arc: Arc, legs: list[float]) -> float:
    """RETURNS (float): The free place that is nearest to the middle; the middle if there is none."""
    half = arc.label_width / 2 + 3
    low, high = min(arc.x0, arc.x1) + half, max(arc.x0, arc.x1) - half
    middle = arc.label_x
    if low > high:
        return middle
    edges = (x + side for x in legs for side in (-half, half))
    places = [
        x for x in (middle, *edges) if low <= x <= high and all(abs(x - leg) >= half - 0.01 for leg in legs)
    ]
    return min(places, key=lambda x: (abs(x - middle), x), default=middle)
