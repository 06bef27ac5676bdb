"""Token vectors for the components: from the shared encoder (listener), or from an encoder of their own."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from spacy.tokens import Doc
from spacy_transformers.data_classes import TransformerData
from spacy_transformers.layers import TransformerListener
from spacy_transformers.layers.trfs2arrays import trfs2arrays
from thinc.api import Model, chain
from thinc.types import Floats2d, Ragged

from ..errors import CotnerError
from ..types import View, view_of
from .encoder import EncoderModel

Tok2Vec = Model[Sequence[Doc | View], list[Floats2d]]


class CotListener(TransformerListener):
    """A TransformerListener that hears both views of a training text; the stock one hears the student's.

    Where the stock one takes zeros for a Doc that has not been encoded, this one asks the encoder.

    upstream_name (str): Name of the encoder's component, "*" for any.
    """

    name = "cot-listener"

    def __init__(self, upstream_name: str):
        super().__init__(upstream_name)
        self._func = forward
        self.init = init
        # Set by `cot_transformer`, never saved.
        self.encoder: EncoderModel | None = None
        # Unset by a component that marks something in its texts and has the encoder read those instead.
        self.hears = True

    @property
    def shared_encoder(self) -> EncoderModel:
        """RETURNS (EncoderModel): The encoder of the pipeline.
        RAISES (CotnerError): If there is none.
        """
        if self.encoder is None:
            raise CotnerError(
                "a component listens to cot_transformer, but there is none, and the Doc has no trf_data: "
                "put cot_transformer before it in the pipeline"
            )
        return self.encoder

    @classmethod
    def get_batch_id(cls, inputs: Sequence[Doc | View]) -> int:
        """RETURNS (int): A hash of the texts and of which view each one is."""
        views = [view_of(item) for item in inputs]
        return hash(tuple((view.is_teacher, *(token.orth for token in view.doc)) for view in views))


def init(model: CotListener, X: Any = None, Y: Any = None) -> None:
    """Learn the width; spaCy leaves a frozen `cot_transformer` uninitialized, so it may have no weights."""
    if model.encoder is not None and model.has_dim("nO") is None:
        model.encoder.initialize()
        model.set_dim("nO", model.encoder.get_dim("nO"))


def forward(
    model: CotListener, inputs: Sequence[Doc | View], is_train: bool
) -> tuple[list[TransformerData], Callable]:
    """In training what `cot_transformer.update` has sent; else what it has set on the Docs."""
    if is_train and model._outputs is not None:
        model.verify_inputs(inputs)
        return model._outputs, model.backprop_and_clear
    return _from_docs(model, inputs), lambda d_outputs: []


def _from_docs(model: CotListener, inputs: Sequence[Doc | View]) -> list[TransformerData]:
    """The Docs' trf_data, and a fresh encoding of those that have none: the encoder is frozen and does not
    annotate, or disabled, or unknown to `spacy debug model`."""
    outputs = [_trf_data(view_of(item).doc) for item in inputs]
    missing = [i for i, data in enumerate(outputs) if data is None]
    if missing:
        encoded = model.shared_encoder.predict([inputs[i] for i in missing])
        for i, data in zip(missing, encoded, strict=True):
            outputs[i] = data
    return cast(list[TransformerData], outputs)


def _trf_data(doc: Doc) -> TransformerData | None:
    if len(doc) == 0:
        return TransformerData.empty()
    data = doc._.trf_data if doc.has_extension("trf_data") else None
    return data if data is not None and "last_hidden_state" in data.model_output else None


def build_cot_listener(
    pooling: Model[Ragged, Floats2d], grad_factor: float = 1.0, upstream: str = "*"
) -> Tok2Vec:
    """Build a layer that listens to a `cot_transformer` earlier in the pipeline, in both views.

    pooling (Model[Ragged, Floats2d]): Makes one vector a token from its wordpieces, e.g. `reduce_mean.v1`.
    grad_factor (float): Weight of this component's gradient in the encoder's update; 0 leaves it alone.
    upstream (str): Name of the encoder's component, "*" for any.
    RETURNS (Model[Sequence[Union[Doc, View]], List[Floats2d]]): Token vectors, (tokens, width) for each view.
    """
    listener = CotListener(upstream)
    model: Tok2Vec = chain(listener, trfs2arrays(pooling, grad_factor))
    model.set_ref("listener", listener)
    return model


def build_cot_tok2vec(
    encoder: EncoderModel, pooling: Model[Ragged, Floats2d], grad_factor: float = 1.0
) -> Tok2Vec:
    """Build token vectors from an encoder that belongs to one component.

    encoder (Model[Sequence[Union[Doc, View]], List[TransformerData]]): The encoder of both views.
    pooling (Model[Ragged, Floats2d]): Makes one vector a token from its wordpieces.
    grad_factor (float): Weight of the gradient that reaches the encoder.
    RETURNS (Model[Sequence[Union[Doc, View]], List[Floats2d]]): Token vectors, (tokens, width) for each view.
    """
    return chain(encoder, trfs2arrays(pooling, grad_factor))
