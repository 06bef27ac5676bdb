"""Pairs of several texts as the rows of one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from .candidates import Mention, Pair


def stack_pairs(pairs: Sequence[Sequence[Pair]]) -> numpy.ndarray:
    """RETURNS (ndarray): (pairs, 5), the row of the text, then the pair."""
    rows = [(i, *pair) for i, candidates in enumerate(pairs) for pair in candidates]
    return numpy.asarray(rows, dtype="int64").reshape(-1, 5)


def types_of(rows: numpy.ndarray, mentions: Sequence[Sequence[Mention]]) -> list[tuple[str, str]]:
    """For models that read types.

    rows (ndarray): (pairs, 5), as `stack_pairs` makes them.
    mentions (Sequence[Sequence[Mention]]): The spans of each text.
    RETURNS (List[Tuple[str, str]]): For each pair one type of head and of tail, "" for a span without.
    """
    names = [{mention[:2]: min(mention.types, default="") for mention in known} for known in mentions]
    return [
        (names[i].get((start, end), ""), names[i].get((tail_start, tail_end), ""))
        for i, start, end, tail_start, tail_end in rows.tolist()
    ]


def parts_of(sizes: Sequence[int], limit: int) -> Iterator[slice]:
    """YIELDS (slice): Neighbouring texts with at most `limit` pairs together, or one text with more."""
    start, total = 0, 0
    for i, size in enumerate(sizes):
        if i > start and total + size > limit:
            yield slice(start, i)
            start, total = i, 0
        total += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def rows_of(owners: list[int], targets: list[numpy.ndarray], device: Any) -> Tensor:
    """RETURNS (Tensor): Where the pairs of these examples stand among those of all examples."""
    starts = numpy.cumsum([0, *map(len, targets)])
    indices = [j for i in owners for j in range(starts[i], starts[i + 1])]
    return torch.tensor(indices, dtype=torch.long, device=device)
