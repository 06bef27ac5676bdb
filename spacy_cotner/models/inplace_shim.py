"""A PyTorchShim that adds up gradients, and whose update leaves the weights where they are."""

from collections.abc import Callable
from typing import Any, cast

from thinc.api import ArgsKwargs, Optimizer, PyTorchShim, torch2xp, xp2torch
from thinc.types import FloatsXd


class InPlaceShim(PyTorchShim):
    """Thinc's own `finish_update` wraps each weight anew at every step, and each wrapper keeps the one before
    alive: on CPU memory grows by a megabyte or more a step. Here the weights are written in place."""

    def begin_update(self, inputs: ArgsKwargs) -> tuple[Any, Callable]:
        """As in Thinc, except that gradients of earlier passes are put aside during the backward pass: in
        mixed precision it divides all that it finds by the scale, also what has been divided before.

        inputs (ArgsKwargs): What the module takes.
        RETURNS (Tuple[Any, Callable]): Its output, and a callback for the gradient.
        """
        output, backprop = super().begin_update(inputs)

        def add_gradients(grads: ArgsKwargs) -> Any:
            earlier = [(weights, weights.grad) for weights in self._model.parameters()]
            for weights, _ in earlier:
                weights.grad = None
            d_inputs = backprop(grads)
            for weights, gradient in earlier:
                if gradient is not None:
                    weights.grad = gradient if weights.grad is None else gradient.add_(weights.grad)
            return d_inputs

        return output, add_gradients if self._mixed_precision else backprop

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
