"""Conditional prompts that imagine the explanation: an extra loss for the student view."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def imagination_loss(states: Tensor, prompts: Tensor, told: Tensor, owners: Tensor) -> Tensor:
    """1 - cos(mean state of a text's prompts, mean state of its explanation), averaged over texts.

    The explanation is the target and gets no gradient (prompt compression, cf. gist tokens, Mu et al. 2023).

    states (Tensor): (positions, width), encoded.
    prompts (Tensor): (texts, k), positions of the prompts in the student view.
    told (Tensor): (wordpieces,), positions of explanations in the teacher view.
    owners (Tensor): (wordpieces,), the text of each of them; every text has some.
    RETURNS (Tensor): A scalar.
    """
    imagined = states[prompts].mean(1)
    sums = states.new_zeros(imagined.shape).index_add(0, owners, states.index_select(0, told).detach())
    return (1 - F.cosine_similarity(imagined, sums, dim=1)).mean()
