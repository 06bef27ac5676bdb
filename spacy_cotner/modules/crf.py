"""A linear-chain conditional random field, batched over padded sequences.

All functions take *potentials* (batch, length, tags): the score of each tag at each token, start and end
scores already added; *transitions* (tags, tags): the score of going from row to column; and *mask*
(batch, length): True for real tokens, which come first. Lafferty et al. 2001; forward-backward in log space.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Added to what the tag scheme forbids. Finite, so that no gradient is ever NaN.
FORBIDDEN = -1e4


class CrfHead(nn.Module):
    """Token vectors to CRF potentials and transitions.

    width (int): Width of the token vectors.
    n_tags (int): Number of tags.
    transition_scale (float): The transitions are stored divided by this number. Adam moves every weight by
        about the learning rate, so this is the factor by which the transitions learn faster than the encoder.
    dropout (float): Dropout of the token vectors.
    """

    def __init__(self, width: int, n_tags: int, transition_scale: float = 1.0, dropout: float = 0.1):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.emissions = nn.Linear(width, n_tags)
        self.raw_transitions = nn.Parameter(torch.zeros(n_tags, n_tags))
        self.raw_boundaries = nn.Parameter(torch.zeros(2, n_tags))
        self.transition_scale = transition_scale
        nn.init.xavier_uniform_(self.emissions.weight)
        nn.init.zeros_(self.emissions.bias)

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """tokens (batch, length, width), mask (batch, length).

        RETURNS (Tuple[Tensor, Tensor]): Potentials (batch, length, tags) and transitions (tags, tags).
        """
        potentials = self.emissions(self.dropout(tokens))
        start, end = self.raw_boundaries * self.transition_scale
        return add_boundaries(potentials, mask, start, end), self.raw_transitions * self.transition_scale


def add_boundaries(potentials: Tensor, mask: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Add start scores (tags,) to the first token of each sequence, end scores (tags,) to the last."""
    position = torch.arange(mask.shape[1], device=mask.device)
    is_first = (position == 0) & mask
    is_last = (position == mask.sum(1, keepdim=True) - 1) & mask
    return potentials + is_first[..., None] * start + is_last[..., None] * end


def forward_scores(potentials: Tensor, transitions: Tensor, mask: Tensor) -> Tensor:
    """RETURNS (Tensor): alpha (batch, length, tags); past the end the last real alpha is repeated."""
    alphas = [potentials[:, 0]]
    for i in range(1, potentials.shape[1]):
        step = torch.logsumexp(alphas[-1][:, :, None] + transitions, dim=1) + potentials[:, i]
        alphas.append(torch.where(mask[:, i, None], step, alphas[-1]))
    return torch.stack(alphas, dim=1)


def backward_scores(potentials: Tensor, transitions: Tensor, mask: Tensor) -> Tensor:
    """RETURNS (Tensor): beta (batch, length, tags), zero at the last real token and after it."""
    betas = [torch.zeros_like(potentials[:, 0])]
    for i in range(potentials.shape[1] - 1, 0, -1):
        step = torch.logsumexp(transitions + (potentials[:, i] + betas[-1])[:, None, :], dim=2)
        betas.append(torch.where(mask[:, i, None], step, torch.zeros_like(step)))
    return torch.stack(betas[::-1], dim=1)


def log_partition(potentials: Tensor, transitions: Tensor, mask: Tensor) -> Tensor:
    """RETURNS (Tensor): log Z of each sequence, (batch,)."""
    return torch.logsumexp(forward_scores(potentials, transitions, mask)[:, -1], dim=1)


def negative_log_likelihood(potentials: Tensor, transitions: Tensor, mask: Tensor, allowed: Tensor) -> Tensor:
    """The negative log of the probability of all tag sequences that agree with the annotation.

    allowed (batch, length, tags): One tag where the annotation says which, all tags where it says nothing:
        unannotated tokens are summed over, so a text without labels has a loss of zero (Tsuboi et al. 2008).
    RETURNS (Tensor): (batch,)
    """
    agreeing = potentials + (~allowed) * FORBIDDEN
    both = log_partition(torch.cat([potentials, agreeing]), transitions, mask.repeat(2, 1))
    total, gold = both.chunk(2)
    return total - gold


def log_marginals(potentials: Tensor, transitions: Tensor, mask: Tensor) -> Tensor:
    """RETURNS (Tensor): log p(tag of token i | text), (batch, length, tags)."""
    alpha = forward_scores(potentials, transitions, mask)
    beta = backward_scores(potentials, transitions, mask)
    return torch.log_softmax(alpha + beta, dim=2)


def viterbi(potentials: Tensor, transitions: Tensor, mask: Tensor) -> Tensor:
    """RETURNS (Tensor): The best tag sequence, (batch, length) of int64; past the end without meaning."""
    best = potentials[:, 0]
    pointers = []
    stay = torch.arange(potentials.shape[2], device=potentials.device)
    for i in range(1, potentials.shape[1]):
        score, pointer = (best[:, :, None] + transitions).max(dim=1)
        real = mask[:, i, None]
        best = torch.where(real, score + potentials[:, i], best)
        pointers.append(torch.where(real, pointer, stay))
    tags = [best.argmax(dim=1)]
    for pointer in reversed(pointers):
        tags.append(pointer.gather(1, tags[-1][:, None])[:, 0])
    return torch.stack(tags[::-1], dim=1)
