"""Few-shot examples: answers that show the model what is wanted, the most similar ones if the user likes."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import CotnerError
from .settings import GrainSettings


class Example(NamedTuple):
    """A text with the answer that is wanted.

    text (str): The text.
    caption (str): Its picture in words.
    answer (str): The answer.
    """

    text: str
    caption: str
    answer: str


class Examples:
    """The examples of one grain.

    grain (str): The field of the file that holds the answers.
    settings (GrainSettings): `examples` names the file, `shots` how many, `similar` how they are chosen.
    RAISES (CotnerError): If the file can't be read or holds none.
    """

    def __init__(self, grain: str, settings: GrainSettings) -> None:
        self.settings = settings
        path = Path(settings.examples or "")
        try:
            lines = path.read_text(encoding="utf8").splitlines() if settings.examples else []
            rows = [json.loads(line) for line in lines if line.strip()]
            self.all = [
                Example(row["text"], row.get("caption") or "", row[grain]) for row in rows if row.get(grain)
            ]
        except (OSError, UnicodeDecodeError) as error:
            raise CotnerError(f"{path}: can't read the examples ({error})") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CotnerError(f'{path}: not JSON lines with "text" and {grain!r}') from None
        if settings.examples and not self.all:
            raise CotnerError(f"{path}: no examples for the grain {grain!r}")

    def choose(self, text: str) -> list[Example]:
        """The examples to show with a text.

        text (str): The text; never shown as its own example.
        RETURNS (List[Example]): At most `shots`, the most similar one last, next to the text.
        """
        shots = self.settings.shots
        if not (self.all and shots):
            return []
        if not self.settings.similar:
            return [example for example in self.all if example.text != text][:shots]
        return [example for example in self._ranked(text, shots + 1) if example.text != text][:shots][::-1]

    def _ranked(self, text: str, count: int) -> list[Example]:
        bm25s, index = self._index
        query = bm25s.tokenize(text, stopwords=None, show_progress=False, return_ids=False)
        found, _ = index.retrieve(query, k=min(count, len(self.all)), show_progress=False)
        return [self.all[int(number)] for number in found[0]]

    @cached_property
    def _index(self) -> tuple[Any, Any]:
        try:
            import bm25s
        except ImportError:
            raise CotnerError(
                "similar examples need an extra: pip install 'spacy-cotner[examples]'"
            ) from None
        index = bm25s.BM25()
        corpus = bm25s.tokenize([example.text for example in self.all], stopwords=None, show_progress=False)
        index.index(corpus, show_progress=False)
        return bm25s, index
