"""What `cot_ner` and `cot_rel` share: an update on both views."""

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import minibatch
from spacy.vocab import Vocab
from spacy_transformers.util import batch_by_length
from thinc.api import Model, Optimizer, set_dropout_rate

from ..data.leaks import LeakCount
from ..errors import CotnerError
from ..models.tok2vec import CotListener
from ..types import SoftLabels
from .distillation import Distillation
from .soft import check_soft_labels
from .views import TrainingViews, training_views

# Tokens of a batch at prediction, padding included: about 100 MB of token vectors at width 384.
MAX_PADDED_TOKENS = 65536


class DistilledPipe(TrainablePipe):
    """A trainable component that learns from the teacher view and the student view of each example.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model): Takes Views, or views with candidates.
    name (str): Name of the component, key of its losses.
    distillation (Distillation): Weights of the loss terms.
    scorer (Optional[Callable]): The scoring method.
    cfg (Any): Settings that are saved with the component.
    """

    # What the labels name, for messages.
    label_kind = "labels"

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        name: str,
        *,
        distillation: Distillation,
        scorer: Callable | None = None,
        **cfg: Any,
    ) -> None:
        self.vocab, self.model, self.name = vocab, model, name
        self.distillation = distillation
        self.scorer = scorer
        self.cfg = {"labels": [], **cfg}

    @property
    def labels(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The labels that the component predicts."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> list[str]:
        """RETURNS (List[str]): The labels, as `spacy init labels` writes them."""
        return list(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """Add a label before `initialize`.

        label (str): The label.
        RETURNS (int): 1 if it is new, 0 if not.
        RAISES (ValueError): If the model has been initialized with other labels.
        """
        if label in self.labels:
            return 0
        if self.model.get_ref("output").has_dim("nO"):
            raise CotnerError(
                f"{self.name}: cannot add the label {label!r}: the model is already initialized"
            )
        self.cfg["labels"].append(str(label))
        return 1

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Collect the labels, load the encoder if it is the component's own, build the head.

        get_examples (Callable[[], Iterable[Example]]): Returns gold examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Sequence[str]]): The labels, if they are known; else all that occur.
        RAISES (ValueError): If there are no labels.
        """
        validate_get_examples(get_examples, f"{type(self).__name__}.initialize")
        if labels is None:
            labels = sorted({label for eg in get_examples() for label in self.gold_labels(eg)})
        for label in labels:
            self.add_label(label)
        if not self.labels:
            raise CotnerError(
                f"{self.name}: no {self.label_kind} in the training data: check that the corpus has some, "
                f"or give labels in [initialize.components.{self.name}]"
            )
        check_soft_labels(get_examples(), self.name, self.classes)
        self._warn_of_leaks(get_examples())
        self.model.get_ref("output").set_dim("nO", self.n_outputs)
        self.model.initialize()

    def _warn_of_leaks(self, examples: Iterable[Example]) -> None:
        """A teacher that reads the gold labels off its explanation has nothing to teach."""
        leaks = LeakCount()
        for eg in examples:
            leaks.add(eg.reference)
        if warning := leaks.warning():
            warnings.warn(f"{self.name}: {warning}", stacklevel=2)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Annotate a stream. Texts of very different length are predicted apart: one of 100,000 tokens would
        make the padding of its batch larger than the memory.

        stream (Iterable[Doc]): The Docs.
        batch_size (int): Docs that are buffered.
        YIELDS (Doc): The same Docs in their order.
        """
        error_handler = self.get_error_handler()
        for docs in minibatch(stream, batch_size):
            failed: set[int] = set()
            for indices in batch_by_length(docs, MAX_PADDED_TOKENS):
                batch = [docs[i] for i in indices]
                try:
                    self.set_annotations(batch, self.predict(batch))
                except Exception as error:
                    error_handler(self.name, self, batch, error)
                    failed.update(indices)
            yield from (doc for i, doc in enumerate(docs) if i not in failed)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from both views of a batch.

        examples (Iterable[Example]): A batch; annotation and explanation from `reference`.
        drop (float): Dropout rate of Thinc layers.
        sgd (Optional[Optimizer]): The optimizer, None to apply the gradients later.
        losses (Optional[Dict[str, float]]): Updated with the loss.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, f"{type(self).__name__}.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        set_dropout_rate(self.model, drop)
        views = training_views(examples)
        if not self._hears_teacher():
            views = TrainingViews(views.students, [], [])
        # Always backpropagate, with zeros if there is nothing to learn: other components share the encoder.
        losses[self.name] += self.update_views(examples, views)
        if sgd not in (None, False):
            self.finish_update(sgd)
        return losses

    def _hears_teacher(self) -> bool:
        """A frozen encoder has encoded the student view only (its annotation on the Doc)."""
        listeners = [node for node in self.model.walk() if isinstance(node, CotListener)]
        return all(listener._batch_id is not None for listener in listeners)

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): What the head chooses from."""

    @property
    def n_outputs(self) -> int:
        """RETURNS (int): Width of the head."""
        return len(self.classes)

    @abstractmethod
    def soft_labels(self, docs: Iterable[Doc]) -> list[SoftLabels]:
        """RETURNS (List[SoftLabels]): What this component thinks of texts, for a student to learn from."""

    @abstractmethod
    def gold_labels(self, example: Example) -> Iterable[str]:
        """YIELDS (str): The labels that occur in an example."""

    @abstractmethod
    def update_views(self, examples: Sequence[Example], views: TrainingViews) -> float:
        """Forward pass, loss and backward pass of a batch.

        examples (Sequence[Example]): The batch.
        views (TrainingViews): Its views.
        RETURNS (float): The loss.
        """
