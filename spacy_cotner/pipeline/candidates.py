"""Which pairs of spans the relation extractor looks at."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy
from spacy.tokens import Doc, Span

from ..errors import CotnerError
from .schema import TypeMask

# Heads whose pairs are looked at at once.
BLOCK = 512

# Token offsets: head start and end, tail start and end.
Pair = tuple[int, int, int, int]


class Mention(NamedTuple):
    """A span that may stand in relations.

    start (int): First token.
    end (int): Token after the last.
    types (FrozenSet[str]): Its labels: several where spans of different label have the same tokens.
    sentence (Optional[int]): Number of the sentence that it begins in, None if nobody knows.
    """

    start: int
    end: int
    types: frozenset[str] = frozenset()
    sentence: int | None = None


class Candidates(NamedTuple):
    """The pairs of one Doc.

    pairs (List[Pair]): The pairs.
    n_left_out (int): How many more there are, over the limit of a Doc.
    """

    pairs: list[Pair]
    n_left_out: int


@dataclass(frozen=True)
class Rules:
    """What makes a pair a candidate: all ordered pairs of different spans, a relation has a direction, unless
    they are too far apart or too many, or of types that stand in no relation.

    max_distance (int): Largest distance between the spans' first tokens; 0 for no limit.
    max_sentences (int): Sentences that a pair may reach over: 1 for the same one, 2 for the next one too; 0
        for no limit.
    max_pairs (int): Most pairs of one Doc, the nearest are taken; 0 for no limit.
    types (Optional[TypeMask]): The schema.
    """

    max_distance: int = 0
    max_sentences: int = 0
    max_pairs: int = 0
    types: TypeMask | None = None

    def select(self, mentions: Sequence[Mention]) -> Candidates:
        """Find the candidates of a Doc.

        mentions (Sequence[Mention]): Its spans.
        RETURNS (Candidates): The pairs, heads in the order of the mentions.
        RAISES (CotnerError): If sentences are limited and the Doc has none.
        """
        heads = tails = distances = numpy.zeros(0, dtype="int64")
        n_found = 0
        for more in self._blocks(mentions):
            n_found += len(more[0])
            both = zip((heads, tails, distances), more, strict=True)
            heads, tails, distances = (numpy.concatenate(pair) for pair in both)
            if self.max_pairs and len(heads) > self.max_pairs:
                # Of equally near pairs the first ones; both directions are equally near.
                nearest = numpy.sort(numpy.argsort(distances, kind="stable")[: self.max_pairs])
                heads, tails, distances = heads[nearest], tails[nearest], distances[nearest]
        ends = numpy.asarray([mention[:2] for mention in mentions], dtype="int64").reshape(-1, 2)
        pairs = numpy.concatenate([ends[heads], ends[tails]], axis=1).tolist()
        return Candidates([tuple(pair) for pair in pairs], n_found - len(heads))

    def _blocks(self, mentions: Sequence[Mention]) -> Iterator[tuple[numpy.ndarray, ...]]:
        """Heads, tails and distances of all candidates, some heads at a time: of a book with 10,000 spans not
        even one bit a pair would fit in memory."""
        starts = numpy.asarray([mention.start for mention in mentions], dtype="int64")
        limits_sentences = self.max_sentences and len(mentions) > 1
        sentences = numpy.asarray(_sentences(mentions) if limits_sentences else [])
        kinds, rows = _kinds(mentions)
        possible = None if self.types is None else numpy.asarray(self.types.table(kinds).any(2))
        for first in range(0, len(mentions), BLOCK):
            block = slice(first, first + BLOCK)
            distances: numpy.ndarray = abs(starts[block, None] - starts)
            keep = numpy.ones(distances.shape, dtype=bool)
            numpy.fill_diagonal(keep[:, first:], False)
            if self.max_distance:
                keep &= distances <= self.max_distance
            if limits_sentences:
                keep &= abs(sentences[block, None] - sentences) < self.max_sentences
            if possible is not None:
                keep &= possible[rows[block, None], rows]
            heads, tails = numpy.nonzero(keep)
            yield heads + first, tails, distances[heads, tails]

    def allowed(self, pairs: Sequence[Pair], mentions: Sequence[Mention]) -> numpy.ndarray | None:
        """What the schema allows.

        pairs (Sequence[Pair]): Any pairs of a Doc.
        mentions (Sequence[Mention]): Its spans; a pair of others may stand in every relation.
        RETURNS (Optional[ndarray]): bool (pairs, labels), None for everything.
        """
        if self.types is None:
            return None
        kinds, rows = _kinds([*mentions, Mention(0, 0)])
        numbers = {mention[:2]: row for mention, row in zip(mentions, rows, strict=False)}
        heads = [numbers.get(pair[:2], rows[-1]) for pair in pairs]
        tails = [numbers.get(pair[2:], rows[-1]) for pair in pairs]
        return self.types.table(kinds)[heads, tails].reshape(len(pairs), len(self.types.labels))

    def why_not(self, head: Mention, tail: Mention, label: str, pairs: Container[Pair]) -> str | None:
        """What keeps a label from a pair.

        head (Mention): A span.
        tail (Mention): Another one of the same Doc.
        label (str): The label.
        pairs (Container[Pair]): The candidates of this Doc.
        RETURNS (Optional[str]): "distance", "sentences", "types" or "limit"; None if nothing does.
        """
        if self.max_distance and abs(head.start - tail.start) > self.max_distance:
            return "distance"
        first, second = _sentences([head, tail]) if self.max_sentences else (0, 0)
        if self.max_sentences and abs(first - second) >= self.max_sentences:
            return "sentences"
        if self.types is not None and not self.types.allows(head.types, tail.types, label):
            return "types"
        return None if (*head[:2], *tail[:2]) in pairs else "limit"


def spans_of(doc: Doc, key: str | None) -> list[Span]:
    """The spans that may stand in relations.

    doc (Doc): A Doc.
    key (Optional[str]): Name of a group of `doc.spans`; None for `doc.ents`.
    RETURNS (List[Span]): The spans; they may overlap, and there are none where the group is missing.
    """
    if key is None:
        return list(doc.ents)
    return list(doc.spans[key]) if key in doc.spans else []


def mentions_of(spans: Iterable[Span]) -> list[Mention]:
    """RETURNS (List[Mention]): Spans of one Doc; those of the same tokens are one mention."""
    spans = list(spans)
    sentences = sentence_numbers(spans[0].doc) if spans else None
    rows = [(s.start, s.end, s.label_, None if sentences is None else int(sentences[s.start])) for s in spans]
    return merge_mentions(rows)


def merge_mentions(rows: Iterable[tuple[int, int, str, int | None]]) -> list[Mention]:
    """RETURNS (List[Mention]): One for each start and end, in order of first occurrence."""
    types: dict[tuple[int, int], set[str]] = {}
    sentences: dict[tuple[int, int], int | None] = {}
    for start, end, label, sentence in rows:
        types.setdefault((start, end), set()).update([label] if label else [])
        sentences.setdefault((start, end), sentence)
    return [Mention(*ends, frozenset(labels), sentences[ends]) for ends, labels in types.items()]


def sentence_numbers(doc: Doc) -> numpy.ndarray | None:
    """RETURNS (Optional[ndarray]): For each token the number of its sentence, None without boundaries."""
    if not doc.has_annotation("SENT_START"):
        return None
    return numpy.cumsum([token.is_sent_start is True for token in doc])


def _sentences(mentions: Sequence[Mention]) -> list[int]:
    known = [mention.sentence for mention in mentions if mention.sentence is not None]
    if len(known) < len(mentions):
        raise CotnerError(
            "cot_rel: max_sentences needs sentence boundaries, and the Doc has none: "
            "add a sentencizer, senter or parser before it, or set max_sentences = 0"
        )
    return known


def _kinds(mentions: Sequence[Mention]) -> tuple[list[frozenset[str]], numpy.ndarray]:
    """The different sets of types, and which of them each mention has."""
    numbers: dict[frozenset[str], int] = {}
    rows = [numbers.setdefault(mention.types, len(numbers)) for mention in mentions]
    return list(numbers), numpy.asarray(rows, dtype="int64")
