"""Updates write weights in place (thinc's own wrapper chain grows with every step)."""

import gc

import torch
from thinc.api import Adam

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
