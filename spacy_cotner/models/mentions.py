"""Where the explanation speaks of a word of the text."""

from __future__ import annotations

import re
from collections import defaultdict
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

    Stop words are left out: they occur everywhere and tell nothing. "@NASA" and "#NASA" are the word "NASA".

    doc (Doc): The text.
    explanation (str): The explanation.
    offsets (List[Tuple[int, int]]): Start and end character of each of its wordpieces.
    after (int): Wordpieces behind each occurrence that belong to it: what is said of the word.
    RETURNS (Mentions): In the order of the tokens.
    """
    if not offsets:
        return NO_MENTIONS
    starts, ends = numpy.asarray(offsets).reshape(-1, 2).T
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for match in WORD.finditer(explanation, 0, int(ends[-1])):
        first = int(numpy.searchsorted(ends, match.start(), side="right"))
        last = int(numpy.searchsorted(starts, match.end(), side="left")) + after
        places[match.group().casefold()].append((first, min(last, len(offsets))))
    tokens, pieces = [], []
    for token in doc:
        word = WORD.search(token.text)
        if word is None or token.is_stop:
            continue
        told = sorted({i for span in places.get(word.group().casefold(), ()) for i in range(*span)})
        tokens += [token.i] * len(told)
        pieces += told
    return Mentions(numpy.asarray(tokens, dtype="int64"), numpy.asarray(pieces, dtype="int64"))
