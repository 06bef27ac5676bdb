"""Colours: displaCy's for entity labels, and lines that can be told apart on light and on dark ground."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spacy.displacy.render import DEFAULT_LABEL_COLORS
from spacy.util import registry

# Names of data sets that displaCy does not know, as what they are called there.
ALIASES = {"PER": "PERSON", "MISC": "WORK_OF_ART", "OTHER": "WORK_OF_ART"}
PALETTE = (
    *("#bfdbfe", "#bbf7d0", "#fde68a", "#fecaca", "#ddd6fe", "#99f6e4"),
    *("#fed7aa", "#f5d0fe", "#d9f99d", "#bae6fd", "#fbcfe8", "#e2e8f0"),
)
LINES = ("#2563eb", "#c2410c", "#0d9488", "#9333ea", "#4d8b0f", "#db2777", "#b7791f", "#64748b")
STATUS = {"right": "#16a34a", "wrong": "#dc2626", "missed": "#d97706"}
HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}\b")


class Colors:
    """Looks up colours: the option `colors`, spaCy's registry `displacy_colors`, displaCy's own, a palette.

    options (Mapping[str, Any]): `colors`, for labels of entities and of relations.
    marks (Iterable[str]): All labels of marks in a set of pictures.
    links (Iterable[str]): All labels of links.
    """

    def __init__(
        self, options: Mapping[str, Any], marks: Iterable[str] = (), links: Iterable[str] = ()
    ) -> None:
        known = dict(DEFAULT_LABEL_COLORS)
        for entry in registry.displacy_colors.get_all().values():
            known.update(entry() if callable(entry) else entry)
        known.update({name: known[other] for name, other in ALIASES.items()})
        given = {label.upper(): str(color) for label, color in options.get("colors", {}).items()}
        self.marks = _assign(marks, {**_upper(known), **given}, PALETTE)
        self.links = _assign(links, given, LINES)

    def of_mark(self, label: str) -> str:
        """RETURNS (str): The ground of a box; of a gradient, which SVG does not know, the first colour."""
        color = self.marks[label]
        found = HEX.search(color)
        return found.group() if found and "gradient" in color else color

    def of_link(self, label: str, status: str = "") -> str:
        """RETURNS (str): The line of an arc."""
        return STATUS.get(status) or self.links[label]


def _assign(labels: Iterable[str], known: Mapping[str, str], palette: Sequence[str]) -> dict[str, str]:
    """The palette's colours go by the label's checksum, so that a label tends to look the same in all
    pictures; the next one is taken if more labels of this set have that one already."""
    colors: dict[str, str] = {}
    for label in sorted(set(labels)):
        start = zlib.crc32(label.encode("utf8", "replace"))
        ring = [palette[(start + k) % len(palette)] for k in range(len(palette))]
        taken = list(colors.values())
        colors[label] = known.get(label.upper()) or min(ring, key=taken.count)
    return colors


def _upper(colors: Mapping[str, Any]) -> dict[str, str]:
    return {label.upper(): str(color) for label, color in colors.items()}


def text_on(color: str) -> str:
    """RETURNS (str): Black or white, whichever can be read on a colour."""
    if not HEX.fullmatch(color):
        return "#000"
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return "#000" if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else "#fff"
