"""Drawing one picture as SVG. Arcs end at computed places: no script, no style sheet and no id is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .arcs import Arc, place_arcs
from .colors import STATUS, Colors, text_on
from .layout import Box, Layout, Line, Run, needed_width
from .markup import element, escape, number
from .picture import Link, Mark, Picture
from .pieces import cut, is_rtl
from .strokes import ABOVE, LEVEL, NEST, ROW, TEXT, TOP, arc_line, arrowhead, box_top, level_height

FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
SIZE, LABEL_SIZE, ARC_SIZE = 16.0, 9.5, 11.5
MARGIN = 10.0
SIGNS = {"right": "", "wrong": "✗ ", "missed": "? "}
MISSED_GROUND = "#fffbeb"
DASHES = {"missed": "4 3"}
# Outlines of boxes; the faint one tells nested boxes of one colour apart.
EDGE: dict[str, Any] = {"stroke": "#000", "stroke_opacity": 0.12}
OUTLINES: dict[str, dict[str, Any]] = {
    "wrong": {"stroke": STATUS["wrong"], "stroke_width": 2},
    "missed": {"stroke": STATUS["missed"], "stroke_width": 1.5, "stroke_dasharray": DASHES["missed"]},
}


def draw(pictures: Sequence[Picture], options: Mapping[str, Any]) -> list[Drawing]:
    """Draw texts with their marks and links; a label has one colour in all of them.

    pictures (Sequence[Picture]): The pictures.
    options (Mapping[str, Any]): See `render`.
    RETURNS (List[Drawing]): A drawing of each.
    """
    colors = Colors(
        options,
        [mark.label for picture in pictures for mark in picture.marks],
        [link.label for picture in pictures for link in picture.links],
    )
    return [Drawing(picture, options, colors) for picture in pictures]


class Drawing:
    """One picture, laid out.

    picture (Picture): The picture.
    options (Mapping[str, Any]): See `render`.
    colors (Colors): The colours of its labels.
    """

    def __init__(self, picture: Picture, options: Mapping[str, Any], colors: Colors) -> None:
        self.picture = picture
        self.options = options
        self.colors = colors
        direction = options.get("direction")
        self.rtl = is_rtl(picture.text) if direction is None else direction == "rtl"
        self.layout = self._lay_out(options.get("width"))
        labels = [self._arc_label(link) for link in picture.links]
        self.arcs = place_arcs(picture, self.layout, labels, ARC_SIZE, self.rtl)
        extents = [arc.extent for arcs in self.arcs for arc in arcs]  # labels may stand out beyond the text
        left = min([0.0, *(left for left, _ in extents)])
        right = max([self.layout.width, *(right for _, right in extents)])
        x, y = number(MARGIN - left), MARGIN
        parts = []
        for line, arcs in zip(self.layout.lines, self.arcs, strict=True):
            part, height = self._line(line, arcs)
            parts.append(element("g", part, transform=f"translate({x} {number(y)})"))
            y += height
        self.markup = "".join(parts)
        self.width, self.height = right - left + 2 * MARGIN, y + MARGIN / 2

    def svg(self) -> str:
        """RETURNS (str): The picture as an `<svg>` element."""
        return svg_root(self.markup, self.width, self.height, self.options, self.description())

    def _lay_out(self, width: float | None) -> Layout:
        picture = self.picture
        pieces = cut(picture.text, picture.marks, SIZE, self.rtl)
        arcs = [0] * len(picture.marks)
        for link in picture.links:
            arcs[link.head] += 1
            arcs[link.tail] += 1
        needs = [
            needed_width(self._mark_label(mark), LABEL_SIZE, n)
            for mark, n in zip(picture.marks, arcs, strict=True)
        ]
        inner = None if width is None else width - 2 * MARGIN
        return Layout(pieces, picture.marks, needs, SIZE, inner, self.rtl)

    def _line(self, line: Line, arcs: Sequence[Arc]) -> tuple[str, float]:
        """RETURNS (Tuple[str, float]): Markup of a line and the arcs above it, and its height."""
        rows = max((box.row for box in line.boxes), default=-1) + 1
        levels = max((arc.level for arc in arcs), default=-1) + 1
        base = TOP + rows * NEST + (ABOVE + levels * LEVEL if levels else 0)
        boxes = sorted(line.boxes, key=lambda box: -box.row)
        parts = [
            *(self._arc(arc, arcs, base) for arc in arcs),
            *(self._box(box, base) for box in boxes),
            *(self._run(run, base) for run in line.runs),
            *(self._ends(arc, base) for arc in arcs),
        ]
        return "".join(parts), base + TEXT + max(rows, 0) * ROW + 14

    def _box(self, box: Box, base: float) -> str:
        mark = self.picture.marks[box.mark]
        top = box_top(base, box.row)
        color = self._ground(mark)
        rect = element(
            "rect",
            x=box.x0,
            y=top,
            width=box.x1 - box.x0,
            height=base + TEXT + (box.row + 1) * ROW - top,
            rx=5,
            fill=color,
            **(OUTLINES.get(mark.status) or EDGE),
        )
        label = element(
            "text",
            escape(self._mark_label(mark)),
            x=(box.x0 + box.x1) / 2,
            y=base + TEXT + box.row * ROW + 8,
            text_anchor="middle",
            font_size=LABEL_SIZE,
            font_weight="bold",
            fill=text_on(color),
            opacity=0.75,
        )
        return element("g", element("title", escape(self._mark_tip(mark))) + rect + label * box.is_main)

    def _run(self, run: Run, base: float) -> str:
        return element(
            "text",
            escape(run.text),
            x=run.x + run.width / 2,
            y=base,
            text_anchor="middle",
            direction="rtl" if run.rtl else None,
            textLength=run.width,
            lengthAdjust="spacingAndGlyphs",
            font_size=SIZE,
            fill="currentColor" if run.mark is None else text_on(self._ground(self.picture.marks[run.mark])),
            pointer_events=None if run.mark is None else "none",  # the box below has the tooltip
        )

    def _arc(self, arc: Arc, arcs: Iterable[Arc], base: float) -> str:
        link = self.picture.links[arc.link]
        line = element(
            "path",
            d=arc_line(arc, arcs, base),
            fill="none",
            stroke=self.colors.of_link(link.label, link.status),
            stroke_width=1.5,
            stroke_dasharray=DASHES.get(link.status),
        )
        label = element(
            "text",
            escape(arc.label),
            x=arc.label_x,
            y=level_height(base, arc.level) - 4,
            text_anchor="middle",
            font_size=ARC_SIZE,
            fill="currentColor",
            textLength=arc.label_width,
            lengthAdjust="spacingAndGlyphs",
        )
        return element("g", element("title", escape(self._link_tip(link))) + line + label)

    def _ends(self, arc: Arc, base: float) -> str:
        """A dot where the arc begins, an arrowhead where it ends; drawn above the boxes."""
        link = self.picture.links[arc.link]
        color = self.colors.of_link(link.label, link.status)
        parts = ""
        if arc.has_head:
            parts += element("circle", cx=arc.x0, cy=box_top(base, arc.head_row), r=2.2, fill=color)
        if arc.has_tail:
            parts += element("path", d=arrowhead(arc, base), fill=color)
        return parts

    def _ground(self, mark: Mark) -> str:
        return MISSED_GROUND if mark.status == "missed" else self.colors.of_mark(mark.label)

    def _mark_label(self, mark: Mark) -> str:
        return f"{SIGNS.get(mark.status, '')}{mark.label}"

    def _arc_label(self, link: Link) -> str:
        score = f" {link.score:.2f}" if self.options.get("scores") and link.score is not None else ""
        return f"{SIGNS.get(link.status, '')}{link.label}{score}"

    def _mark_tip(self, mark: Mark) -> str:
        score = "" if mark.score is None else f" {mark.score:.3f}"
        return f"{self._text(mark)} ({mark.label}{score}){_said(mark.status)}"

    def _link_tip(self, link: Link) -> str:
        head, tail = (self._text(self.picture.marks[i]) for i in (link.head, link.tail))
        score = "" if link.score is None else f" ({link.score:.3f})"
        return f"{head} — {link.label}{score} → {tail}{_said(link.status)}"

    def _text(self, mark: Mark) -> str:
        return " ".join(self.picture.text[mark.start : mark.end].split())

    def description(self) -> str:
        """For those who cannot see the picture."""
        tips = (self._link_tip(link) for link in self.picture.links)
        return f"{self.picture.text.strip()} | {'; '.join(tips) or 'no relations'}"


def svg_root(content: str, width: float, height: float, options: Mapping[str, Any], description: str) -> str:
    """Write the outermost element. Height and `max-width: none` are needed in notebooks, as in displaCy.

    content (str): Its markup.
    width (float): In pixels.
    height (float): In pixels.
    options (Mapping[str, Any]): `color`, `bg` and `font`.
    description (str): For those who cannot see it, not yet escaped.
    RETURNS (str): An `<svg>` element.
    """
    style = {
        "max-width": "none",
        "height": f"{number(height)}px",
        "color": options.get("color"),
        "background": options.get("bg"),
        "font-family": options.get("font") or FONT,
    }
    return element(
        "svg",
        content or " ",
        xmlns="http://www.w3.org/2000/svg",
        class_="cotner",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        style="; ".join(f"{key}: {value}" for key, value in style.items() if value),
        role="img",
        aria_label=description,
    )


def _said(status: str) -> str:
    return f", {status}" if status else ""
