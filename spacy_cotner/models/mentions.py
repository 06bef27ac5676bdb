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
    told: dict[int, set[int]] = defaultdict(set)
    for phrase in shared_phrases(doc, explanation, offsets):
        behind = phrase.pieces[-1].stop
        for token, pieces in zip(phrase.tokens, phrase.pieces, strict=True):
            told[token].update(pieces, range(behind, min(behind + after, len(offsets))))
    tokens = [token for token in sorted(told) for _ in told[token]]
    telling = [piece for token in sorted(told) for piece in sorted(told[token])]
    return Mentions(numpy.asarray(tokens, dtype="int64"), numpy.asarray(telling, dtype="int64"))


class Phrase(NamedTuple):
    """Words that a text and its explanation share.

    tokens (range): Where it stands in the text.
    pieces (List[range]): The wordpieces of the explanation for each of its words.
    """

    tokens: range
    pieces: list[range]


def shared_phrases(doc: Doc, explanation: str, offsets: list[tuple[int, int]]) -> Iterator[Phrase]:
    """Find the phrases that a text and its explanation share, as long as they get, without lone stop words.

    doc (Doc): The text.
    explanation (str): The explanation.
    offsets (List[Tuple[int, int]]): Start and end character of each of its wordpieces.
    YIELDS (Phrase): In the order of the text; of phrases that begin at the same token, in the explanation's.
    """
    if not offsets:
        return
    starts, ends = numpy.asarray(offsets).reshape(-1, 2).T
    matches = list(WORD.finditer(explanation, 0, int(ends[-1])))
    first = numpy.searchsorted(ends, [m.start() for m in matches], side="right")
    last = numpy.searchsorted(starts, [m.end() for m in matches], side="left")
    for run in common_runs(_words(doc), [m.group().casefold() for m in matches]):
        if not all(doc[i].is_stop for i in run.tokens):
            yield Phrase(run.tokens, [range(int(first[j]), int(last[j])) for j in run.words])


class Definition(NamedTuple):
    """What an explanation says of a phrase of the text.

    tokens (range): The phrase.
    pieces (range): The wordpieces of the explanation that stand behind it.
    """

    tokens: range
    pieces: range


def find_definitions(
    doc: Doc, explanation: str, offsets: list[tuple[int, int]], after: int
) -> Iterator[Definition]:
    """Find what an explanation says right behind the phrases of a text, where it first has them.

    doc (Doc): The text.
    explanation (str): The explanation.
    offsets (List[Tuple[int, int]]): Start and end character of each of its wordpieces.
    after (int): Wordpieces behind the phrase that define it.
    YIELDS (Definition): Of phrases that overlap the longest one alone; none of a phrase that ends it all.
    """
    phrases = sorted(
        shared_phrases(doc, explanation, offsets), key=lambda p: (-len(p.tokens), p.pieces[0].start)
    )
    defined: set[int] = set()
    for phrase in phrases:
        behind = phrase.pieces[-1].stop
        if not defined.intersection(phrase.tokens) and behind < len(offsets):
            yield Definition(phrase.tokens, range(behind, min(behind + after, len(offsets))))
            defined.update(phrase.tokens)


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
