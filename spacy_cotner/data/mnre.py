"""The MNRE format: one annotated pair a line, as a Python literal (or JSON)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..types import Relation
from .ents import set_ents
from .images import Images
from .lines import fail, read_records
from .relations import drop_repeated, relation_label
from .repairs import Repairs
from .words import Words, check_words, make_words_doc

TYPED_LABEL = re.compile(r"/([^/]+)/([^/]+)/.+")
UNKNOWN_TYPE = "ENT"  # an entity that occurs in pairs without relation only


class Pair(NamedTuple):
    """One line.

    spans (Tuple[Tuple[int, int], Tuple[int, int]]): Head and tail as token offsets, end excluded.
    label (str): The relation.
    place (str): Where it stands.
    """

    spans: tuple[tuple[int, int], tuple[int, int]]
    label: str
    place: str

    @property
    def types(self) -> tuple[str, str] | None:
        """RETURNS (Optional[Tuple[str, str]]): Types of head and tail, if the relation names them."""
        match = TYPED_LABEL.fullmatch(self.label)
        return (match[1].upper(), match[2].upper()) if match else None


def read_mnre(
    path: Path, vocab: Vocab, repairs: Repairs, images: Images, *, typed: bool = True
) -> Iterator[Doc]:
    """Read a file in the MNRE format. All pairs of a sentence with the same image make one Doc. Its relations
    are only the listed pairs, "None" among them: `Doc._.relations_complete` is False.

    path (Path): The file.
    vocab (Vocab): The vocabulary of the Docs.
    repairs (Repairs): Counts what is mended.
    images (Images): Finds pictures.
    typed (bool): Label entities with the types that relation labels name. The format says nothing else about
        types, so they give the relation away (an entity of unknown type stands in no relation): a model
        that reads entity labels must not be evaluated on them.
    YIELDS (Doc): Docs in the order in which they first occur, with entities, relations and image.
    RAISES (CotnerError): If a line is not in the format.
    """
    groups: dict[tuple[tuple[str, ...], str], list[tuple[dict[str, Any], str]]] = {}
    for record, place in read_records(path, repairs, literals=True):
        key = tuple(check_words(_get(record, "token", place), place))
        groups.setdefault((key, str(record.get("img_id") or "")), []).append((record, place))
    for (tokens, image), records in groups.items():
        place = records[0][1]
        words = make_words_doc(vocab, tokens, repairs, place)
        found = (_read_pair(words, record, place, repairs) for record, place in records)
        pairs = [pair for pair in found if pair is not None]
        if pairs:
            _annotate(words.doc, pairs, repairs, typed)
            words.doc._.image = images.resolve(image, place)
            yield words.doc


def _get(record: dict[str, Any], key: str, place: str) -> Any:
    if key not in record:
        fail(place, f"expected the fields token, h, t and relation; {key!r} is missing")
    return record[key]


def _read_pair(words: Words, record: dict[str, Any], place: str, repairs: Repairs) -> Pair | None:
    label = relation_label(_get(record, "relation", place), place, repairs)
    spans = []
    for key in ("h", "t"):
        entity = _get(record, key, place)
        pos = entity.get("pos") if isinstance(entity, dict) else None
        if not isinstance(pos, (list, tuple)) or len(pos) != 2 or not all(isinstance(i, int) for i in pos):
            fail(
                place,
                f"expected {key!r} to hold 'pos': [first token, token after the last], found {entity!r}",
            )
        spans.append(words.tokens(*pos))
    head, tail = spans
    if head is None or tail is None:
        repairs.add("dropped: pair with an entity outside the sentence", place)
        return None
    return Pair((head, tail), label, place)


def _annotate(doc: Doc, pairs: list[Pair], repairs: Repairs, typed: bool) -> None:
    """Set entities and relations of one Doc."""
    seen: dict[tuple[int, int], Counter[str]] = {}
    for pair in pairs:
        for span, type_ in zip(pair.spans, (typed and pair.types) or ("", ""), strict=True):
            seen.setdefault(span, Counter())
            if type_:
                seen[span][type_] += 1
    ents = {}
    for (start, end), types in seen.items():
        if len(types) > 1:
            repairs.add("noted: entity with different types, the most frequent is kept", pairs[0].place)
        label = types.most_common(1)[0][0] if types else UNKNOWN_TYPE
        ents[start, end] = Span(doc, start, end, label=label)
    set_ents(doc, ents.values(), repairs, pairs[0].place)
    rows = [(Relation(ents[pair.spans[0]], ents[pair.spans[1]], pair.label), pair.place) for pair in pairs]
    doc._.relations = drop_repeated(rows, repairs)
    doc._.relations_complete = False
