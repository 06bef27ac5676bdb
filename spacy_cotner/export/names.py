"""What texts and entities are called where Docs are not at hand any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from spacy.tokens import Doc, Span

Name = tuple[str, ...]


def named(docs: Doc | Iterable[Doc]) -> Iterator[tuple[str, Doc]]:
    """Name texts by `user_data["id"]`, or by their number; a second text of the same name gets a suffix.

    docs (Union[Doc, Iterable[Doc]]): One Doc or many.
    YIELDS (Tuple[str, Doc]): Each Doc with a name of its own.
    """
    seen: Counter[str] = Counter()
    for number, doc in enumerate([docs] if isinstance(docs, Doc) else docs, start=1):
        name = str(doc.user_data.get("id") or number)
        while seen[name]:
            seen[name] += 1
            name = f"{name}-{seen[name]}"
        seen[name] += 1
        yield name, doc


def plain(span: Span) -> str:
    """RETURNS (str): The text of a span, its white space in one piece each."""
    return " ".join(span.text.split())


def entity_name(span: Span, doc_name: str, merge: bool) -> Name:
    """Tell entities apart.

    span (Span): A mention.
    doc_name (str): Its text.
    merge (bool): Whether mentions with the same text and label are one entity, in all texts.
    RETURNS (Tuple[str, ...]): Text and label; else also text name and offsets.
    """
    name = (plain(span), span.label_)
    return name if merge else (*name, doc_name, f"{span.start_char}-{span.end_char}")
