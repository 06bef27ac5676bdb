"""From views to the sequences that the encoder reads: segments, windows, prompt slots, padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy
import torch

from .mentions import Mentions
from .wordpieces import Template, Wordpieces

# A call of the encoder costs about as much as this many wordpieces of padding: more padding, and two calls
# are cheaper than one. And no call is larger than the second number, so that very long texts fit in memory.
MAX_PADDING = 512
MAX_CALL = 16384


class Layout(NamedTuple):
    """How sequences are laid out.

    template (Template): Special tokens.
    k (int): Prompt slots in front of a text that has no explanation.
    window (int): Wordpieces of text in one sequence.
    stride (int): Wordpieces from the start of one window to the start of the next.
    pad_id (int): Fills slots and padding.
    aside (bool): Whether an explanation is a sequence of its own, which the text does not attend to.
    """

    template: Template
    k: int
    window: int
    stride: int
    pad_id: int
    aside: bool = False


class Sequence(NamedTuple):
    """One sequence: ids and token types, where text and explanation stand, whether it has prompt slots."""

    ids: list[int]
    types: list[int]
    text: slice
    explanation: slice
    has_slots: bool


class Batch(NamedTuple):
    """What one forward pass reads.

    calls (List[Dict[str, torch.Tensor]]): Arguments of each encoder call, see `CotEncoder.forward`.
    gather (torch.Tensor): For each view its first special token and then its wordpieces, as indices.
    lengths (List[int]): Number of gathered states of each view: 1 + its wordpieces.
    asides (List[Dict[str, torch.Tensor]]): Calls for explanations on their own; their positions follow.
    mentions (Optional[torch.Tensor]): (2, pairs): a gathered state, and the index of a position that tells
        about it.
    imagined (Optional[Tuple[torch.Tensor, ...]]): Positions of prompts and explanations of the same texts,
        see `modules.imagination`.
    """

    calls: list[dict[str, torch.Tensor]]
    gather: torch.Tensor
    lengths: list[int]
    asides: list[dict[str, torch.Tensor]]
    mentions: torch.Tensor | None = None
    imagined: tuple[torch.Tensor, ...] | None = None


def make_batch(
    texts: list[Wordpieces],
    explanations: list[list[int]],
    layout: Layout,
    device: Any,
    mentions: list[Mentions] | None = None,
    twins: list[tuple[int, int]] | None = None,
) -> Batch:
    """Lay out a batch of views.

    texts (List[Wordpieces]): The text of each view.
    explanations (List[List[int]]): Wordpieces of its explanation, empty for the student view.
    layout (Layout): How.
    device (torch.device): Where the tensors go.
    mentions (Optional[List[Mentions]]): Where each explanation speaks of which token.
    twins (Optional[List[Tuple[int, int]]]): Student view and teacher view of the same text, by number, whose
        prompts shall imagine the explanation.
    RETURNS (Batch): The encoder's input.
    """
    windows = [
        list(make_windows(text.ids, explanation, layout))
        for text, explanation in zip(texts, explanations, strict=True)
    ]
    calls, offsets, end = make_calls([sequence for view in windows for sequence in view], layout, device)
    gather, starts, first = [], [], 0
    for text, view in zip(texts, windows, strict=True):
        gather.append(_positions(len(text.ids), view, offsets[first : first + len(view)], layout))
        starts.append(int(offsets[first]))
        first += len(view)
    told = [_slice_at(start, view[0].explanation) for start, view in zip(starts, windows, strict=True)]
    asides: list[dict[str, torch.Tensor]] = []
    if layout.aside:
        sequences = [make_aside(explanation, layout) for explanation in explanations]
        asides, offsets, _ = make_calls(sequences, layout, device, end)
        told = [_slice_at(int(at), own.explanation) for at, own in zip(offsets, sequences, strict=True)]
    lengths = [len(g) for g in gather]
    indices = torch.from_numpy(numpy.concatenate(gather)).to(device)
    batch = Batch(calls, indices, lengths, asides)
    if mentions is not None:
        pairs = _mention_pairs(texts, mentions, [place.start for place in told], lengths)
        batch = batch._replace(mentions=pairs.to(device))
    if twins:
        positions = _imagined(starts, told, twins, layout)
        batch = batch._replace(imagined=tuple(torch.from_numpy(p).to(device) for p in positions))
    return batch


def make_calls(
    sequences: list[Sequence], layout: Layout, device: Any, offset: int = 0
) -> tuple[list[dict[str, torch.Tensor]], Any, int]:
    """Pad sequences of similar length together.

    sequences (List[Sequence]): Empty ones are left out.
    layout (Layout): How.
    device (torch.device): Where the tensors go.
    offset (int): Where the positions of the first call begin.
    RETURNS (Tuple[List[Dict[str, torch.Tensor]], ndarray, int]): The calls, where the positions of each
        sequence begin, and where those of the last one end.
    """
    calls, offsets = [], numpy.full(len(sequences), offset, dtype="int64")
    filled = [i for i, sequence in enumerate(sequences) if sequence.ids]
    for group in split_calls([len(sequences[i].ids) for i in filled]):
        rows = [filled[i] for i in group]
        length = max(len(sequences[i].ids) for i in rows)
        offsets[rows] = offset + numpy.arange(len(rows)) * length
        offset += len(rows) * length
        calls.append(pad_call([sequences[i] for i in rows], length, layout, device))
    return calls, offsets, offset


def make_aside(explanation: list[int], layout: Layout) -> Sequence:
    """RETURNS (Sequence): An explanation on its own; empty if there is none."""
    before, after = layout.template.single if explanation else ([], [])
    ids = before + explanation + after
    place = slice(len(before), len(before) + len(explanation))
    return Sequence(ids, [0] * len(ids), place, place, False)


def make_windows(ids: list[int], explanation: list[int], layout: Layout) -> Iterator[Sequence]:
    """Cut a text into overlapping windows; each gets the whole explanation, or the prompt slots.

    YIELDS (Sequence): At least one, also for an empty text.
    """
    start = 0
    while True:
        part = ids[start : start + layout.window]
        if explanation and not layout.aside:
            before, between, after = layout.template.pair
            sequence = before + part + between + explanation + after
            n_second = len(explanation) + len(after)
            types = [0] * (len(sequence) - n_second) + [layout.template.second_type] * n_second
            text_start = len(before)
            explained = slice(len(sequence) - n_second, len(sequence) - len(after))
        else:
            before, after = layout.template.single
            k = 0 if explanation else layout.k
            sequence = before + [layout.pad_id] * k + part + after
            types = [0] * len(sequence)
            text_start = len(before) + k
            explained = slice(len(sequence), len(sequence))
        in_text = slice(text_start, text_start + len(part))
        yield Sequence(sequence, types, in_text, explained, not explanation and layout.k > 0)
        if start + layout.window >= len(ids):
            return
        start += layout.stride


def split_calls(lengths: list[int]) -> Iterator[list[int]]:
    """Group sequences of similar length: as few calls as the padding they would cost allows.

    lengths (List[int]): Length of each sequence.
    YIELDS (List[int]): Indices of the sequences of one call.
    """
    group: list[int] = []
    total = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        padded = lengths[i] * (len(group) + 1)
        if group and (padded - total - lengths[i] > MAX_PADDING or padded > MAX_CALL):
            yield group
            group, total = [], 0
        group.append(i)
        total += lengths[i]
    if group:
        yield group


def pad_call(sequences: list[Sequence], length: int, layout: Layout, device: Any) -> dict[str, torch.Tensor]:
    """RETURNS (Dict[str, torch.Tensor]): Sequences padded on the right to `length`, on the device."""
    shape = (len(sequences), length)
    ids = numpy.full(shape, layout.pad_id, dtype="int64")
    types, attention, is_text = (numpy.zeros(shape, dtype="int64") for _ in range(3))
    for row, sequence in enumerate(sequences):
        n = len(sequence.ids)
        ids[row, :n] = sequence.ids
        types[row, :n] = sequence.types
        attention[row, :n] = 1
        # The first position stands in for a text without wordpieces: attention needs something to attend to.
        is_text[row, sequence.text if sequence.text.stop > sequence.text.start else slice(0, 1)] = 1
    slots = numpy.arange(layout.k, dtype="int64") + len(layout.template.single[0])
    rows = numpy.asarray([i for i, s in enumerate(sequences) if s.has_slots], dtype="int64")
    arrays: dict[str, Any] = {"input_ids": ids, "attention_mask": attention, "token_type_ids": types}
    arrays |= {"prompt_rows": rows, "slots": slots, "is_text": is_text.astype(bool)}
    return {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}


def _positions(n: int, windows: list[Sequence], offsets: Any, layout: Layout) -> Any:
    """Where to read the states of a view: its first position, then each wordpiece from the window that sees
    most of its surroundings."""
    pieces = numpy.arange(n)
    overlap = layout.window - layout.stride
    owner = numpy.clip((pieces - overlap // 2) // layout.stride, 0, len(windows) - 1)
    column = windows[0].text.start + pieces - owner * layout.stride
    return numpy.concatenate([offsets[:1], offsets[owner] + column])


def _mention_pairs(
    texts: list[Wordpieces], mentions: list[Mentions], explained: list[int], lengths: list[int]
) -> torch.Tensor:
    """(2, pairs): from tokens to all of their wordpieces, from the explanation's wordpieces to positions."""
    rows, columns, first = [], [], 1
    for text, (tokens, pieces), start, length in zip(texts, mentions, explained, lengths, strict=True):
        ends = numpy.cumsum(text.lengths)
        owned = text.lengths[tokens]
        within = numpy.arange(owned.sum()) - numpy.repeat(numpy.cumsum(owned) - owned, owned)
        rows.append(first + text.indices[numpy.repeat(ends[tokens] - owned, owned) + within])
        columns.append(start + numpy.repeat(pieces, owned))
        first += length
    return torch.from_numpy(
        numpy.stack([numpy.concatenate(rows), numpy.concatenate(columns)]).astype("int64")
    )


def _imagined(
    starts: list[int], told: list[slice], twins: list[tuple[int, int]], layout: Layout
) -> tuple[Any, Any, Any]:
    """Positions of the prompts (twins, k) and of the explanations (wordpieces,), and whose these are."""
    slots = numpy.arange(layout.k) + len(layout.template.single[0])
    prompts = numpy.stack([starts[student] + slots for student, _ in twins])
    places = [numpy.r_[told[teacher]] for _, teacher in twins]
    return prompts, numpy.concatenate(places), numpy.repeat(numpy.arange(len(twins)), list(map(len, places)))


def _slice_at(offset: int, part: slice) -> slice:
    return slice(offset + part.start, offset + part.stop)
