"""Explanations read on their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from spacy.util import minibatch
from torch import Tensor

from ..types import View
from .encoder import EncoderModel, compose_explanation, layout_of, shim_of
from .sequences import make_aside, make_calls
from .wordpieces import tokenize_explanation


class Reading(NamedTuple):
    """An explanation as the encoder reads it.

    text (str): What it reads, from its start.
    offsets (List[Tuple[int, int]]): Start and end character of each wordpiece; none if the tokenizer is slow.
    states (Tensor): (wordpieces, width).
    """

    text: str
    offsets: list[tuple[int, int]]
    states: Tensor


def read_explanations(model: EncoderModel, views: Iterable[View], batch_size: int = 64) -> Iterator[Reading]:
    """Read explanations without their texts.

    model (Model): An encoder with weights.
    views (Iterable[View]): Whose explanations.
    batch_size (int): Explanations at a time.
    YIELDS (Reading): One for each view, on the CPU.
    """
    shim, layout, attrs = shim_of(model), layout_of(model), model.attrs
    assert shim.encoder is not None
    encoder = shim.encoder.eval()
    for batch in minibatch(views, batch_size):
        texts = [compose_explanation(view, attrs["grains"], attrs["caption"]) for view in batch]
        read = [tokenize_explanation(shim.tokenizer, text, attrs["cot_length"]) for text in texts]
        sequences = [make_aside(ids, layout) for ids, _ in read]
        calls, starts, _ = make_calls(sequences, layout, shim.device)
        with torch.no_grad(), encoder.precision():
            parts = [encoder.encode(call).flatten(0, 1).float().cpu() for call in calls]
        states = torch.cat(parts) if parts else torch.zeros(0, encoder.transformer.config.hidden_size)
        for text, (_, offsets), sequence, start in zip(texts, read, sequences, starts, strict=True):
            place = sequence.explanation
            yield Reading(text, offsets, states[start + place.start : start + place.stop])
