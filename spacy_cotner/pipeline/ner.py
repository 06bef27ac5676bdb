"""`cot_ner`: the distilled entity recognizer."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy
import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans
from spacy.vocab import Vocab
from thinc.api import Config, torch2xp, xp2torch
from torch import Tensor

from ..errors import CotnerError
from ..models.ner import CrfScores, NerModel
from ..modules import crf
from ..types import SoftLabels, set_confidences
from .distillation import Distillation
from .distilled import DistilledPipe
from .ner_loss import CrfViews, Opinion, kl_from_soft_labels, kl_from_views, task_losses
from .soft import aligned_rows
from .tags import ROLES, TagScheme, tag_scheme
from .views import TrainingViews

DEFAULT_CONFIG = Config().from_str(
    """
    [cot_ner]
    scheme = "bio"

    [cot_ner.model]
    @architectures = "spacy_cotner.CotNer.v1"

    [cot_ner.model.tok2vec]
    @architectures = "spacy_cotner.CotListener.v1"

    [cot_ner.model.tok2vec.pooling]
    @layers = "reduce_mean.v1"

    [cot_ner.distillation]
    @misc = "spacy_cotner.Distillation.v1"

    [cot_ner.scorer]
    @scorers = "spacy.ner_scorer.v1"
    """
)["cot_ner"]

# Entities with their probability, for each Doc.
Entities = list[list[tuple[int, int, str, float]]]


@Language.factory(
    "cot_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config=DEFAULT_CONFIG,
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_cot_ner(
    nlp: Language,
    name: str,
    model: NerModel,
    scheme: str,
    distillation: Distillation,
    scorer: Callable | None,
) -> "CotNer":
    """Construct a `cot_ner`.

    model (Model[Sequence[Union[Doc, View]], Tuple[Floats3d, Floats2d]]): Gives CRF scores.
    scheme (str): Tag scheme, "bio" or "bilou".
    distillation (Distillation): Weights of the loss terms.
    scorer (Optional[Callable]): The scoring method.
    """
    return CotNer(nlp.vocab, model, name, scheme=scheme, distillation=distillation, scorer=scorer)


class CotNer(DistilledPipe):
    """Finds entities from text alone, taught by a view of the text with its explanation.

    A linear-chain CRF. It sets `doc.ents` and, for each entity, `span._.confidence`: the probability of
    exactly this span with exactly this label. Entities that are already on the Doc are kept.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model): Gives CRF scores for Views.
    name (str): Name of the component.
    scheme (str): Tag scheme, "bio" or "bilou".
    distillation (Distillation): Weights of the loss terms.
    scorer (Optional[Callable]): The scoring method.
    """

    label_kind = "entity labels"

    def __init__(
        self,
        vocab: Vocab,
        model: NerModel,
        name: str = "cot_ner",
        *,
        scheme: str = "bio",
        distillation: Distillation | None = None,
        scorer: Callable | None = None,
    ) -> None:
        if scheme not in ROLES:
            raise CotnerError(f"{name}: unknown tag scheme {scheme!r}: use one of {', '.join(ROLES)}")
        super().__init__(
            vocab, model, name, distillation=distillation or Distillation(), scorer=scorer, scheme=scheme
        )

    @property
    def tags(self) -> TagScheme:
        """RETURNS (TagScheme): The tags of the current labels."""
        return tag_scheme(self.labels, str(self.cfg["scheme"]))

    @property
    def classes(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The tags."""
        return tuple(self.tags.tags)

    def gold_labels(self, example: Example) -> Iterable[str]:
        """YIELDS (str): Labels of the reference's entities, and those that its soft labels know."""
        yield from (ent.label_ for ent in example.reference.ents)
        soft = example.reference._.soft_labels.get(self.name)
        yield from (tag[2:] for tag in (soft.labels if soft else ()) if tag != "O")

    def soft_labels(self, docs: Iterable[Doc]) -> list[SoftLabels]:
        """What this component thinks of texts, for a student to learn from: the marginals of its CRF.

        docs (Iterable[Doc]): The Docs, each read in the view that its CoT chooses.
        RETURNS (List[SoftLabels]): One row a token.
        """
        docs = list(docs)
        self._require_labels()
        if not any(len(doc) for doc in docs):
            return [SoftLabels(self.classes, numpy.zeros((0, self.n_outputs))) for _ in docs]
        with torch.no_grad():
            potentials, transitions = (xp2torch(scores) for scores in self.model.predict(docs))
            constrained = self._constrain(self.tags, potentials, transitions, docs)
            rows = crf.log_marginals(*constrained).exp().cpu().numpy()
        return [SoftLabels(self.classes, row[: len(doc)]) for row, doc in zip(rows, docs, strict=True)]

    def predict(self, docs: Iterable[Doc]) -> Entities:
        """Find entities, each Doc in the view that its CoT chooses.

        docs (Iterable[Doc]): The Docs.
        RETURNS (List[List[Tuple[int, int, str, float]]]): Start, end, label and probability.
        """
        docs = list(docs)
        self._require_labels()
        if not any(len(doc) for doc in docs):
            return [[] for _ in docs]
        tags = self.tags
        with torch.no_grad():
            potentials, transitions = (xp2torch(scores) for scores in self.model.predict(docs))
            potentials, transitions, mask = self._constrain(tags, potentials, transitions, docs)
            best = crf.viterbi(potentials, transitions, mask).tolist()
            found = [tags.decode(row[: len(doc)]) for row, doc in zip(best, docs, strict=True)]
            return _with_confidence(tags, found, potentials, transitions, mask)

    def set_annotations(self, docs: Iterable[Doc], entities: Entities) -> None:
        """Set `doc.ents` and the confidences.

        docs (Iterable[Doc]): The Docs.
        entities (List[List[Tuple[int, int, str, float]]]): What `predict` returned.
        """
        for doc, rows in zip(docs, entities, strict=True):
            spans = [Span(doc, start, end, label=label) for start, end, label, _ in rows]
            taken = {i for ent in doc.ents for i in range(ent.start, ent.end)}
            free = [span for span in spans if taken.isdisjoint(range(span.start, span.end))]
            doc.set_ents(filter_spans([*doc.ents, *free]))
            set_confidences(doc, rows)

    def update_views(self, examples: Sequence[Example], views: TrainingViews) -> float:
        """See `DistilledPipe`."""
        scores, backprop = self.model.begin_update(views.students + views.teachers)
        loss, d_scores = self.get_loss(examples, scores, views)
        backprop(d_scores)
        return loss

    def get_loss(
        self, examples: Sequence[Example], scores: CrfScores, views: TrainingViews
    ) -> tuple[float, CrfScores]:
        """The three terms of `Distillation`, summed over the tokens of a text and averaged over texts.

        examples (Sequence[Example]): The batch.
        scores (Tuple[Floats3d, Floats2d]): The model's output for the student views, then the teacher views.
        views (TrainingViews): The views.
        RETURNS (Tuple[float, Tuple[Floats3d, Floats2d]]): The loss and its gradient.
        """
        settings, tags, n = self.distillation, self.tags, len(examples)
        teacher_weight, kl_weight = settings.next_weights()
        raw = [xp2torch(array, requires_grad=True) for array in scores]
        docs = [view.doc for view in views.students + views.teachers]
        batch = CrfViews(*self._constrain(tags, raw[0], raw[1], docs), views.owners)
        gold = [_gold_tags(tags, eg) for eg in examples]
        allowed = _allowed(gold + [gold[i] for i in views.owners], batch.potentials)
        student, teacher = task_losses(batch, allowed, n)
        losses = student + teacher_weight * teacher
        if kl_weight:
            opinions = [self._opinion(eg) for eg in examples]
            # Where a text has soft labels, they are its teacher.
            taught = [opinion is None for opinion in opinions]
            kl = kl_from_views(batch, taught, settings.temperature, settings.detach_teacher)
            losses = losses + kl_weight * (kl + kl_from_soft_labels(batch, opinions, settings.temperature))
        weights = torch.tensor([eg.reference._.example_weight for eg in examples], device=losses.device)
        loss = (weights * losses).sum() / n
        # Texts of one token do not use the transitions.
        d_scores = torch.autograd.grad(loss, raw, materialize_grads=True)
        return float(loss.detach()), cast(CrfScores, (torch2xp(d_scores[0]), torch2xp(d_scores[1])))

    def _opinion(self, example: Example) -> Opinion | None:
        soft = example.reference._.soft_labels.get(self.name)
        return None if soft is None else aligned_rows(example, soft, self.classes)

    def _constrain(
        self, tags: TagScheme, potentials: Tensor, transitions: Tensor, docs: Sequence[Doc]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Forbid what the tag scheme forbids; also make the mask."""
        lengths = torch.tensor([len(doc) for doc in docs], device=potentials.device)
        mask = torch.arange(potentials.shape[1], device=potentials.device) < lengths[:, None]
        allowed = [t.to(potentials.device) for t in tags.constraints()]
        potentials = crf.add_boundaries(potentials, mask, allowed[1], allowed[2])
        return potentials, transitions + allowed[0], mask


def _gold_tags(tags: TagScheme, example: Example) -> list[int | None]:
    """One tag a predicted token, None where the annotation says nothing."""
    return [tags.encode(tag) for tag in example.get_aligned_ner()]


def _allowed(gold: list[list[int | None]], potentials: Tensor) -> Tensor:
    """(views, longest, tags) of bool: the gold tag alone, or every tag."""
    wanted = torch.full(potentials.shape[:2], -1)
    for row, tags in enumerate(gold):
        wanted[row, : len(tags)] = torch.tensor(
            [-1 if tag is None else tag for tag in tags], dtype=torch.long
        )
    wanted = wanted.to(potentials.device)[..., None]
    return (wanted == -1) | (wanted == torch.arange(potentials.shape[2], device=potentials.device))


def _with_confidence(
    tags: TagScheme,
    found: list[list[tuple[int, int, str]]],
    potentials: Tensor,
    transitions: Tensor,
    mask: Tensor,
) -> Entities:
    """The probability of each entity: of all paths that pass through exactly its tags."""
    alphas, betas = (f(potentials, transitions, mask) for f in (crf.forward_scores, crf.backward_scores))
    log_z = torch.logsumexp(alphas[:, -1], 1).cpu().numpy()
    # One copy to the host for the whole batch; what follows is a few look-ups an entity.
    alpha, beta, emit, move = (t.cpu().numpy() for t in (alphas, betas, potentials, transitions))

    def probability_of(row: int, start: int, path: list[int]) -> float:
        inner = range(1, len(path))
        score = sum(move[path[i - 1], path[i]] + emit[row, start + i, path[i]] for i in inner)
        last = beta[row, start + len(path) - 1, path[-1]]
        return math.exp(min(alpha[row, start, path[0]] + score + last - log_z[row], 0.0))

    def confidence(row: int, start: int, end: int, label: str, length: int) -> float:
        path = tags.path(end - start, label)
        probability = probability_of(row, start, path)
        longer = tags.continuation(label)
        if longer is not None and end < length:
            probability -= probability_of(row, start, [*path, longer])
        return max(probability, 0.0)

    lengths = mask.sum(1).tolist()
    return [
        [(*entity, confidence(row, *entity, length=lengths[row])) for entity in entities]
        for row, entities in enumerate(found)
    ]
