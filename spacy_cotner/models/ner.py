"""The recognizer's model: token vectors -> CRF potentials and transitions."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, xp2torch
from thinc.types import Floats2d, Floats3d

from ..modules.crf import CrfHead
from ..types import View
from .tok2vec import Tok2Vec
from .torch_head import init_head, pad, torch_head, unpad

# Potentials (views, longest, tags) and transitions (tags, tags), see `modules.crf`.
CrfScores = tuple[Floats3d, Floats2d]
NerModel = Model[Sequence[Doc | View], CrfScores]


def build_cot_ner_model(tok2vec: Tok2Vec, dropout: float = 0.1, transition_scale: float = 50.0) -> NerModel:
    """Build the recognizer: tok2vec -> linear -> CRF scores.

    tok2vec (Model[Sequence[Union[Doc, View]], List[Floats2d]]): Token vectors, e.g.
        `spacy_cotner.CotListener.v1`.
    dropout (float): Dropout of the token vectors.
    transition_scale (float): How much faster the transitions learn than the encoder. Peers train a CRF at 100
        to 10,000 times the encoder's learning rate.
    RETURNS (Model[Sequence[Union[Doc, View]], Tuple[Floats3d, Floats2d]]): Potentials and transitions.
    """
    head = torch_head(
        "crf", partial(CrfHead, transition_scale=transition_scale, dropout=dropout), _pad_tokens, _scores
    )
    model: NerModel = chain(tok2vec, head)
    model.init = init_head
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output", head)
    return model


def _pad_tokens(model: Model, tokens: list[Floats2d], is_train: bool) -> tuple[ArgsKwargs, Callable]:
    padded, mask = pad(tokens, model.get_dim("nI"))

    def get_d_tokens(d_inputs: ArgsKwargs) -> list[Floats2d]:
        return unpad(torch2xp(d_inputs.args[0]), tokens)

    return ArgsKwargs(args=(padded, mask), kwargs={}), get_d_tokens


def _scores(
    model: Model, inputs_outputs: tuple[Any, tuple[Any, Any]], is_train: bool
) -> tuple[CrfScores, Callable]:
    """Thinc's default conversion takes one output; the CRF has two."""
    _, outputs = inputs_outputs

    def get_d_outputs(d_scores: CrfScores) -> ArgsKwargs:
        return ArgsKwargs(args=(outputs,), kwargs={"grad_tensors": tuple(xp2torch(d) for d in d_scores)})

    return cast(CrfScores, (torch2xp(outputs[0]), torch2xp(outputs[1]))), get_d_outputs
