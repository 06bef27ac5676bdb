"""JSONL: one text a line, with spans, relations, image, caption and chain of thought; Prodigy's names too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..types import GRAINS
from .ents import set_ents
from .images import Images
from .lines import fail, read_records
from .relations import read_relations
from .repairs import Repairs
from .spans import SpanReader
from .words import Words, check_words, make_words_doc

# Fields of a record that hold an explanation, and the grain that each becomes.
GRAIN_FIELDS: Mapping[str, str] = {name: name for name in (*GRAINS, "knowledge")}
ID_FIELDS = ("image_id", "img_id")


def read_jsonl(
    path: Path,
    nlp: Language,
    repairs: Repairs,
    images: Images,
    *,
    grains: Mapping[str, str] = GRAIN_FIELDS,
    spans_key: str | None = None,
) -> Iterator[Doc]:
    """Read a JSONL file. A field that is absent says "not annotated"; an empty list says "there are none".

    path (Path): The file.
    nlp (Language): Tokenizes texts that come without tokens.
    repairs (Repairs): Counts what is mended.
    images (Images): Finds pictures.
    grains (Mapping[str, str]): Fields that hold an explanation -> name of the grain.
    spans_key (Optional[str]): Keep the spans in this group of `doc.spans`, where they may overlap, instead of
        in `doc.ents`.
    YIELDS (Doc): The Docs.
    RAISES (CotnerError): If a line is not in the format.
    """
    for record, place in read_records(path, repairs):
        if record.get("answer", "accept") != "accept":
            repairs.add(f"skipped: answer is {record['answer']!r}", place)
            continue
        words = read_words(record, nlp, repairs, place)
        if not words.doc.text.strip():
            repairs.add("dropped: empty text", place)
            continue
        annotate(words, record, repairs, place, spans_key)
        add_context(words.doc, record, images, place, grains)
        yield words.doc


def read_words(record: dict[str, Any], nlp: Language, repairs: Repairs, place: str) -> Words:
    """Make the Doc: from the text, from the tokens (strings, or Prodigy's objects), or from both.

    record (Dict[str, Any]): The record.
    nlp (Language): Tokenizes the text if there are no tokens.
    repairs (Repairs): Counts what is mended.
    place (str): Where the record stands.
    RETURNS (Words): The Doc, and where its given tokens went.
    RAISES (CotnerError): If there is neither text nor tokens.
    """
    text, tokens = record.get("text"), record.get("tokens")
    if not isinstance(text, str | None):
        fail(place, f"the field 'text' must be a string, found {text!r}")
    if tokens is not None:
        if isinstance(tokens, list) and all(isinstance(token, dict) for token in tokens):
            tokens = [token.get("text") for token in tokens]
        return make_words_doc(nlp.vocab, check_words(tokens, place), repairs, place, text)
    if text is None:
        fail(place, "neither 'text' nor 'tokens' in this record")
    if len(text) > nlp.max_length:
        fail(
            place, f"a text of {len(text):,} characters, more than spaCy takes ({nlp.max_length:,}): split it"
        )
    doc = nlp.make_doc(text)
    return Words(doc, list(range(len(doc))))


def annotate(
    words: Words, record: dict[str, Any], repairs: Repairs, place: str, spans_key: str | None = None
) -> None:
    """Set entities, or a group of spans, and relations.

    words (Words): The Doc, and where its given tokens went.
    record (Dict[str, Any]): The record.
    repairs (Repairs): Counts what is mended.
    place (str): Where the record stands.
    spans_key (Optional[str]): The group of spans, None for entities.
    RAISES (CotnerError): If they are not in the format.
    """
    reader = SpanReader(words, repairs, place)
    values = record.get("spans")
    spans = reader.read_all([] if values is None else values)
    if spans_key is not None and values is not None:
        words.doc.spans[spans_key] = [span for span in spans if span is not None]
    if values is None or spans_key is not None:
        words.doc.set_ents([], default="missing")
    else:
        set_ents(words.doc, [span for span in spans if span is not None], repairs, place)
    if record.get("relations") is not None:
        words.doc._.relations = read_relations(record["relations"], spans, reader)
        if record.get("relations_complete") is False:
            words.doc._.relations_complete = False


def add_context(
    doc: Doc, record: dict[str, Any], images: Images, place: str, grains: Mapping[str, str]
) -> None:
    """Set image, caption, chain of thought and id.

    doc (Doc): The Doc.
    record (Dict[str, Any]): The record.
    images (Images): Finds pictures.
    place (str): Where the record stands.
    grains (Mapping[str, str]): Fields that hold an explanation -> name of the grain.
    RAISES (CotnerError): If one of them has the wrong type.
    """
    if record.get("image"):
        doc._.image = images.resolve(record["image"], place, is_id=False)
    else:
        name = next((record[field] for field in ID_FIELDS if record.get(field) is not None), None)
        doc._.image = images.resolve(name, place)
    caption = record.get("caption")
    if not isinstance(caption, str | None):
        fail(place, f"the field 'caption' must be a string, found {caption!r}")
    doc._.caption = caption or None
    cot = read_cot(record, grains, place)
    if cot:
        doc._.cot = cot
    if record.get("id") is not None:
        doc.user_data["id"] = str(record["id"])


def read_cot(record: dict[str, Any], grains: Mapping[str, str], place: str) -> dict[str, str]:
    """Collect the explanations of a record: the object `cot`, and fields named after grains.

    record (Dict[str, Any]): The record.
    grains (Mapping[str, str]): Fields that hold an explanation -> name of the grain.
    place (str): Where the record stands.
    RETURNS (Dict[str, str]): Grain -> explanation, without empty ones.
    RAISES (CotnerError): If the field `cot` is not an object of strings.
    """
    given = record.get("cot")
    if given is None:
        given = {}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        fail(place, "the field 'cot' must be an object: grain -> explanation")
    fields = {name: record[field] for field, name in grains.items() if isinstance(record.get(field), str)}
    return {grain: text for grain, text in {**fields, **given}.items() if text.strip()}
