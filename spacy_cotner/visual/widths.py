"""How wide a text will be, without a browser to ask.

Nobody knows which font the reader has. Widths are those of Helvetica, which common fonts come close to; the
SVG then states them (`textLength`), so that the reader's own font is fitted to the layout.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Advance widths in thousandths of the font size (Helvetica's, as its AFM file has them).
ADVANCES = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft’‘·",
    333: "()-`r“”",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu–",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "—…→",
    1015: "@",
}
ADVANCE = {char: width / 1000 for width, chars in ADVANCES.items() for char in chars}
EMOJI = 1.25
BOLD = 1.07
JOINER = "\u200d"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Estimate the width of a text.

    text (str): The text.
    size (float): The font size.
    bold (bool): Whether it is bold.
    RETURNS (float): The width, in the unit of the size.
    """
    return sum(_advances(text)) * size * (BOLD if bold else 1.0)


def _advances(text: str) -> Iterator[float]:
    """One number a character; what joins an emoji before it takes no room."""
    last, flags = "", 0
    for char in text:
        is_flag = "\U0001f1e6" <= char <= "\U0001f1ff"  # two letters are one flag
        flags = flags + 1 if is_flag else 0
        joined = last == JOINER and unicodedata.category(char) == "So"
        is_skin = "\U0001f3fb" <= char <= "\U0001f3ff"
        yield 0.0 if joined or is_skin else EMOJI * (flags % 2) if is_flag else _advance(char)
        last = char


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    if char in ADVANCE:
        return ADVANCE[char]
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf", "Cc"):
        return 0.0
    if is_wide(char):
        return EMOJI if category == "So" else 1.0
    if category == "So":
        return 1.0
    base = unicodedata.normalize("NFD", char)[0]  # é is as wide as e
    return ADVANCE.get(base, 0.66 if category == "Lu" else 0.57)


def is_wide(char: str) -> bool:
    """RETURNS (bool): Whether a character fills a square, as Chinese ones and emoji do."""
    return unicodedata.east_asian_width(char) in ("W", "F")
