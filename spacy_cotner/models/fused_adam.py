"""Adam for Thinc in one pass over memory: Thinc's own takes a third of a training step on CPU."""

from __future__ import annotations

from typing import Any, cast

import torch
from thinc.api import Optimizer, torch2xp, xp2torch
from thinc.types import FloatsXd, Generator
from torch.optim.adamw import adamw


class FusedAdam(Optimizer):
    """Thinc's Adam with decoupled weight decay, computed by PyTorch's fused kernel, on CPU or GPU.

    The steps are those of `Adam.v1` with `L2_is_weight_decay = true`, up to rounding. It keeps no averages.
    """

    def __call__(
        self, key: tuple[int, str], weights: FloatsXd, gradient: FloatsXd, *, lr_scale: float = 1.0
    ) -> Any:
        """Update the weights in place and clear the gradient.

        key (Tuple[int, str]): Names the parameter.
        weights (FloatsXd): Its values.
        gradient (FloatsXd): As large.
        lr_scale (float): Multiplies the learning rate.
        RETURNS (Tuple[FloatsXd, FloatsXd]): Both.
        """
        self.nr_update[key] += 1
        if not weights.size:
            return weights, gradient
        w, g = xp2torch(weights), xp2torch(gradient)
        for moments in (self.mom1, self.mom2):
            if key not in moments:
                moments[key] = cast(FloatsXd, torch2xp(torch.zeros_like(w)))
        if self.grad_clip and (norm := torch.linalg.vector_norm(g).item()) >= self.grad_clip:
            g.mul_(self.grad_clip / norm)
        adamw(
            [w],
            [g],
            [xp2torch(self.mom1[key])],
            [xp2torch(self.mom2[key])],
            [],
            [torch.tensor(float(self.nr_update[key] - 1), device=w.device)],
            fused=True,
            amsgrad=False,
            beta1=self.b1,
            beta2=self.b2,
            lr=lr_scale * cast(float, self.learn_rate),
            weight_decay=self.L2,
            eps=self.eps,
            maximize=False,
        )
        g.zero_()
        return weights, gradient


def make_fused_adam(
    learn_rate: float | list[float] | Generator = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    L2: float = 0.01,
    grad_clip: float = 1.0,
) -> FusedAdam:
    """Build the optimizer.

    learn_rate (Union[float, List[float], Generator]): Step size.
    beta1 (float): Decay of the mean of gradients.
    beta2 (float): Decay of the mean of squared gradients.
    eps (float): Keeps the denominator from zero.
    L2 (float): Decoupled weight decay.
    grad_clip (float): Largest norm of a parameter's gradient, 0 for no limit.
    RETURNS (FusedAdam): The optimizer.
    """
    return FusedAdam(
        learn_rate, L2=L2, beta1=beta1, beta2=beta2, eps=eps, grad_clip=grad_clip, use_averages=False
    )
