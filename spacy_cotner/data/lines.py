"""Lines of text files and the records on them, each with its place for error messages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ..errors import CotnerError
from .repairs import Repairs

MAX_MESSAGE = 300  # a broken line can be long, its message should not be
SURROGATE = re.compile(r"[\ud800-\udfff]")


class Line(NamedTuple):
    """One line of a file.

    text (str): The line without its end.
    place (str): "file:line", for messages.
    """

    text: str
    place: str


def fail(place: str, what: str) -> NoReturn:
    """Stop at a broken place.

    place (str): "file:line" or "file".
    what (str): What is wrong and what was expected.
    RAISES (CotnerError): Always.
    """
    what = what if len(what) <= MAX_MESSAGE else f"{what[: MAX_MESSAGE - 1]}…"
    raise CotnerError(f"{place}: {what}")


def read_lines(path: Path) -> Iterator[Line]:
    """Read a UTF-8 file. A byte order mark and Windows line ends are taken off; only a line feed ends a
    line, because tweets contain the other characters that `str.splitlines` breaks at.

    path (Path): The file.
    YIELDS (Line): Its lines.
    RAISES (CotnerError): If it cannot be read or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                place = f"{path}:{number}"
                yield Line(_decode(raw, place, is_first=number == 1), place)
    except OSError as error:
        raise CotnerError(f"{path}: cannot read this file ({error.strerror or error})") from None


def _decode(raw: bytes, place: str, *, is_first: bool) -> str:
    try:
        text = raw.decode("utf-8-sig" if is_first else "utf-8")
    except UnicodeDecodeError as error:
        fail(
            place,
            f"not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start + 1}): convert it to UTF-8",
        )
    return text.rstrip("\r\n")


def read_records(
    path: Path, repairs: Repairs, *, literals: bool = False
) -> Iterator[tuple[dict[str, Any], str]]:
    """Read one record a line; blank lines are passed over.

    path (Path): The file.
    repairs (Repairs): Counts what is mended.
    literals (bool): Accept Python literals as well as JSON.
    YIELDS (Tuple[Dict[str, Any], str]): The record and its place.
    RAISES (CotnerError): If a line is not a record.
    """
    for text, place in read_lines(path):
        if text.strip():
            yield parse_record(text, place, repairs, literals=literals), place


def parse_record(text: str, place: str, repairs: Repairs, *, literals: bool = False) -> dict[str, Any]:
    """Parse one line.

    text (str): The line.
    place (str): Where it stands.
    repairs (Repairs): Counts what is mended.
    literals (bool): Accept Python literals as well as JSON.
    RETURNS (Dict[str, Any]): The record.
    RAISES (CotnerError): If it is neither.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not literals:
            fail(place, f"not a JSON object on one line ({error})")
        record = _parse_literal(text, place)
    if not isinstance(record, dict):
        fail(place, f"expected an object with named fields on each line, found a {type(record).__name__}")
    # Half an emoji, written as an escape: legal JSON, but no Doc can hold it.
    mended = _without_surrogates(record) if "\\u" in text else record
    if mended != record:
        repairs.add("repaired: half a surrogate pair replaced by U+FFFD", place)
    return mended


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(v) for v in value]
    return SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


def _parse_literal(text: str, place: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        fail(place, f"neither JSON nor a Python literal ({reason})")
