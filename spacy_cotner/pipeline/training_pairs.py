"""Which pairs an update learns from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy
from spacy.training import Example

from .findings import Findings
from .gold_pairs import UNSEEN, GoldPairs
from .rel_settings import RelSettings


def training_pairs(examples: Iterable[Example], settings: RelSettings, findings: Findings) -> list[GoldPairs]:
    """The pairs of a batch to learn from: a sample of the unrelated ones.

    examples (Iterable[Example]): The batch.
    settings (RelSettings): Those of the extractor.
    findings (Findings): Counts what is odd.
    RETURNS (List[GoldPairs]): Pairs of each example.
    """
    ratio = settings.cfg["negative_ratio"]
    batch = [limit_ratio(gold, ratio) for gold in known_pairs(examples, settings, findings)]
    return limit_total(batch, int(settings.cfg["max_pairs"]))


def known_pairs(
    examples: Iterable[Example], settings: RelSettings, findings: Findings
) -> Iterator[GoldPairs]:
    """The annotated pairs whose labels the extractor knows.

    examples (Iterable[Example]): Annotated texts.
    settings (RelSettings): Those of the extractor.
    findings (Findings): Counts what is odd.
    YIELDS (GoldPairs): Pairs of each example.
    """
    reader, known = settings.reader(findings), set(settings.labels)
    for eg in examples:
        gold = reader.read(eg)
        labels = [label for each in gold.labels for label in each]
        findings.note(UNSEEN, eg.reference, sum(label not in known for label in labels))
        yield gold.only(known)


def limit_ratio(gold: GoldPairs, ratio: float | None) -> GoldPairs:
    """Keep so many unrelated pairs for each related one, or for one if there is none. Listed pairs are kept,
    those listed as "no relation" among them.

    gold (GoldPairs): Pairs of one text.
    ratio (Optional[float]): Unrelated pairs to keep for each related one, None for all.
    RETURNS (GoldPairs): The pairs to learn from.
    """
    if ratio is None:
        return gold
    n_related = sum(map(bool, gold.labels))
    return _keep_unlisted(gold, math.ceil(ratio * max(n_related, 1)))


def limit_total(batch: Sequence[GoldPairs], max_pairs: int) -> list[GoldPairs]:
    """Keep a batch within memory: every text gives up the same share of its unrelated pairs.

    batch (Sequence[GoldPairs]): Pairs of each text.
    max_pairs (int): Most pairs of the batch; more only if more are listed.
    RETURNS (List[GoldPairs]): The pairs to learn from.
    """
    n_listed = sum(gold.n_listed for gold in batch)
    n_unlisted = sum(len(gold.pairs) for gold in batch) - n_listed
    if not n_unlisted or n_listed + n_unlisted <= max_pairs:
        return list(batch)
    share = max(max_pairs - n_listed, 0) / n_unlisted
    return [_keep_unlisted(gold, int(share * (len(gold.pairs) - gold.n_listed))) for gold in batch]


def _keep_unlisted(gold: GoldPairs, n: int) -> GoldPairs:
    """Numpy's global generator, so that the seed of the training decides, as it does for dropout."""
    n_unlisted = len(gold.pairs) - gold.n_listed
    if n_unlisted <= n:
        return gold
    drawn = gold.n_listed + numpy.random.permutation(n_unlisted)[:n]
    return gold.take([*range(gold.n_listed), *drawn.tolist()])
