"""The relation extractor's models: texts and candidate pairs -> logits."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from typing import Any

import numpy
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, with_getitem, xp2torch
from thinc.types import Floats2d

from ..errors import CotnerError
from ..modules.pairs import MarkedPairScorer, PairScorer
from ..types import View, view_of
from .marked import marked_pairs
from .tok2vec import CotListener, Tok2Vec
from .torch_head import init_head, pad, torch_head, unpad

# Views; candidate pairs (pairs, 5): view, head start and end, tail start and end, in tokens; for each pair
# the types of head and tail, "" for none.
PairInputs = tuple[Sequence[Doc | View], numpy.ndarray, Sequence[tuple[str, str]]]
RelModel = Model[PairInputs, Floats2d]


def build_cot_rel_model(tok2vec: Tok2Vec, hidden: int = 256, dropout: float = 0.1) -> RelModel:
    """Build the fast extractor: one encoder pass a text, then all of its pairs at once.

    tok2vec (Model[Sequence[Union[Doc, View]], List[Floats2d]]): Token vectors, e.g.
        `spacy_cotner.CotListener.v1`.
    hidden (int): Width of the hidden layer.
    dropout (float): Dropout of the pair features.
    RETURNS (Model[Tuple[Sequence[Union[Doc, View]], ndarray, Sequence], Floats2d]): Logits (pairs, labels).
    """
    head = torch_head("pair-scorer", partial(PairScorer, hidden=hidden, dropout=dropout), _pad_pairs)
    model: RelModel = chain(_docs_or_pairs(), with_getitem(0, tok2vec), head)
    return _with_refs(model, tok2vec, head)


def build_cot_rel_marker_model(
    tok2vec: Tok2Vec,
    markers: Sequence[str] = ("@", "#"),
    typed: bool = False,
    hidden: int = 256,
    dropout: float = 0.1,
) -> RelModel:
    """Build the accurate extractor: one encoder pass a pair, in which the pair is marked, as in
    "@ Ada @ met # Bob #" or, with types, "@ * per * Ada @ met # * per * Bob #" (Zhou & Chen 2021, arXiv
    2102.01373).

    The features of a pair are the states of the first special token and of the two opening marks, and the
    means of the tokens of head and tail. It has the encoder of `cot_transformer` read the marked texts in
    both views, with the same weights that the other components use.

    tok2vec (Model[Sequence[Union[Doc, View]], List[Floats2d]]): As for `CotRel.v1`.
    markers (Sequence[str]): What stands around head and around tail.
    typed (bool): Whether the type of the entity is written, too.
    hidden (int): Width of the hidden layer.
    dropout (float): Dropout of the pair features.
    RETURNS (Model[Tuple[Sequence[Union[Doc, View]], ndarray, Sequence], Floats2d]): Logits (pairs, labels).
    """
    if len(markers) != 2 or not all(marker.strip() for marker in markers):
        raise CotnerError(f"cot_rel: markers are one for the head and one for the tail, found {markers!r}")
    for node in tok2vec.walk():
        if isinstance(node, CotListener):
            node.hears = False
    head = torch_head("marked-pair-scorer", partial(MarkedPairScorer, hidden=hidden, dropout=dropout), _pairs)
    model: RelModel = chain(_docs_or_pairs(), marked_pairs(tok2vec, markers, typed), head)
    return _with_refs(model, tok2vec, head)


def _with_refs(model: RelModel, tok2vec: Tok2Vec, head: Model) -> RelModel:
    model.init = init_head
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output", head)
    return model


def _docs_or_pairs() -> Model[Any, PairInputs]:
    """`spacy debug model` sends Docs alone: then all pairs of their entities are meant."""

    def forward(model: Model, inputs: Any, is_train: bool) -> tuple[PairInputs, Callable]:
        if isinstance(inputs, tuple):
            return inputs, lambda d_inputs: d_inputs
        docs = list(inputs)
        ents = [
            (i, head, tail)
            for i, doc in enumerate(docs)
            for head, tail in permutations(view_of(doc).doc.ents, 2)
        ]
        rows = [(i, head.start, head.end, tail.start, tail.end) for i, head, tail in ents]
        pairs = numpy.asarray(rows, dtype="int64").reshape(-1, 5)
        return (docs, pairs, [(h.label_, t.label_) for _, h, t in ents]), lambda d_inputs: d_inputs

    return Model("docs-or-pairs", forward)


def _pad_pairs(model: Model, inputs: Any, is_train: bool) -> tuple[ArgsKwargs, Callable]:
    tokens, pairs, types = inputs
    padded, mask = pad(tokens, model.get_dim("nI"))
    indices = torch.from_numpy(numpy.asarray(pairs, dtype="int64").reshape(-1, 5)).to(padded.device)

    def get_d_inputs(d_inputs: ArgsKwargs) -> tuple[list[Floats2d], numpy.ndarray, Any]:
        return unpad(torch2xp(d_inputs.args[0]), tokens), pairs, types

    return ArgsKwargs(args=(padded, mask, indices), kwargs={}), get_d_inputs


def _pairs(model: Model, inputs: Floats2d, is_train: bool) -> tuple[ArgsKwargs, Callable]:
    features = xp2torch(inputs, requires_grad=is_train)
    return ArgsKwargs(args=(features,), kwargs={}), lambda d_inputs: torch2xp(d_inputs.args[0])
