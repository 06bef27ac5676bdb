"""Docs from words that are already tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc
from spacy.util import get_words_and_spaces
from spacy.vocab import Vocab

from .lines import fail
from .repairs import Repairs


class Words(NamedTuple):
    """A Doc made of given words, and where each word went.

    doc (Doc): The Doc.
    where (List[Optional[int]]): For each given word its token, None if the word could not become one.
    """

    doc: Doc
    where: list[int | None]

    def tokens(self, start: int, end: int) -> tuple[int, int] | None:
        """Translate offsets of given words to offsets of tokens.

        start (int): The first word.
        end (int): The word after the last.
        RETURNS (Optional[Tuple[int, int]]): The same for tokens; None if there is nothing there.
        """
        if not 0 <= start < end <= len(self.where):
            return None
        found = [i for i in self.where[start:end] if i is not None]
        return (found[0], found[-1] + 1) if found else None


def check_words(value: Any, place: str) -> list[str]:
    """Check a list of words that comes from a file.

    value (Any): What the file holds.
    place (str): Where.
    RETURNS (List[str]): The words.
    RAISES (CotnerError): If it is not a list of strings.
    """
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        fail(place, "the tokens must be a list of strings")
    return list(value)


def make_words_doc(
    vocab: Vocab, words: Sequence[str], repairs: Repairs, place: str, text: str | None = None
) -> Words:
    """Make a Doc. Without the text, nothing is said about spaces: `spacy.Corpus` then keeps these tokens in
    training and evaluation instead of tokenizing a text that nobody wrote.

    vocab (Vocab): The vocabulary.
    words (Sequence[str]): The words.
    repairs (Repairs): Counts empty words, which a Doc cannot hold.
    place (str): Where they stand.
    text (Optional[str]): The text that they were cut from, if known.
    RETURNS (Words): The Doc, and where the words went.
    RAISES (CotnerError): If the words are not the words of the text.
    """
    for _ in range(sum(not word for word in words)):
        repairs.add("dropped: empty token", place)
    if text is None:
        places = iter(range(len(words)))
        where = [next(places) if word else None for word in words]
        return Words(Doc(vocab, words=[word for word in words if word]), where)
    try:
        all_words, spaces = get_words_and_spaces(list(words), text)
    except ValueError:
        fail(place, "the tokens do not spell the text: give tokens of this text, or leave one of the two out")
    # White space between the words becomes tokens of its own, so positions shift.
    places = iter([i for i, word in enumerate(all_words) if not word.isspace()])
    where = [next(places) if word.strip() else None for word in words]
    return Words(Doc(vocab, words=all_words, spaces=spaces), where)
