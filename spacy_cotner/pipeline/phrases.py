"""What explanations say of phrases, judged by a logistic regression: hard to beat with few labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy
import torch
from spacy.tokens import Doc
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..errors import CotnerError
from ..models.encoder import EncoderModel
from ..models.explanations import read_explanations
from ..models.mentions import Phrase, shared_phrases
from ..types import view_of
from .tags import TagScheme

# Wordpieces behind a phrase that tell about it, as `mention_window`.
WINDOW = 6
LONGEST = 4
NO_ENTITY = ""


class Judged(NamedTuple):
    """A phrase that is no entity with probability `probabilities[0]`, or one of some label."""

    start: int
    end: int
    probabilities: Tensor


class PhraseReader:
    """Decides which phrases of a text that stand in its explanation, too, are entities, and of which type.

    An LLM explains by naming: "1. Louis Vuitton (brand)". What stands at a phrase where the explanation first
    has it, in the middle layer of an encoder, is enough for a linear model that learns from a few hundred
    labels, while a network that is fine-tuned on them learns the texts by heart first.

    model (Model): The encoder, which stays as it is; see `pretrained_half`.
    labels (Sequence[str]): Entity labels.
    l2 (float): Penalty on squared weights; features are standardized.
    """

    def __init__(self, model: EncoderModel, labels: Sequence[str], l2: float = 30.0) -> None:
        self.model, self.labels, self.l2 = model, [NO_ENTITY, *labels], l2

    def fit(self, docs: Iterable[Doc]) -> PhraseReader:
        """Learn from labelled texts.

        docs (Iterable[Doc]): With entities and CoT; texts without either, and labels that are not those of
            this reader, are left out.
        RETURNS (PhraseReader): Itself.
        RAISES (CotnerError): If no phrase of these texts stands in its explanation, or none is an entity.
        """
        rows, classes = [], []
        docs = [doc for doc in docs if doc.has_annotation("ENT_IOB")]
        for doc, phrases in zip(docs, self._features(docs), strict=True):
            gold = {(ent.start, ent.end): ent.label_ for ent in doc.ents}
            for (start, end), features in phrases.items():
                label = gold.get((start, end), NO_ENTITY)
                if label in self.labels and all(token.ent_iob for token in doc[start:end]):
                    rows.append(features)
                    classes.append(self.labels.index(label))
        if not any(classes):
            raise CotnerError(
                f"no entity of {len(docs)} labelled texts is named in its explanation: "
                "give texts with entities and CoT"
            )
        self._fit(torch.stack(rows), torch.tensor(classes))
        return self

    def soft_labels(self, docs: Sequence[Doc], tags: TagScheme) -> list[tuple[numpy.ndarray, numpy.ndarray]]:
        """What the reader thinks of texts: of overlapping phrases the one that is most likely an entity.

        docs (Sequence[Doc]): With CoT.
        tags (TagScheme): The tags of the labels.
        RETURNS (List[Tuple[ndarray, ndarray]]): For each text the probabilities of tags (tokens, tags), and
            on which tokens there is an opinion at all (tokens,).
        """
        found = []
        for doc, phrases in zip(docs, self._features(docs), strict=True):
            rows, known = (
                numpy.zeros((len(doc), len(tags.tags)), dtype="f"),
                numpy.zeros(len(doc), dtype=bool),
            )
            for start, end, probabilities in self._judge(phrases):
                if known[start:end].any():
                    continue
                known[start:end] = True
                rows[start:end, tags.index["O"]] = probabilities[0]
                for label, probability in zip(self.labels[1:], probabilities[1:], strict=True):
                    rows[range(start, end), tags.path(end - start, label)] = probability
            found.append((rows, known))
        return found

    def _judge(self, phrases: dict[tuple[int, int], Tensor]) -> list[Judged]:
        if not phrases:
            return []
        scores = self._standardize(torch.stack(list(phrases.values()))) @ self.weights + self.bias
        judged = map(Judged._make, [(*place, p) for place, p in zip(phrases, scores.softmax(1), strict=True)])
        return sorted(judged, key=lambda phrase: float(phrase.probabilities[0]))

    def _fit(self, rows: Tensor, classes: Tensor) -> None:
        """Multinomial logistic regression, to convergence."""
        self.mean, self.sd = rows.mean(0), rows.std(0, correction=0) + 1e-3
        inputs = self._standardize(rows)
        self.weights = torch.zeros(rows.shape[1], len(self.labels), requires_grad=True)
        self.bias = torch.zeros(len(self.labels), requires_grad=True)
        optimizer = torch.optim.LBFGS([self.weights, self.bias], max_iter=100, line_search_fn="strong_wolfe")

        def loss() -> float:
            optimizer.zero_grad()
            fit = cross_entropy(inputs @ self.weights + self.bias, classes, reduction="sum")
            total = fit + self.l2 * self.weights.square().sum()
            total.backward()
            return float(total.detach())

        optimizer.step(loss)
        self.weights, self.bias = self.weights.detach(), self.bias.detach()

    def _standardize(self, rows: Tensor) -> Tensor:
        return (rows - self.mean) / self.sd

    def _features(self, docs: Sequence[Doc]) -> Iterable[dict[tuple[int, int], Tensor]]:
        """For each text its phrases, as token offsets, and what their first place in the explanation says."""
        # Captions repeat words of the text, too, and define none of them.
        views = (view_of(doc)._replace(caption=None) for doc in docs)
        readings = read_explanations(self.model, views)
        for doc, read in zip(docs, readings, strict=True):
            phrases: dict[tuple[int, int], Tensor] = {}
            for phrase in shared_phrases(doc, read.text, read.offsets):
                place = phrase.tokens.start, phrase.tokens.stop
                if place not in phrases:
                    phrases[place] = _describe(phrase, read.states)
            yield phrases


def _describe(phrase: Phrase, states: Tensor) -> Tensor:
    """RETURNS (Tensor): The phrase, what stands behind it, right behind it, right before it; its length."""
    start, behind = phrase.pieces[0].start, phrase.pieces[-1].stop
    parts = [slice(start, behind), slice(behind, behind + WINDOW), slice(behind, behind + 1)]
    parts.append(slice(max(start - 1, 0), start))
    said = [states[part].mean(0) if len(states[part]) else torch.zeros_like(states[0]) for part in parts]
    length = torch.zeros(LONGEST)
    length[min(len(phrase.tokens), LONGEST) - 1] = 1
    return torch.cat([*said, length])
