"""Where the explanation speaks of a word of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy
from spacy.tokens import Doc

WORD = re.compile(r"\w+")


class Mentions(NamedTuple):
    """Pairs of a token and a wordpiece of the explanation that tells about it.

    tokens (ndarray): Index of the token, (pairs,).
    pieces (ndarray): Index of the wordpiece among those of the explanation, (pairs,).
    """

    tokens: numpy.ndarray
    pieces: numpy.ndarray


NO_MENTIONS = Mentions(numpy.zeros(0, dtype="int64"), numpy.zeros(0, dtype="int64"))


def find_mentions(doc: Doc, explanation: str, offsets: list[tuple[int, int]], after: int) -> Mentions:
    """Find the places in an explanation where the words of a text occur, whatever their case.

    Of "2. Rio de Janeiro (city)" the words "Rio", "de" and "Janeiro" of a text are told themselves and what
    stands behind the phrase that both have in common: "(city)". Stop words on their own are left out: they
    occur everywhere and tell nothing. "@NASA" and "#NASA" are the word "NASA".

    doc (Doc): The text.
    explanation (str): The explanation.
    offsets (List[Tuple[int, int]]): Start and end character of each of its wordpieces.
    after (int): Wordpieces behind the phrase that tell about it.
    RETURNS (Mentions): In the order of the tokens.
    """
    if not offsets:
        return NO_MENTIONS
    starts, ends = numpy.asarray(offsets).reshape(-1, 2).T
    matches = list(WORD.finditer(explanation, 0, int(ends[-1])))
    first = numpy.searchsorted(ends, [m.start() for m in matches], side="right")
    last = numpy.searchsorted(starts, [m.end() for m in matches], side="left")
    told: dict[int, set[int]] = defaultdict(set)
    for run in common_runs(_words(doc), [m.group().casefold() for m in matches]):
        if all(doc[i].is_stop for i in run.tokens):
            continue
        behind = int(last[run.words[-1]])
        for token, word in zip(run.tokens, run.words, strict=True):
            told[token].update(range(int(first[word]), int(last[word])))
            told[token].update(range(behind, min(behind + after, len(offsets))))
    tokens = [token for token in sorted(told) for _ in told[token]]
    pieces = [piece for token in sorted(told) for piece in sorted(told[token])]
    return Mentions(numpy.asarray(tokens, dtype="int64"), numpy.asarray(pieces, dtype="int64"))


class Run(NamedTuple):
    """Words that stand next to each other in both texts.

    tokens (range): In the first one.
    words (range): In the second one.
    """

    tokens: range
    words: range


def common_runs(text: list[str], explanation: list[str]) -> Iterator[Run]:
    """Find all longest runs of words that two texts share.

    text (List[str]): Words; an empty one matches nothing.
    explanation (List[str]): Words.
    YIELDS (Run): Each can be made longer neither to the left nor to the right.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for j, word in enumerate(explanation):
        places[word].append(j)
    for i, word in enumerate(text):
        for j in places.get(word, ()):
            if i and j and text[i - 1] == explanation[j - 1]:
                continue  # it belongs to a run that began before
            n = 1
            while i + n < len(text) and j + n < len(explanation) and text[i + n] == explanation[j + n]:
                n += 1
            yield Run(range(i, i + n), range(j, j + n))


def _words(doc: Doc) -> list[str]:
    """The first word in each token, e.g. without "@"; empty for punctuation."""
    found = (WORD.search(token.text) for token in doc)
    return [match.group().casefold() if match else "" for match in found]
