"""How good soft labels are, where there is annotation."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.util import minibatch
from torch.nn.utils.rnn import pad_sequence

from ..modules import crf
from ..types import SoftLabels
from .tags import TagScheme

# Docs at a time.
BATCH_SIZE = 128


def soft_f1(docs: Iterable[Doc], soft_labels: Iterable[SoftLabels], tags: TagScheme) -> float:
    """F1 of the entities on the most probable path that the scheme allows.

    docs (Iterable[Doc]): Texts with entities.
    soft_labels (Iterable[SoftLabels]): Of each text.
    tags (TagScheme): What the labels mean.
    RETURNS (float): Micro-averaged, in percent.
    """
    prf = PRFScore()
    allowed = tags.constraints()
    for batch in minibatch(zip(docs, soft_labels, strict=True), BATCH_SIZE):
        filled = [(doc, torch.as_tensor(soft.probabilities)) for doc, soft in batch if len(doc)]
        if not filled:
            continue
        rows = pad_sequence([row for _, row in filled], batch_first=True).float()
        lengths = torch.tensor([len(row) for _, row in filled])
        mask = torch.arange(rows.shape[1]) < lengths[:, None]
        potentials = crf.add_boundaries(rows.clamp(min=1e-6).log(), mask, allowed.start, allowed.end)
        paths = crf.viterbi(potentials, allowed.transitions, mask).tolist()
        for (doc, _), path in zip(filled, paths, strict=True):
            found = set(tags.decode(path[: len(doc)]))
            prf.score_set(found, {(ent.start, ent.end, ent.label_) for ent in doc.ents})
    return 100 * prf.fscore
