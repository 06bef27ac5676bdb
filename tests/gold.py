"""Annotated texts that tests of several folders train and score on."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

COT = {"noun": "Ada Lovelace is a person and London is a city", "sentence": "two persons worked"}
TEXTS: list[tuple[str, list[tuple[int, int, str]], list[tuple[int, int, str]]]] = [
    (
        "Ada Lovelace worked with Charles Babbage in London .",
        [(0, 12, "PER"), (25, 40, "PER"), (44, 50, "LOC")],
        [(0, 1, "colleague"), (0, 2, "lives")],
    ),
    (
        "Marie Curie worked with Pierre Curie in Paris .",
        [(0, 11, "PER"), (24, 36, "PER"), (40, 45, "LOC")],
        [(0, 1, "colleague"), (0, 2, "lives")],
    ),
    ("Paris and London are far away .", [(0, 5, "LOC"), (10, 16, "LOC")], []),
    ("nothing happens here", [], []),
]


def gold_docs(nlp: Language, cot: bool = True) -> list[Doc]:
    """The annotated texts as Docs."""
    docs = []
    for i, (text, ents, relations) in enumerate(TEXTS):
        doc = nlp.make_doc(text)
        doc.ents = [doc.char_span(start, end, label=label) for start, end, label in ents]
        doc._.relations = [(doc.ents[head], doc.ents[tail], label) for head, tail, label in relations]
        if cot and i < 2:
            doc._.cot = COT
            doc._.caption = "two persons in a room"
        docs.append(doc)
    return docs
