"""How good soft labels are, where there is annotation."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from spacy.scorer import PRFScore
from spacy.tokens import Doc

from ..modules import crf
from ..types import SoftLabels
from .tags import TagScheme


def soft_f1(docs: Iterable[Doc], soft_labels: Iterable[SoftLabels], tags: TagScheme) -> float:
    """F1 of the entities on the most probable path that the scheme allows.

    docs (Iterable[Doc]): Texts with entities.
    soft_labels (Iterable[SoftLabels]): Of each text.
    tags (TagScheme): What the labels mean.
    RETURNS (float): Micro-averaged, in percent.
    """
    prf = PRFScore()
    allowed = tags.constraints()
    for doc, soft in zip(docs, soft_labels, strict=True):
        rows = torch.as_tensor(soft.probabilities, dtype=torch.float32)
        if not len(rows):
            continue
        mask = torch.ones(1, len(rows), dtype=torch.bool)
        potentials = crf.add_boundaries(rows.clamp(min=1e-6).log()[None], mask, allowed.start, allowed.end)
        best = crf.viterbi(potentials, allowed.transitions, mask)[0].tolist()
        prf.score_set(set(tags.decode(best)), {(ent.start, ent.end, ent.label_) for ent in doc.ents})
    return 100 * prf.fscore
