"""Docs with the vocabulary of a language: those of a corpus know no stop words."""

from collections.abc import Iterable

from spacy.language import Language
from spacy.tokens import Doc


def copies(nlp: Language, docs: Iterable[Doc]) -> list[Doc]:
    """Copy Docs into the vocabulary of a pipeline.

    nlp (Language): The pipeline.
    docs (Iterable[Doc]): Any Docs.
    RETURNS (List[Doc]): The same texts, with all that they carry.
    """
    return [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in docs]
