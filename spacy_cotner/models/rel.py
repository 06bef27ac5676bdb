"""The relation extractor's model: token vectors and candidate pairs -> logits."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, with_getitem
from thinc.types import Floats2d

from ..modules.pairs import PairScorer
from ..types import View
from .tok2vec import Tok2Vec
from .torch_head import init_head, pad, torch_head, unpad

# Views, and the candidate pairs (pairs, 5): view, head start and end, tail start and end, in tokens.
PairInputs = tuple[Sequence[Doc | View], numpy.ndarray]
RelModel = Model[PairInputs, Floats2d]


def build_cot_rel_model(tok2vec: Tok2Vec, hidden: int = 256, dropout: float = 0.1) -> RelModel:
    """Build the extractor: one encoder pass a text, then all of its pairs at once.

    tok2vec (Model[Sequence[Union[Doc, View]], List[Floats2d]]): Token vectors, e.g.
        `spacy_cotner.CotListener.v1`.
    hidden (int): Width of the hidden layer.
    dropout (float): Dropout of the pair features.
    RETURNS (Model[Tuple[Sequence[Union[Doc, View]], ndarray], Floats2d]): Logits (pairs, labels).
    """
    head = torch_head("pair-scorer", partial(PairScorer, hidden=hidden, dropout=dropout), _pad_pairs)
    model: RelModel = chain(with_getitem(0, tok2vec), head)
    model.init = init_head
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output", head)
    return model


def _pad_pairs(
    model: Model, inputs: tuple[list[Floats2d], numpy.ndarray], is_train: bool
) -> tuple[ArgsKwargs, Callable]:
    tokens, pairs = inputs
    padded, _ = pad(tokens, model.get_dim("nI"))
    indices = torch.from_numpy(numpy.asarray(pairs, dtype="int64").reshape(-1, 5)).to(padded.device)

    def get_d_inputs(d_inputs: ArgsKwargs) -> tuple[list[Floats2d], numpy.ndarray]:
        return unpad(torch2xp(d_inputs.args[0]), tokens), pairs

    return ArgsKwargs(args=(padded, indices), kwargs={}), get_d_inputs
