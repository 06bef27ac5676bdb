"""From the probabilities of pairs to relations, consistent in both directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from ..inverses import Inverses, turned
from .candidates import Pair

# A pair, a label that holds for it, and the label's probability.
Found = tuple[Pair, str, float]


class Decider:
    """Decides which relations hold.

    labels (Sequence[str]): Names of the columns.
    threshold (float): Smallest probability: of any relation, or with `multi_label` of the one relation.
    multi_label (bool): Whether one pair may stand in several relations.
    inverses (Inverses): What holds in the other direction holds there, too.
    """

    def __init__(
        self, labels: Sequence[str], threshold: float, multi_label: bool, inverses: Inverses
    ) -> None:
        self.labels, self.threshold, self.multi_label = list(labels), threshold, multi_label
        self.inverses = inverses
        # The column of the inverse of each label, -1 where none is declared.
        column = {label: i for i, label in enumerate(self.labels)}
        self.inverse_columns = numpy.asarray([column.get(inverses.of(la) or "", -1) for la in self.labels])

    def average(self, pairs: Sequence[Pair], probabilities: numpy.ndarray) -> numpy.ndarray:
        """Give both directions of a pair the mean of what each says.

        pairs (Sequence[Pair]): Different pairs of one text; those whose turned pair is not among them stay.
        probabilities (ndarray): (pairs, labels)
        RETURNS (ndarray): (pairs, labels)
        """
        tied = numpy.flatnonzero(self.inverse_columns >= 0)
        if not len(tied):
            return probabilities
        rows = {pair: row for row, pair in enumerate(pairs)}
        back = numpy.asarray([rows.get(turned(pair), row) for pair, row in rows.items()], dtype="int64")
        both = numpy.flatnonzero(back != numpy.arange(len(back)))
        averaged = probabilities.copy()
        there = probabilities[numpy.ix_(both, tied)]
        averaged[numpy.ix_(both, tied)] = (
            there + probabilities[numpy.ix_(back[both], self.inverse_columns[tied])]
        ) / 2
        return averaged

    def decide(self, pairs: Sequence[Pair], probabilities: numpy.ndarray) -> list[Found]:
        """Choose the relations of one text. A label that has an inverse is given to both directions or to
        none; where one label a pair is allowed, the more probable of two that exclude each other wins.

        pairs (Sequence[Pair]): Different pairs.
        probabilities (ndarray): (pairs, labels), averaged.
        RETURNS (List[Tuple[Pair, str, float]]): Pairs, labels and probabilities.
        """
        if not len(pairs):
            return []
        if self.multi_label:
            return self._all_that_pass(pairs, probabilities)
        passed = numpy.flatnonzero(probabilities.sum(1) >= self.threshold)
        if self.inverses:
            return self._best_of_both(pairs, probabilities, passed)
        best = probabilities[passed].argmax(1)
        scores = probabilities[passed, best]
        rows = zip(passed.tolist(), best.tolist(), scores.tolist(), strict=True)
        return [(pairs[row], self.labels[label], score) for row, label, score in rows if score > 0]

    def _all_that_pass(self, pairs: Sequence[Pair], probabilities: numpy.ndarray) -> list[Found]:
        passed = (probabilities >= self.threshold) & (probabilities > 0)
        found: dict[tuple[Pair, str], float] = {}
        for row, column in zip(*(index.tolist() for index in numpy.nonzero(passed)), strict=True):
            score = float(probabilities[row, column])
            found[pairs[row], self.labels[column]] = score
            if self.inverse_columns[column] >= 0:
                found.setdefault((turned(pairs[row]), self._inverse(column)), score)
        return [(pair, label, score) for (pair, label), score in found.items()]

    def _best_of_both(
        self, pairs: Sequence[Pair], probabilities: numpy.ndarray, passed: numpy.ndarray
    ) -> list[Found]:
        """The surest pairs choose first; a label with an inverse needs a turned pair that has not chosen."""
        found: dict[Pair, tuple[str, float]] = {}
        sure = numpy.argsort(-probabilities[passed].max(1), kind="stable")
        for row in passed[sure].tolist():
            pair, back, scores = pairs[row], turned(pairs[row]), probabilities[row]
            if pair in found:
                continue
            if back in found:
                scores = numpy.where(self.inverse_columns >= 0, 0, scores)
            column = int(scores.argmax())
            score = float(scores[column])
            if score > 0:
                found[pair] = (self.labels[column], score)
                if self.inverse_columns[column] >= 0:
                    found[back] = (self._inverse(column), score)
        return [(pair, *choice) for pair, choice in sorted(found.items())]

    def _inverse(self, column: int) -> str:
        return self.labels[self.inverse_columns[column]]
