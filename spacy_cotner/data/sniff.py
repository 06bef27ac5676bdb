"""Which format a file is in, by its first line with content."""

from __future__ import annotations

from pathlib import Path

from ..errors import CotnerError
from .conll import IMAGE_LINE, split_columns
from .lines import Line, fail, parse_record, read_lines
from .repairs import Repairs
from .tags import TAG

FORMATS = ("conll", "mnre", "jsonl")


def sniff_format(path: Path) -> str:
    """Find out the format of a file.

    path (Path): The file.
    RETURNS (str): One of FORMATS.
    RAISES (CotnerError): If the file is empty or in no known format.
    """
    first = next((line for line in read_lines(path) if line.text.strip()), None)
    if first is None:
        raise CotnerError(f"{path}: this file is empty")
    if IMAGE_LINE.match(first.text) or first.text.startswith("-DOCSTART-") or _has_tag(first):
        return "conll"
    if first.text.lstrip().startswith("{"):
        return _sniff_record(first, path)
    return fail(
        first.place, f"cannot tell the format of this line, name it with --format ({', '.join(FORMATS)})"
    )


def _has_tag(line: Line) -> bool:
    try:
        return bool(TAG.fullmatch(split_columns(line)[1]))
    except CotnerError:
        return False


def _sniff_record(line: Line, path: Path) -> str:
    try:
        record = parse_record(line.text, line.place, Repairs(), literals=True)
    except CotnerError:  # broken: let the likely reader say what is wrong
        return "jsonl" if path.suffix in (".jsonl", ".json") else "mnre"
    return "mnre" if {"h", "t", "relation"} & record.keys() and "token" in record else "jsonl"
