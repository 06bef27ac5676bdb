"""Docs to a file, in the format that its suffix names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from spacy.tokens import Doc

from ..errors import CotnerError
from .graph import to_graphml
from .jsonl import to_record
from .rdf import NAMESPACE, to_rdf
from .table import COLUMNS, iter_rows

FORMATS = ("jsonl", "csv", "graphml", "ttl")


def to_text(docs: Iterable[Doc], format: str, *, namespace: str = NAMESPACE, merge: bool = True) -> str:
    """Write Docs in one of the formats.

    docs (Iterable[Doc]): The Docs.
    format (str): "jsonl" (what `cotner convert` reads), "csv" (a row a relation), "graphml" or "ttl".
    namespace (str): Of RDF, see `to_rdf`.
    merge (bool): Of graphs and RDF: whether mentions with the same text and label are one entity.
    RETURNS (str): The content of the file.
    RAISES (CotnerError): If the format is unknown or its extra is not installed.
    """
    writers: dict[str, Callable[[], str]] = {
        "jsonl": lambda: _jsonl(docs),
        "csv": lambda: _csv(docs),
        "graphml": lambda: to_graphml(docs, merge=merge),
        "ttl": lambda: to_rdf(docs, namespace=namespace, merge=merge).serialize(format="turtle"),
    }
    if format not in writers:
        raise CotnerError(f"unknown format {format!r}: choose {', '.join(FORMATS)}")
    return writers[format]()


def format_of(path: Path, format: str | None) -> str:
    """RETURNS (str): The format that was asked for, else the one that the suffix names.
    RAISES (CotnerError): If it is none of ours."""
    chosen = format or path.suffix.removeprefix(".")
    if chosen not in FORMATS:
        raise CotnerError(f"{path}: {chosen!r} is no format to export to: choose {', '.join(FORMATS)}")
    return chosen


def _jsonl(docs: Iterable[Doc]) -> str:
    return "".join(f"{json.dumps(to_record(doc), ensure_ascii=False)}\n" for doc in docs)


def _csv(docs: Iterable[Doc]) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(iter_rows(docs))
    return file.getvalue()
