"""Joining tables to Docs: captions by image, recorded chains of thought by image and text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc

from ..errors import CotnerError
from .images import SUFFIXES, image_key
from .jsonl import ID_FIELDS, read_cot
from .lines import fail, parse_record, read_lines, read_records
from .repairs import Repairs

# What copies of one text differ in: white space, zero-width characters, variation selectors.
INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+")
CAPTION_LINE = re.compile(rf"(\S+?(?:{'|'.join(map(re.escape, SUFFIXES))}))\s*[:\t]\s*(.*)", re.IGNORECASE)
NOT_GRAINS = {"id", "text", "tokens", "image", *ID_FIELDS, "caption", "relations", "spans", "cot", "answer"}


def text_key(text: str) -> str:
    """What stays of a text when everything invisible is taken out: tokenizers and exports disagree about it.

    text (str): A text.
    RETURNS (str): Its key.
    """
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


@dataclass
class Row:
    """One row of a table.

    place (str): Where it stands.
    cells (Dict[str, str]): What it says: grain -> explanation.
    matched (bool): Whether any Doc took it.
    """

    place: str
    cells: dict[str, str]
    matched: bool = False


@dataclass
class Coverage:
    """How much of a table was used.

    n_rows (int): Rows of the table.
    n_unmatched (int): Rows that belong to no Doc.
    examples (List[str]): The first of those, as "file:line".
    """

    n_rows: int
    n_unmatched: int
    examples: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Coverage:
        """RETURNS (Coverage): The coverage of these rows."""
        rows = list(rows)
        unmatched = [row.place for row in rows if not row.matched]
        return cls(len(rows), len(unmatched), unmatched[:3])


class Captions:
    """Captions by image.

    path (Path): JSONL with `image` (or `image_id`) and `caption`, or lines like "17_06_1.jpg: a man".
    repairs (Repairs): Counts images with several captions.
    """

    def __init__(self, path: Path, repairs: Repairs) -> None:
        self.rows: dict[str, Row] = {}
        for text, place in read_lines(path):
            if not text.strip():
                continue
            image, caption = _read_caption(text, place, repairs)
            row = self.rows.setdefault(image_key(image), Row(place, {"caption": caption}))
            if row.cells["caption"] != caption:
                repairs.add("dropped: second caption of an image", place)
        if not self.rows:
            raise CotnerError(f"{path}: no captions in this file")

    def add_to(self, doc: Doc) -> None:
        """Give a Doc its caption; one that it has already stays.

        doc (Doc): The Doc.
        """
        row = self.rows.get(image_key(doc._.image))
        if doc._.image and row:
            row.matched = True
            doc._.caption = doc._.caption or row.cells["caption"] or None

    def coverage(self) -> Coverage:
        """RETURNS (Coverage): How much of the table was used."""
        return Coverage.of(self.rows.values())


def _read_caption(text: str, place: str, repairs: Repairs) -> tuple[str, str]:
    plain = CAPTION_LINE.fullmatch(text)
    if plain and not text.startswith("{"):
        return plain[1], plain[2].strip()
    record = parse_record(text, place, repairs)
    names = (record.get(name) for name in ("image", *ID_FIELDS))
    image = next((str(name) for name in names if name is not None), "")
    if not image or not isinstance(record.get("caption"), str):
        fail(place, "expected the fields 'image' and 'caption', both strings")
    return image, record["caption"].strip()


class RecordedCot:
    """Recorded chains of thought by image and text, from any number of files.

    paths (Iterable[Path]): JSONL files. A row names its text, its image or both; every other field with a
        string is an explanation.
    grains (Optional[Mapping[str, str]]): Fields that hold an explanation -> name of the grain; None for all.
    repairs (Repairs): Counts what is mended.
    """

    def __init__(self, paths: Iterable[Path], grains: Mapping[str, str] | None, repairs: Repairs) -> None:
        self.repairs = repairs
        self.rows: dict[tuple[str, str], Row] = {}
        self.by_text: dict[str, Row] = {}
        for path in paths:
            if not self._read(path, grains):
                wanted = f" in the fields {', '.join(grains)}" if grains else ""
                raise CotnerError(f"{path}: no explanations{wanted} in this file")

    def _read(self, path: Path, grains: Mapping[str, str] | None) -> int:
        n_explained = 0
        for record, place in read_records(path, self.repairs):
            fields = {name: name for name in record if name not in NOT_GRAINS} if grains is None else grains
            cells = read_cot(record, fields, place)
            if not cells:
                self.repairs.add("noted: row without an explanation", place)
                continue
            key = _row_key(record, place)
            if not any(key):
                self.repairs.add("dropped: row with an empty text and no image", place)
                continue
            row = self.rows.setdefault(key, Row(place, {}))
            for grain, text in cells.items():
                if row.cells.setdefault(grain, text) != text:
                    self.repairs.add(
                        f"dropped: second {grain!r} explanation of the same text and image", place
                    )
            if key[1]:
                self.by_text.setdefault(key[1], row)
            n_explained += 1
        return n_explained

    def add_to(self, doc: Doc) -> None:
        """Give a Doc its explanations. Rows with the same text and image come first, then rows that name only
        one of them, then rows with the same text beside another image; what the Doc has already stays.

        doc (Doc): The Doc.
        """
        image, text = image_key(doc._.image), text_key(doc.text)
        keys = [(image, text), ("", text), *([(image, "")] if image else [])]
        rows = [self.rows[key] for key in keys if key in self.rows]
        if not rows and text in self.by_text:
            rows = [self.by_text[text]]
            if image:
                self.repairs.add("noted: explanation of the same text beside another image", rows[0].place)
        cot: dict[str, str] = {}
        for row in rows:
            row.matched = True
            cot = {**row.cells, **cot}
        if cot:
            doc._.cot = {**cot, **doc._.cot}

    def coverage(self) -> Coverage:
        """RETURNS (Coverage): How much of the tables was used."""
        return Coverage.of(self.rows.values())


def _row_key(record: dict[str, object], place: str) -> tuple[str, str]:
    names = (record.get(name) for name in ("image", *ID_FIELDS))
    image = next((str(name) for name in names if name is not None), "")
    text, tokens = record.get("text"), record.get("tokens")
    if text is None and isinstance(tokens, list):
        text = " ".join(map(str, tokens))
    if not image and not isinstance(text, str):
        fail(place, "expected a row with 'text', 'image' or both, to know where it belongs")
    return image_key(image), text_key(text) if isinstance(text, str) else ""
