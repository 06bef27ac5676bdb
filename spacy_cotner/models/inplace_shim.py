"""A PyTorchShim whose update leaves the weights where they are."""

from typing import cast

from thinc.api import Optimizer, PyTorchShim, torch2xp, xp2torch
from thinc.types import FloatsXd


class InPlaceShim(PyTorchShim):
    """Thinc's own `finish_update` wraps each weight anew at every step, and each wrapper keeps the one before
    alive: on CPU memory grows by a megabyte or more a step. Here the weights are written in place."""

    def finish_update(self, optimizer: Optimizer) -> None:
        """Apply the gradients and clear them.

        optimizer (Optimizer): The optimizer; skipped if mixed precision has overflowed.
        """
        for name, weights in self._model.named_parameters():
            if weights.grad is None:
                continue
            if not self._grad_scaler.found_inf:
                data, gradient = (cast(FloatsXd, torch2xp(t)) for t in (weights.data, weights.grad))
                updated, _ = optimizer((self.id, name), data, gradient)
                new = xp2torch(updated, device=weights.device)
                # The optimizer works in place where it can; then there is nothing to copy.
                if new.data_ptr() != weights.data_ptr():
                    weights.data.copy_(new)
            weights.grad.zero_()
        self._grad_scaler.update()
