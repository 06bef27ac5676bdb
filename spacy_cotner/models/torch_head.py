"""A torch module as a Thinc layer whose sizes are known only at `initialize`, or when weights are loaded."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import srsly
import torch
from thinc.api import Model, get_torch_default_device, xp2torch
from thinc.layers.pytorchwrapper import convert_pytorch_default_outputs
from thinc.layers.pytorchwrapper import forward as pytorch_forward
from thinc.types import Floats2d
from torch import Tensor, nn

from ..errors import CotnerError
from .inplace_shim import InPlaceShim

# (input width, output width) -> module
Build = Callable[[int, int], nn.Module]


class HeadShim(InPlaceShim):
    """Saves the sizes beside the weights, so that loading can build the module first.

    build (Callable[[int, int], nn.Module]): Makes the module from its sizes.
    """

    def __init__(self, build: Build):
        super().__init__(None)
        self.build_module = build
        self.sizes: tuple[int, int] | None = None

    def set_sizes(self, width: int, n_out: int) -> None:
        """Build the module, unless one of these sizes is already there."""
        if self.sizes != (width, n_out):
            self.sizes = (width, n_out)
            self._model = self.build_module(width, n_out).to(get_torch_default_device())

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): Sizes and weights; nothing before `initialize`."""
        message: dict[str, Any] = {}
        if self.sizes is not None:
            state = BytesIO()
            torch.save(self._model.state_dict(), state)
            message = {"sizes": self.sizes, "state": state.getvalue()}
        return srsly.msgpack_dumps(message)

    def from_bytes(self, bytes_data: bytes) -> HeadShim:
        """bytes_data (bytes): What `to_bytes` returned.

        RETURNS (HeadShim): The shim itself.
        """
        message = srsly.msgpack_loads(bytes_data)
        if message:
            self.set_sizes(*message["sizes"])
            device = get_torch_default_device()
            self._model.load_state_dict(
                torch.load(BytesIO(message["state"]), map_location=device, weights_only=True)
            )
        return self


def torch_head(
    name: str,
    build: Build,
    convert_inputs: Callable,
    convert_outputs: Callable = convert_pytorch_default_outputs,
) -> Model[Any, Any]:
    """Wrap a torch module that is built once `nI` and `nO` are known.

    name (str): Name of the layer.
    build (Callable[[int, int], nn.Module]): Makes the module from its input and output width.
    convert_inputs (Callable): As for `thinc.api.PyTorchWrapper`.
    convert_outputs (Callable): As for `thinc.api.PyTorchWrapper`.
    RETURNS (Model): The layer.
    """
    return Model(
        name,
        pytorch_forward,
        init=_init,
        dims={"nI": None, "nO": None},
        attrs={"convert_inputs": convert_inputs, "convert_outputs": convert_outputs},
        shims=[HeadShim(build)],
    )


def init_head(model: Model, X: Any = None, Y: Any = None) -> None:
    """Initialize "tok2vec", whose encoder tells the width, then "output"; `nO` of "output" must be set.

    model (Model): A model with these two references; X and Y are not used.
    RAISES (ValueError): If "tok2vec" listens and there is nobody to listen to.
    """
    tok2vec, head = model.get_ref("tok2vec"), model.get_ref("output")
    tok2vec.initialize()
    encoder = tok2vec.layers[0]
    if not encoder.has_dim("nO"):
        raise CotnerError(
            "a component listens to an encoder, but there is none: add cot_transformer before it"
        )
    head.set_dim("nI", encoder.get_dim("nO"))
    head.initialize()


def pad(arrays: list[Floats2d], width: int) -> tuple[Tensor, Tensor]:
    """One padded tensor that gradients flow into, from one array a text.

    arrays (List[Floats2d]): (tokens, width) each; the width of an empty one may be anything.
    width (int): Width of the token vectors.
    RETURNS (Tuple[Tensor, Tensor]): Tokens (texts, longest, width) and mask (texts, longest).
    """
    tensors = [
        xp2torch(a) if len(a) else torch.zeros(0, width, device=get_torch_default_device()) for a in arrays
    ]
    padded = nn.utils.rnn.pad_sequence(tensors, batch_first=True).requires_grad_()
    lengths = torch.tensor([len(a) for a in arrays], device=padded.device)
    return padded, torch.arange(padded.shape[1], device=padded.device) < lengths[:, None]


def unpad(d_padded: Any, arrays: list[Floats2d]) -> list[Floats2d]:
    """RETURNS (List[Floats2d]): The gradient of each array that `pad` has read."""
    return [d_padded[i, : len(array)] for i, array in enumerate(arrays)]


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    cast(HeadShim, model.shims[0]).set_sizes(model.get_dim("nI"), model.get_dim("nO"))
