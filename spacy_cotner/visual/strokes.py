"""The lines of an arc, as SVG path data: up from one mark, along its level, down to the other."""

from __future__ import annotations

from collections.abc import Iterable

from .arcs import CORNER, Arc
from .markup import number

LEVEL = 21.0  # between two levels of arcs
ABOVE = 18.0  # from the top of a box to the lowest level
TOP, TEXT, ROW = 17.0, 6.0, 13.0  # of a box: above the base line, below it, and a row of labels
NEST = 3.0  # an outer box is so much taller
ARROW = 4.0  # half the width of an arrowhead


def box_top(base: float, row: int) -> float:
    """RETURNS (float): Where a box begins, above the base line of its text."""
    return base - TOP - row * NEST


def level_height(base: float, level: int) -> float:
    """RETURNS (float): Where the arcs of a level run."""
    return base - TOP - ABOVE - level * LEVEL


def arc_line(arc: Arc, arcs: Iterable[Arc], base: float) -> str:
    """Draw an arc without its ends.

    arc (Arc): The arc.
    arcs (Iterable[Arc]): All arcs of the line: this one passes behind the labels of lower ones.
    base (float): The base line of the text.
    RETURNS (str): Path data.
    """
    y = level_height(base, arc.level)
    labels = [(*_label_box(a), level_height(base, a.level)) for a in arcs if a.level < arc.level]
    side = 1 if arc.x1 >= arc.x0 else -1
    corner = min(CORNER, abs(arc.x1 - arc.x0) / 2)
    if arc.has_head:
        path = _leg(arc.x0, box_top(base, arc.head_row), y + corner, labels)
        path += f" Q{_at(arc.x0, y)} {_at(arc.x0 + side * corner, y)}"
    else:
        path = f"M{_at(arc.x0, y)}"
    if not arc.has_tail:
        return f"{path} L{_at(arc.x1, y)}"
    down = _leg(arc.x1, y + corner, box_top(base, arc.tail_row) - ARROW, labels)
    turn = f"L{_at(arc.x1 - side * corner, y)} Q{_at(arc.x1, y)} {_at(arc.x1, y + corner)}"
    return f"{path} {turn} {down.replace('M', 'L', 1)}"


def arrowhead(arc: Arc, base: float) -> str:
    """RETURNS (str): Path data of the arrowhead, its point on the box that the arc leads to."""
    y = box_top(base, arc.tail_row) + 1
    points = (_at(arc.x1, y), _at(arc.x1 - ARROW, y - 7), _at(arc.x1 + ARROW, y - 7))
    return f"M{' L'.join(points)}Z"


def _leg(x: float, start: float, end: float, labels: Iterable[tuple[float, float, float]]) -> str:
    """A vertical line with gaps where labels are in the way."""
    upwards = start > end
    path = f"M{_at(x, start)} "
    for y in sorted((y for left, right, y in labels if left < x < right), reverse=upwards):
        near, far = (y - 2, y - 14) if upwards else (y - 14, y - 2)
        path += f"L{_at(x, near)} M{_at(x, far)} "
    return path + f"L{_at(x, end)}"


def _label_box(arc: Arc) -> tuple[float, float]:
    half = arc.label_width / 2 + 2
    return arc.label_x - half, arc.label_x + half


def _at(x: float, y: float) -> str:
    return f"{number(x)},{number(y)}"
