"""Relations as rows: `pandas.DataFrame(to_rows(docs))`, a CSV file, a database table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spacy.tokens import Doc, Span

from .names import named

COLUMNS = (
    "doc",
    *("head", "head_label", "head_start", "head_end"),
    "label",
    *("tail", "tail_label", "tail_start", "tail_end"),
    "score",
    "text",
)


def to_rows(docs: Doc | Iterable[Doc]) -> list[dict[str, Any]]:
    """Make a row of each relation, with the same columns in all of them.

    docs (Union[Doc, Iterable[Doc]]): One Doc or many.
    RETURNS (List[Dict[str, Any]]): `doc` (id or number), `head`, `head_label`, `head_start`, `head_end`
        (characters), `label`, the same for `tail`, `score`, and the whole `text`. Pairs that are annotated as
        "None" are there under this label.
    """
    return list(iter_rows(docs))


def iter_rows(docs: Doc | Iterable[Doc]) -> Iterator[dict[str, Any]]:
    """YIELDS (Dict[str, Any]): The rows of `to_rows`, one after the other."""
    for name, doc in named(docs):
        for relation in doc._.relations:
            head, tail = _end("head", relation.head), _end("tail", relation.tail)
            row = {"doc": name, **head, "label": relation.label, **tail, "score": relation.score}
            yield {**row, "text": doc.text}


def _end(name: str, span: Span) -> dict[str, Any]:
    return {
        name: span.text,
        f"{name}_label": span.label_,
        f"{name}_start": span.start_char,
        f"{name}_end": span.end_char,
    }
