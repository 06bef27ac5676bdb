"""Docs as the JSONL records that `cotner convert` reads: all but the confidence of entities comes back."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc, Span

from ..types import has_relations


def to_record(doc: Doc) -> dict[str, Any]:
    """Write a Doc as one record. A field that is absent says "not annotated", an empty list "there are none".

    doc (Doc): The Doc.
    RETURNS (Dict[str, Any]): `text`, `tokens`, and as far as there are any `spans` (characters), `relations`
        (`head` and `tail` are positions in `spans`, or a span of their own), `image`, `caption`, `cot`, `id`.
    """
    record: dict[str, Any] = {"text": doc.text, "tokens": [token.text for token in doc if not token.is_space]}
    if doc.has_unknown_spaces:
        record.pop("text")  # nobody wrote it: the words are all there is
        record["tokens"] = [token.text for token in doc]
    if "id" in doc.user_data:
        record = {"id": str(doc.user_data["id"]), **record}
    ents = list(doc.ents)
    if doc.has_annotation("ENT_IOB"):
        record["spans"] = [_span(ent) for ent in ents]
    if has_relations(doc):
        record.update(_relations(doc, ents if "spans" in record else []))
    for name in ("image", "caption", "cot"):
        if getattr(doc._, name):
            record[name] = getattr(doc._, name)
    return record


def _relations(doc: Doc, ents: list[Span]) -> dict[str, Any]:
    where = {_key(ent): i for i, ent in enumerate(ents)}
    rows = [
        {
            "head": where.get(_key(relation.head), _span(relation.head)),
            "tail": where.get(_key(relation.tail), _span(relation.tail)),
            "label": relation.label,
            "score": relation.score,
        }
        for relation in doc._.relations
    ]
    return {"relations": rows, **({} if doc._.relations_complete else {"relations_complete": False})}


def _key(span: Span) -> tuple[int, int, str]:
    return span.start_char, span.end_char, span.label_


def _span(span: Span) -> dict[str, Any]:
    confidence = span._.confidence
    known = {} if confidence is None else {"confidence": confidence}
    return {"start": span.start_char, "end": span.end_char, "label": span.label_, **known}
