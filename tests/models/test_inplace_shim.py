"""Updates write weights in place (thinc's own wrapper chain grows with every step); passes add up."""

import gc

import pytest
import torch
from thinc.api import Adam, ArgsKwargs

from spacy_cotner.models.inplace_shim import InPlaceShim
from spacy_cotner.models.torch_head import torch_head


def _tensors() -> int:
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def _trained_head():  # type: ignore[no-untyped-def]
    def convert_inputs(model, X, is_train):  # type: ignore[no-untyped-def]
        raise NotImplementedError

    head = torch_head("linear", torch.nn.Linear, convert_inputs)
    head.set_dim("nI", 3)
    head.set_dim("nO", 2)
    head.initialize()
    return head.shims[0]


def test_updates_keep_no_tensors_alive_and_move_the_weights() -> None:
    shim = _trained_head()
    linear = shim._model
    before = linear.weight.detach().clone()
    address = linear.weight.data_ptr()
    optimizer = Adam(0.1)

    def step() -> None:
        linear(torch.ones(1, 3)).sum().backward()
        shim.finish_update(optimizer)

    step()
    alive = _tensors()
    for _ in range(10):
        step()
    assert _tensors() == alive
    assert linear.weight.data_ptr() == address
    assert not torch.allclose(linear.weight, before)
    assert float(linear.weight.grad.abs().sum()) == 0


class Scaler:
    """What Thinc's gradient scaler does on a GPU."""

    def to_(self, device):
        pass

    def scale(self, tensors, inplace=False):
        return tuple(tensor * 1024 for tensor in tensors)

    def unscale(self, tensors):
        for tensor in tensors:
            tensor /= 1024
        return False


@pytest.mark.filterwarnings("ignore:.*CUDA is not available")
def test_gradients_of_several_passes_add_up_in_mixed_precision():
    """Thinc unscales at each pass whatever it finds: the gradient of an earlier pass would be lost."""
    shim = InPlaceShim(torch.nn.Linear(3, 2), mixed_precision=True, grad_scaler=Scaler())
    X = torch.ones(1, 3)
    for expected in (1.0, 2.0, 3.0):
        Y, backprop = shim.begin_update(ArgsKwargs(args=(X,), kwargs={}))
        backprop(ArgsKwargs(args=((Y,),), kwargs={"grad_tensors": (torch.ones(1, 2),)}))
        torch.testing.assert_close(shim._model.weight.grad, torch.full((2, 3), expected))
