"""What commands read texts from: corpora, JSONL and plain lines; with predictions if there is a pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import spacy
from spacy.tokens import Doc
from wasabi import msg

from ..data.images import Images
from ..data.jsonl import read_jsonl
from ..data.lines import read_lines
from ..data.repairs import Repairs
from ..elicitation.corpus import Corpus
from ..errors import CotnerError

INPUT_HELP = ".spacy file or a folder of them, .jsonl, or .txt with one text a line"


def read_docs(path: Path, limit: int | None = None) -> Iterator[Doc]:
    """Read texts, annotated or not. Plain lines get English tokens; pipelines make their own.

    path (Path): A `.spacy` file, a folder of them, a `.jsonl` or a `.txt` file.
    limit (Optional[int]): Stop after so many.
    YIELDS (Doc): The Docs.
    RAISES (CotnerError): If there is nothing to read.
    """
    if path.is_dir() or path.suffix == ".spacy":
        yield from Corpus(path).docs(limit)
        return
    if path.suffix not in (".jsonl", ".txt"):
        raise CotnerError(f"{path}: expected a {INPUT_HELP}")
    repairs = Repairs()
    nlp = spacy.blank("en")
    if path.suffix == ".jsonl":
        docs = read_jsonl(path, nlp, repairs, Images(None, repairs))
    else:
        docs = (nlp.make_doc(line.text) for line in read_lines(path) if line.text.strip())
    count = 0
    for doc in islice(docs, limit):
        count += 1
        yield doc
    for note in repairs.lines():
        msg.warn(note)
    if not count:
        raise CotnerError(f"{path}: no texts in it")
