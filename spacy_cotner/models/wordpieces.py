"""From Docs to wordpieces, and which wordpieces each token owns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc


class Wordpieces(NamedTuple):
    """The wordpieces of one text, without special tokens.

    ids (List[int]): Vocabulary ids.
    lengths (ndarray): How many wordpieces each spaCy token overlaps; may be 0, and two tokens may share one.
    indices (ndarray): Their positions in `ids`, token after token.
    """

    ids: list[int]
    lengths: numpy.ndarray
    indices: numpy.ndarray


class Template(NamedTuple):
    """The special tokens that a tokenizer puts around one segment, or around two.

    single (Tuple): Ids before and after one segment.
    pair (Tuple): Ids before, between and after two segments.
    second_type (int): Token type id of the second segment.
    """

    single: tuple[list[int], list[int]]
    pair: tuple[list[int], list[int], list[int]]
    second_type: int


def tokenize_docs(tokenizer: Any, docs: list[Doc]) -> list[Wordpieces]:
    """Tokenize the text as written when the tokenizer reports character offsets, else token by token.

    tokenizer (PreTrainedTokenizerBase): A Hugging Face tokenizer, fast or slow.
    docs (List[Doc]): The texts.
    RETURNS (List[Wordpieces]): One for each Doc.
    """
    if not docs:
        return []
    if not tokenizer.is_fast:
        return [_tokenize_words(tokenizer, doc) for doc in docs]
    encoded = tokenizer(
        [doc.text for doc in docs], add_special_tokens=False, return_offsets_mapping=True, verbose=False
    )
    return [
        Wordpieces(ids, *align(doc, offsets))
        for doc, ids, offsets in zip(docs, encoded["input_ids"], encoded["offset_mapping"], strict=True)
    ]


def tokenize_explanation(
    tokenizer: Any, text: str, max_length: int
) -> tuple[list[int], list[tuple[int, int]]]:
    """Cut an explanation into wordpieces, without special tokens.

    tokenizer (PreTrainedTokenizerBase): A Hugging Face tokenizer, fast or slow.
    text (str): The explanation.
    max_length (int): How many wordpieces to keep.
    RETURNS (Tuple[List[int], List[Tuple[int, int]]]): Ids, and for each its start and end character; no
        characters if the tokenizer does not report them.
    """
    if not text:
        return [], []
    # No tokenizer yields fewer than one wordpiece in 20 characters of running text; 5,000 words stay cheap.
    fast = tokenizer.is_fast
    encoded = tokenizer(
        text[: 20 * max_length], add_special_tokens=False, return_offsets_mapping=fast, verbose=False
    )
    return encoded["input_ids"][:max_length], encoded["offset_mapping"][:max_length] if fast else []


def align(doc: Doc, offsets: list[tuple[int, int]]) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Which wordpieces overlap each token.

    doc (Doc): The text.
    offsets (List[Tuple[int, int]]): Start and end character of each wordpiece, in order.
    RETURNS (Tuple[ndarray, ndarray]): Lengths and indices, as in Wordpieces.
    """
    token_starts = numpy.asarray([token.idx for token in doc], dtype="i")
    token_ends = numpy.asarray([token.idx + len(token) for token in doc], dtype="i")
    starts, ends = numpy.asarray(offsets, dtype="i").reshape(-1, 2).T
    # The first token that ends after the wordpiece starts, the last that starts before it ends.
    first = numpy.searchsorted(token_ends, starts, side="right")
    last = numpy.searchsorted(token_starts, ends, side="left") - 1
    n_owners = numpy.maximum(last - first + 1, 0) * (ends > starts)
    pieces = numpy.repeat(numpy.arange(len(starts), dtype="i"), n_owners)
    within = numpy.arange(len(pieces)) - numpy.repeat(numpy.cumsum(n_owners) - n_owners, n_owners)
    owners = numpy.repeat(first, n_owners) + within
    order = numpy.argsort(owners, kind="stable")
    return numpy.bincount(owners, minlength=len(doc)).astype("i"), pieces[order]


def make_template(tokenizer: Any) -> Template:
    """Find the special tokens by asking the tokenizer to encode two known segments.

    tokenizer (PreTrainedTokenizerBase): A Hugging Face tokenizer.
    RETURNS (Template): What it puts around them.
    """
    a, b = (tokenizer(word, add_special_tokens=False)["input_ids"] for word in ("yes", "no"))
    single = tokenizer("yes")["input_ids"]
    pair = tokenizer("yes", "no", return_token_type_ids=True)
    ids = pair["input_ids"]
    at_single, at_a = _find(single, a, 0), _find(ids, a, 0)
    at_b = _find(ids, b, at_a + len(a))
    types = pair.get("token_type_ids") or [0] * len(ids)
    return Template(
        (single[:at_single], single[at_single + len(a) :]),
        (ids[:at_a], ids[at_a + len(a) : at_b], ids[at_b + len(b) :]),
        types[at_b],
    )


def _find(ids: list[int], part: list[int], start: int) -> int:
    return next(i for i in range(start, len(ids)) if ids[i : i + len(part)] == part)


def _tokenize_words(tokenizer: Any, doc: Doc) -> Wordpieces:
    words = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(token.text)) for token in doc]
    ids = [i for word in words for i in word]
    return Wordpieces(
        ids, numpy.asarray([len(w) for w in words], dtype="i"), numpy.arange(len(ids), dtype="i")
    )
