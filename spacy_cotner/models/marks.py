"""Marks around spans of a text in the encoder's input, e.g. "@ Ada @ met # Bob #"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy

from .wordpieces import Wordpieces


class MarkIds(NamedTuple):
    """A span and the wordpieces to put around it.

    start (int): First token.
    end (int): Token after the last.
    before (List[int]): Vocabulary ids; the state of the first one stands for the span.
    after (List[int]): Vocabulary ids.
    """

    start: int
    end: int
    before: list[int]
    after: list[int]


def mark_text(text: Wordpieces, marks: Sequence[MarkIds], window: int) -> Wordpieces:
    """Insert marks. What no longer fits in one window is cut where it is farthest from the spans.

    text (Wordpieces): A text.
    marks (Sequence[MarkIds]): At least one; spans may overlap.
    window (int): Most wordpieces, marks included.
    RETURNS (Wordpieces): Aligned like `text`, and with more rows behind the tokens: one for the first special
        token of the sequence (wordpiece -1), then one for the first wordpiece of each mark.
    """
    room = max(window - sum(len(mark.before) + len(mark.after) for mark in marks), len(marks))
    if len(text.ids) > room:
        text = cut(text, _near(text, marks, room))
    inserts = []
    for number, mark in enumerate(marks):
        start, end = span_pieces(text, mark.start, mark.end)
        # At one place closing marks come first, then spans without wordpieces, then the mark that opens the
        # longer span.
        opening, closing = ((2, -end), (0, -start)) if end > start else ((1, number), (1, number + 0.5))
        inserts += [(start, opening, number, mark.before), (end, closing, None, mark.after)]
    ids, moved, opened = list[int](), numpy.arange(len(text.ids), dtype="i"), [0] * len(marks)
    done = 0
    for place, _, opens, new in sorted(inserts, key=lambda insert: insert[:2]):
        ids += text.ids[done:place]
        if opens is not None:
            opened[opens] = len(ids)
        ids += new
        moved[place:] += len(new)
        done = place
    ids += text.ids[done:]
    rows = [-1, *opened]
    lengths = numpy.concatenate([text.lengths, numpy.ones(len(rows))]).astype("i")
    return Wordpieces(ids, lengths, numpy.concatenate([moved[text.indices], rows]).astype("i"))


def cut(text: Wordpieces, keep: numpy.ndarray) -> Wordpieces:
    """Leave wordpieces out; a token may lose all that it owns.

    text (Wordpieces): A text.
    keep (ndarray): bool (wordpieces,)
    RETURNS (Wordpieces): The rest.
    """
    owners = numpy.repeat(numpy.arange(len(text.lengths)), text.lengths)
    kept = keep[text.indices]
    lengths = numpy.bincount(owners[kept], minlength=len(text.lengths)).astype("i")
    ids = [i for i, is_kept in zip(text.ids, keep.tolist(), strict=True) if is_kept]
    return Wordpieces(ids, lengths, (numpy.cumsum(keep) - 1)[text.indices[kept]].astype("i"))


def span_pieces(text: Wordpieces, start: int, end: int) -> tuple[int, int]:
    """RETURNS (Tuple[int, int]): First wordpiece of a span of tokens and the one after the last; where it has
    none, twice the place where they would be."""
    first, last = int(text.lengths[:start].sum()), int(text.lengths[:end].sum())
    if last > first:
        return int(text.indices[first]), int(text.indices[last - 1]) + 1
    place = int(text.indices[first - 1]) + 1 if first else 0
    return place, place


def _near(text: Wordpieces, marks: Sequence[MarkIds], room: int) -> numpy.ndarray:
    """bool (wordpieces,): those around the spans; if all spans fit, with what stands between them."""
    n = len(text.ids)
    spans = [span_pieces(text, mark.start, mark.end) for mark in marks]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    keep = numpy.zeros(n, dtype=bool)
    if last - first <= room:
        spans, share = [(first, last)], room
    else:
        share = room // len(marks)
    for start, end in spans:
        begin = min(max(start - max(share - (end - start), 0) // 2, 0), n - share)
        keep[begin : begin + share] = True
    return keep
