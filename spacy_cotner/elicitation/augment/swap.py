"""Replacing an entity by another one of its type, label by label and token by token."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

from spacy.tokens import Doc, Span

from .project import Position, carry_over, mentions_of

# Words of a mention, and whether each is followed by a space.
Mention = tuple[tuple[str, ...], tuple[bool, ...]]


class Swap(NamedTuple):
    """A Doc with another entity in it.

    doc (Doc): The new Doc.
    old (str): What was replaced.
    new (str): By what.
    """

    doc: Doc
    old: str
    new: str


class Inventory:
    """The mentions of a corpus, by type.

    docs (Iterable[Doc]): The corpus.
    """

    def __init__(self, docs: Iterable[Doc]) -> None:
        # Dicts instead of sets: the order, and with it the draw, is the same in every run.
        self._mentions: dict[str, dict[Mention, None]] = {}
        for doc in docs:
            for ent in doc.ents:
                words = tuple(token.text for token in ent)
                spaces = tuple(bool(token.whitespace_) for token in ent[:-1])
                self._mentions.setdefault(ent.label_, {})[words, spaces] = None
        self._lists = {label: list(mentions) for label, mentions in self._mentions.items()}

    def draw(self, ent: Span, rng: random.Random) -> Mention | None:
        """ent (Span): The entity to replace.
        rng (random.Random): The dice.
        RETURNS (Optional[Mention]): Another mention of its type that does not occur in its Doc.
        """
        pool = self._lists.get(ent.label_, [])
        for mention in rng.sample(pool, min(len(pool), 10)):
            if _text(mention) not in ent.doc.text:
                return mention
        return None


def make_swap(doc: Doc, inventory: Inventory, rng: random.Random) -> Swap | None:
    """Replace one entity of a Doc, wherever it occurs.

    doc (Doc): The labelled Doc.
    inventory (Inventory): What there is to replace it by.
    rng (random.Random): The dice.
    RETURNS (Optional[Swap]): The new Doc, None if there is nothing to replace.
    """
    if not doc.ents:
        return None
    chosen = rng.choice(doc.ents)
    mention = inventory.draw(chosen, rng)
    if mention is None:
        return None
    same = [ent for ent in doc.ents if (ent.text, ent.label) == (chosen.text, chosen.label)]
    if _cuts_another(doc, same):
        return None
    new, places = _rebuild(doc, same, mention)
    return Swap(carry_over(doc, new, places), chosen.text, _text(mention))


def _cuts_another(doc: Doc, replaced: list[Span]) -> bool:
    """Whether a mention overlaps a replaced one without being the same."""
    return any(
        span.start < ent.end and ent.start < span.end and (span.start, span.end) != (ent.start, ent.end)
        for span in mentions_of(doc)
        for ent in replaced
    )


def _rebuild(doc: Doc, replaced: list[Span], mention: Mention) -> tuple[Doc, dict[Position, Position]]:
    words: list[str] = []
    spaces: list[bool] = []
    starts = [0] * (len(doc) + 1)
    by_start = {ent.start: ent for ent in replaced}
    position = 0
    while position < len(doc):
        starts[position] = len(words)
        ent = by_start.get(position)
        if ent is None:
            words.append(doc[position].text)
            spaces.append(bool(doc[position].whitespace_))
            position += 1
        else:
            words.extend(mention[0])
            spaces.extend((*mention[1], bool(ent[-1].whitespace_)))
            position = ent.end
    starts[len(doc)] = len(words)
    places = {(span.start, span.end): (starts[span.start], starts[span.end]) for span in mentions_of(doc)}
    return Doc(doc.vocab, words=words, spaces=spaces), places


def _text(mention: Mention) -> str:
    words, spaces = mention
    return "".join(word + " " * space for word, space in zip(words, (*spaces, False), strict=True))
