"""The Twitter format: an `IMGID:` line, one token and its tag a line, a blank line after each text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from .ents import set_ents
from .images import Images
from .lines import Line, fail, read_lines
from .repairs import Repairs
from .tags import Tag, decode_tags, parse_tag
from .words import make_words_doc

IMAGE_LINE = re.compile(r"\ufeff?IMGID\s*:\s*([^\t]*)")
EXPLANATION = "<EOS>"  # after this token, some published files append an explanation, tagged X
EXPLANATION_GRAIN = "knowledge"


@dataclass
class Block:
    """The lines of one text.

    image (str): The id of its picture, or empty.
    place (str): Where it begins.
    """

    image: str
    place: str
    words: list[str] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    explanation: list[str] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Add a line with a token and a tag."""
        word, tag = split_columns(line)
        if self.explanation or word == EXPLANATION:
            self.explanation.append(word)
            return
        self.words.append(word)
        self.tags.append(parse_tag(tag, line.place))
        self.places.append(line.place)


def split_columns(line: Line) -> tuple[str, str]:
    """Split a line into its first and last column. Only tabs, or else plain spaces, separate columns: other
    white space can be a token.

    line (Line): The line.
    RETURNS (Tuple[str, str]): The token, which can be empty, and the tag.
    RAISES (CotnerError): If there is only one column.
    """
    text = line.text.rstrip("\t ")
    if text == "O":  # an editor took the empty token and the tab away
        return "", "O"
    columns = text.split("\t") if "\t" in text else text.split(" ")
    if len(columns) < 2:
        fail(line.place, f"expected a token, a tab and a tag, found {line.text!r}")
    return columns[0], columns[-1]


def read_conll(
    path: Path, vocab: Vocab, repairs: Repairs, images: Images, *, strict: bool = False
) -> Iterator[Doc]:
    """Read a file in the Twitter format, or any CoNLL file with tokens first and tags last.

    path (Path): The file.
    vocab (Vocab): The vocabulary of the Docs.
    repairs (Repairs): Counts what is mended.
    images (Images): Finds pictures.
    strict (bool): Drop entities that begin with I-.
    YIELDS (Doc): One Doc a text, with entities and image.
    RAISES (CotnerError): If a line is not in the format.
    """
    for block in read_blocks(read_lines(path), repairs):
        words = make_words_doc(vocab, block.words, repairs, block.place)
        doc = words.doc
        if not len(doc):
            repairs.add("dropped: text of empty tokens", block.place)
            continue
        # An empty token takes no part, neither in the Doc nor in an entity around it.
        kept = [i for i, token in enumerate(words.where) if token is not None]
        tags, places = [block.tags[i] for i in kept], [block.places[i] for i in kept]
        found = decode_tags(tags, places, repairs, strict=strict)
        set_ents(
            doc, [Span(doc, start, end, label=label) for start, end, label in found], repairs, block.place
        )
        doc._.image = images.resolve(block.image, block.place)
        if len(block.explanation) > 1:
            doc._.cot = {EXPLANATION_GRAIN: " ".join(block.explanation[1:])}
        yield doc


def read_blocks(lines: Iterable[Line], repairs: Repairs) -> Iterator[Block]:
    """Group lines into texts.

    lines (Iterable[Line]): The lines of a file.
    repairs (Repairs): Counts texts without tokens or image line.
    YIELDS (Block): Texts with at least one token.
    """
    block = Block("", "")
    for line in lines:
        image = IMAGE_LINE.match(line.text)
        is_start = line.text.startswith("-DOCSTART-")
        if image or is_start or not line.text.strip():
            if block.words:
                yield block
                # A blank line inside a text: the rest still belongs to the same picture.
                block = Block(block.image, "")
            if image or is_start:
                _note_empty(block, repairs)
                block = Block(image[1].strip() if image else "", line.place)
            continue
        if not block.words and not block.place:
            block.place = line.place
            if block.image:
                repairs.add(
                    "noted: text without an IMGID line, given the image of the text before it", line.place
                )
        block.add(line)
    if block.words:
        yield block
    else:
        _note_empty(block, repairs)


def _note_empty(block: Block, repairs: Repairs) -> None:
    if block.image and block.place:
        repairs.add("dropped: IMGID line without tokens", block.place)
