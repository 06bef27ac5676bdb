"""Keeps a Hugging Face encoder, its tokenizer and the prompts together, also on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any

import srsly
import torch
from thinc.api import PyTorchGradScaler, get_torch_default_device
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.utils import logging

from ..errors import CotnerError
from ..modules.encoder import CotEncoder
from .inplace_shim import InPlaceShim
from .wordpieces import Template, make_template

OTHER_VERSION = "another version of spacy-cotner has saved this encoder: install that one, or train it again"


class EncoderShim(InPlaceShim):
    """A shim that serializes all that is needed to run, so that loading asks no hub and no package.

    k (int): Number of conditional prompts.
    fuses_mentions (bool): Whether the encoder has a layer for mention-aligned fusion.
    mixed_precision (bool): Half precision: float16 on a GPU, bfloat16 on a CPU that has it.
    gradient_checkpointing (bool): Recompute activations in the backward pass to save memory.
    """

    tokenizer: Any = None
    template: Template

    def __init__(
        self,
        k: int,
        fuses_mentions: bool = False,
        mixed_precision: bool = False,
        gradient_checkpointing: bool = False,
    ):
        on_gpu = get_torch_default_device().type == "cuda"
        super().__init__(
            None,
            mixed_precision=mixed_precision and on_gpu,
            grad_scaler=PyTorchGradScaler(enabled=mixed_precision and on_gpu),
        )
        self.half_on_cpu = mixed_precision and not on_gpu and _computes_in_bfloat16()
        self.k, self.fuses_mentions = k, fuses_mentions
        self.gradient_checkpointing = gradient_checkpointing

    @property
    def encoder(self) -> CotEncoder | None:
        """RETURNS (Optional[CotEncoder]): The torch module, None before `initialize` or loading."""
        return self._model

    @property
    def hf_config(self) -> Any:
        """RETURNS (PretrainedConfig): Hugging Face's description of the encoder."""
        return self._model.transformer.config

    def set_encoder(self, transformer: Any, tokenizer: Any) -> None:
        """Take over an encoder; the prompts are made anew.

        transformer (PreTrainedModel): The encoder.
        tokenizer (PreTrainedTokenizerBase): Its tokenizer.
        """
        if self.gradient_checkpointing:
            transformer.gradient_checkpointing_enable({"use_reentrant": False})
        device = get_torch_default_device()
        self._model = CotEncoder(transformer, self.k, self.fuses_mentions, self.half_on_cpu).to(device)
        self._grad_scaler.to_(device)
        self.tokenizer = tokenizer
        self.template = make_template(tokenizer)

    def to_bytes(self) -> bytes:
        """RETURNS (bytes): Configuration, tokenizer files, weights; only the settings before `initialize`."""
        message: dict[str, Any] = {"k": self.k, "fuses_mentions": self.fuses_mentions}
        if self._model is not None:
            state = BytesIO()
            torch.save(self._model.state_dict(), state)
            message["config"] = self.hf_config.to_dict()
            message["tokenizer"] = _save_files(self.tokenizer)
            message["fast"] = self.tokenizer.is_fast
            message["state"] = state.getvalue()
        return srsly.msgpack_dumps(message)

    def from_bytes(self, bytes_data: bytes) -> EncoderShim:
        """bytes_data (bytes): What `to_bytes` returned.

        RETURNS (EncoderShim): The shim itself.
        RAISES (CotnerError): If another version has written them, whose encoder has other parts.
        """
        message = srsly.msgpack_loads(bytes_data)
        try:
            self.k, self.fuses_mentions = message["k"], message["fuses_mentions"]
        except KeyError as error:
            raise CotnerError(f"{OTHER_VERSION} (it has no {error})") from None
        if "state" in message:
            with tempfile.TemporaryDirectory() as folder:
                _write_files(folder, message["tokenizer"])
                srsly.write_json(Path(folder) / "config.json", message["config"])
                config = AutoConfig.from_pretrained(folder)
                tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=message["fast"])
            transformer = AutoModel.from_config(config)
            self.set_encoder(_encoder_half(transformer), tokenizer)
            device = get_torch_default_device()
            state = torch.load(BytesIO(message["state"]), map_location=device, weights_only=True)
            try:
                self._model.load_state_dict(state)
            except RuntimeError as error:
                raise CotnerError(f"{OTHER_VERSION} ({' '.join(str(error).split())})") from None
        return self


def load_pretrained(name: str, lower_half: bool = False) -> tuple[Any, Any]:
    """Load an encoder and its tokenizer.

    name (str): A local folder or a name on the hub.
    lower_half (bool): Leave out the upper half of its layers.
    RETURNS (Tuple[PreTrainedModel, PreTrainedTokenizerBase]): Both.
    RAISES (OSError, ValueError): If there is no such model, as Hugging Face does.
    """
    config = AutoConfig.from_pretrained(name)
    if lower_half:
        config.num_hidden_layers = (config.num_hidden_layers + 1) // 2
    with _quiet() if lower_half else nullcontext():
        transformer = AutoModel.from_pretrained(name, config=config)
    return _encoder_half(transformer), AutoTokenizer.from_pretrained(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hugging Face warns of weights that a checkpoint has and the model has not."""
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _encoder_half(transformer: Any) -> Any:
    """Of an encoder-decoder (T5, BART) the encoder; others as they are."""
    if not transformer.config.is_encoder_decoder:
        return transformer
    encoder = transformer.get_encoder()
    # T5 denies it in the configuration of its encoder, but `from_bytes` has to know.
    encoder.config.is_encoder_decoder = True
    return encoder


def _save_files(tokenizer: Any) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def _write_files(folder: str, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (Path(folder) / Path(name).name).write_bytes(content)


def _computes_in_bfloat16() -> bool:
    """Other CPUs emulate bfloat16, which is slower than single precision."""
    cpu = torch.cpu
    checks = (getattr(cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(check is not None and check() for check in checks)


def _before_fork() -> None:
    """Told in advance, the tokenizers do without threads in the child and without a warning a worker."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _after_fork() -> None:
    """Torch's thread pool does not survive a fork: without this, a pipeline that has run in the parent would
    hang in the workers of `nlp.pipe(n_process=2)`."""
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
