"""One pass of the encoder for each pair, in which the pair is marked."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from thinc.api import Model
from thinc.types import Floats2d

from ..types import Mark, View, view_of
from .encoder import EncoderModel
from .tok2vec import CotListener, Tok2Vec

# States behind those of the tokens: first special token, opening mark of head and of tail.
N_EXTRA = 3
# Pairs that are encoded at once at prediction; in training all have to be, for the backward pass.
CHUNK = 64


def marked_pairs(tok2vec: Tok2Vec, markers: Sequence[str], typed: bool) -> Model[Any, Floats2d]:
    """Build the layer.

    tok2vec (Model[Sequence[Union[Doc, View]], List[Floats2d]]): A listener or an encoder, and its pooling.
    markers (Sequence[str]): What stands around head and around tail.
    typed (bool): Whether types are written, too.
    RETURNS (Model[Tuple[Sequence[Union[Doc, View]], ndarray, Sequence], Floats2d]): For each pair the states
        of the first special token, of both marks, and the means of head and tail: (pairs, 5 * width).
    """
    return Model("marked-pairs", forward, layers=[tok2vec], attrs={"markers": tuple(markers), "typed": typed})


def forward(model: Model, inputs: Any, is_train: bool) -> tuple[Floats2d, Callable]:
    """In training the listener's answer, though it has not listened, tells `cot_transformer` to go on."""
    views, pairs, types = inputs
    source, pooling = model.layers[0].layers
    listener = source if isinstance(source, CotListener) else None
    encoder: EncoderModel = listener.shared_encoder if listener is not None else source
    marked = [
        _mark(view_of(views[row]), spans, ends, model.attrs)
        for (row, *spans), ends in zip(pairs.tolist(), types, strict=True)
    ]
    # A listener that has received nothing belongs to a frozen encoder.
    if not is_train or (listener is not None and listener._batch_id is None):
        return _predict(model, encoder, pooling, marked, pairs), lambda d_features: None
    outputs, bp_encoder = encoder.begin_update(marked)
    tokens, bp_pooling = pooling.begin_update(outputs) if marked else ([], None)
    features = _features(model, tokens, pairs, encoder.get_dim("nO"))

    def backprop(d_features: Floats2d) -> None:
        if bp_pooling is not None:
            bp_encoder(bp_pooling(_d_tokens(model, d_features, tokens, pairs)))
        if listener is not None:
            listener.backprop_and_clear([])

    return features, backprop


def _mark(view: View, spans: Sequence[int], types: Sequence[str], attrs: dict[str, Any]) -> View:
    (head, tail), ends = attrs["markers"], types if attrs["typed"] else ("", "")
    marks = []
    for marker, type_, start, end in ((head, ends[0], *spans[:2]), (tail, ends[1], *spans[2:])):
        opening = f"{marker} * {type_.lower()} *" if type_ else marker
        marks.append(Mark(start, end, opening, marker))
    return view._replace(marks=tuple(marks))


def _predict(
    model: Model, encoder: EncoderModel, pooling: Model, marked: list[View], pairs: numpy.ndarray
) -> Floats2d:
    parts = [model.ops.alloc2f(0, (N_EXTRA + 2) * encoder.get_dim("nO"))]
    for start in range(0, len(marked), CHUNK):
        rows = slice(start, start + CHUNK)
        tokens = pooling.predict(encoder.predict(marked[rows]))
        parts.append(_features(model, tokens, pairs[rows], encoder.get_dim("nO")))
    return model.ops.xp.concatenate(parts)


def _features(model: Model, tokens: list[Any], pairs: numpy.ndarray, width: int) -> Floats2d:
    """(pairs, 5 * width)"""
    features: Any = model.ops.alloc3f(len(tokens), N_EXTRA + 2, width)
    for row, (states, (_, *spans)) in enumerate(zip(tokens, pairs.tolist(), strict=True)):
        features[row, :N_EXTRA] = states[-N_EXTRA:]
        features[row, N_EXTRA] = states[spans[0] : spans[1]].mean(0)
        features[row, N_EXTRA + 1] = states[spans[2] : spans[3]].mean(0)
    return features.reshape(len(tokens), (N_EXTRA + 2) * width)


def _d_tokens(model: Model, d_features: Any, tokens: list[Any], pairs: numpy.ndarray) -> list[Floats2d]:
    """The gradient of each array that `_features` has read."""
    d_parts = d_features.reshape(len(tokens), N_EXTRA + 2, -1)
    d_tokens = []
    for states, d_part, (_, *spans) in zip(tokens, d_parts, pairs.tolist(), strict=True):
        d_states = model.ops.alloc2f(*states.shape)
        d_states[-N_EXTRA:] = d_part[:N_EXTRA]
        d_states[spans[0] : spans[1]] += d_part[N_EXTRA] / (spans[1] - spans[0])
        d_states[spans[2] : spans[3]] += d_part[N_EXTRA + 1] / (spans[3] - spans[2])
        d_tokens.append(d_states)
    return d_tokens
