"""The loss of the recognizer: what is annotated, and what its teachers think."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy
import torch
from torch import Tensor

from ..modules import crf

# Tokens that a teacher has an opinion of, and its probabilities (tokens, tags).
Opinion = tuple[list[int], numpy.ndarray]


class CrfViews(NamedTuple):
    """The CRF of a batch: the student view of each example, then the teacher views, see `modules.crf`.

    potentials (Tensor): (views, longest, tags)
    transitions (Tensor): (tags, tags)
    mask (Tensor): (views, longest)
    owners (List[int]): The example of each teacher view.
    """

    potentials: Tensor
    transitions: Tensor
    mask: Tensor
    owners: list[int]

    def log_marginals(self, views: Sequence[int], temperature: float) -> Tensor:
        """RETURNS (Tensor): log p(tag of token | text), (views, longest, tags)."""
        rows = list(views)
        return crf.log_marginals(
            self.potentials[rows] / temperature, self.transitions / temperature, self.mask[rows]
        )


def task_losses(batch: CrfViews, allowed: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Negative log-likelihood of the annotation.

    batch (CrfViews): The views.
    allowed (Tensor): (views, longest, tags) of bool: the gold tag alone, or every tag.
    n (int): Number of examples.
    RETURNS (Tuple[Tensor, Tensor]): Of the student views (examples,), of the teacher views, by example, too.
    """
    potentials, transitions, mask, owners = batch
    nll = crf.negative_log_likelihood(potentials, transitions, mask, allowed) * mask.any(1)
    return nll[:n], _by_example(nll[n:], owners, n)


def kl_from_views(batch: CrfViews, taught: Sequence[bool], temperature: float, detach: bool) -> Tensor:
    """T² · KL(teacher view ‖ student view) of the token marginals, summed over tokens.

    batch (CrfViews): The views.
    taught (Sequence[bool]): For each example whether its teacher view is its teacher.
    temperature (float): T.
    detach (bool): Whether the teacher views get no gradient.
    RETURNS (Tensor): (examples,)
    """
    n = len(taught)
    rows = [i for i, owner in enumerate(batch.owners) if taught[owner]]
    if not rows:
        return batch.potentials.new_zeros(n)
    owners = [batch.owners[i] for i in rows]
    views = owners + [n + i for i in rows]
    student, teacher = batch.log_marginals(views, temperature).chunk(2)
    if detach:
        teacher = teacher.detach()
    kl = (teacher.exp() * (teacher - student)).sum(2) * batch.mask[owners]
    return _by_example(temperature**2 * kl.sum(1), owners, n)


def kl_from_soft_labels(batch: CrfViews, opinions: Sequence[Opinion | None], temperature: float) -> Tensor:
    """T² · KL(soft labels ‖ student view) of the token marginals, summed over tokens.

    batch (CrfViews): The views.
    opinions (Sequence[Optional[Opinion]]): One for each example, None for one without.
    temperature (float): T.
    RETURNS (Tensor): (examples,)
    """
    taught = [i for i, opinion in enumerate(opinions) if opinion is not None]
    if not taught:
        return batch.potentials.new_zeros(len(opinions))
    target = batch.potentials.new_zeros(len(taught), *batch.potentials.shape[1:])
    for row, opinion in enumerate(filter(None, opinions)):
        tokens, probabilities = opinion
        target[row, tokens] = torch.from_numpy(probabilities).to(target)
    if temperature != 1:
        target = target ** (1 / temperature)
        target = target / target.sum(2, keepdim=True).clamp(min=1e-12)
    student = batch.log_marginals(taught, temperature)
    # A token without an opinion has a target of zeros, and a divergence of zero.
    kl = (torch.xlogy(target, target) - target * student).sum(2)
    return _by_example(temperature**2 * kl.sum(1), taught, len(opinions))


def _by_example(values: Tensor, owners: Sequence[int], n: int) -> Tensor:
    """RETURNS (Tensor): (n,), zero where there is no value."""
    index = torch.tensor(list(owners), dtype=torch.long, device=values.device)
    return values.new_zeros(n).index_add(0, index, values)
