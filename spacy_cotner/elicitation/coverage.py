"""How much the chain of thought of a corpus covers, and how informative it is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import NamedTuple

from spacy.tokens import Doc


class Sample(NamedTuple):
    """A Doc to look at.

    number (int): Its place in the corpus.
    doc (Doc): The Doc.
    """

    number: int
    doc: Doc


@dataclass
class GrainCoverage:
    """One grain.

    docs (int): Docs that carry it.
    words (List[int]): Length of each explanation in words.
    entities (int): Gold entities in the Docs that carry it.
    mentioned (int): Those of them that the explanation mentions.
    texts (Counter[int]): Hashes of the explanations.
    """

    docs: int = 0
    words: list[int] = field(default_factory=list)
    entities: int = 0
    mentioned: int = 0
    texts: Counter[int] = field(default_factory=Counter)

    @property
    def repeated(self) -> int:
        """RETURNS (int): Docs whose explanation is not theirs alone: a sign of empty phrases."""
        return sum(count for count in self.texts.values() if count > 1)

    @property
    def share_mentioned(self) -> float | None:
        """RETURNS (Optional[float]): Share of the gold entities that the explanations name."""
        return self.mentioned / self.entities if self.entities else None

    def length(self) -> tuple[float, float, float]:
        """RETURNS (Tuple[float, float, float]): Words at the 5th, 50th and 95th percentile."""
        if len(self.words) < 2:
            return tuple(map(float, self.words * 3 or (0, 0, 0)))  # type: ignore[return-value]
        cuts = quantiles(self.words, n=20, method="inclusive")
        return cuts[0], cuts[9], cuts[18]


class Coverage:
    """Coverage of a corpus, counted in one pass.

    samples (int): How many Docs to keep for looking at.
    seed (int): Chooses them.
    """

    def __init__(self, samples: int = 0, seed: int = 0) -> None:
        self.docs = self.images = self.captions = self.explained = 0
        self.grains: dict[str, GrainCoverage] = {}
        self.samples: list[Sample] = []
        self._wanted = samples
        self._rng = random.Random(seed)

    def add_all(self, docs: Iterable[Doc]) -> Coverage:
        """docs (Iterable[Doc]): The corpus.
        RETURNS (Coverage): Itself.
        """
        for doc in docs:
            self._sample(doc)
            self.docs += 1
            self.images += bool(doc._.image)
            self.captions += bool(doc._.caption)
            cot = doc._.cot
            self.explained += bool(cot)
            for grain, text in cot.items():
                self._add(doc, self.grains.setdefault(grain, GrainCoverage()), text)
        return self

    def _add(self, doc: Doc, grain: GrainCoverage, text: str) -> None:
        grain.docs += 1
        grain.words.append(len(text.split()))
        # The hash, not the text: memory must not hold all explanations.
        grain.texts[hash(text)] += 1
        said = _squeeze(text)
        for ent in doc.ents:
            grain.entities += 1
            grain.mentioned += _squeeze(ent.text) in said

    def _sample(self, doc: Doc) -> None:
        """Reservoir sampling: every Doc with an explanation has the same chance, in one pass."""
        if not doc._.cot:
            return
        if len(self.samples) < self._wanted:
            self.samples.append(Sample(self.docs, doc))
        elif self._wanted and (place := self._rng.randrange(self.explained + 1)) < self._wanted:
            self.samples[place] = Sample(self.docs, doc)


def _squeeze(text: str) -> str:
    """Tokenizers change white space, people change case."""
    return "".join(text.split()).casefold()
