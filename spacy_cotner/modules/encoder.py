"""One encoder for both views: prompt + text, or text + explanation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .imagination import imagination_loss
from .prompt import ConditionalPrompt


class CotEncoder(nn.Module):
    """A transformer encoder whose input may hold slots that are filled with conditional prompts.

    transformer (nn.Module): A Hugging Face encoder; called with `inputs_embeds`.
    k (int): Number of prompt vectors, 0 for none.
    fuses_mentions (bool): Whether there is a layer for what the explanation says of a word.
    half_on_cpu (bool): Compute in bfloat16 on a CPU (a GPU has its own way, see thinc's PyTorchShim).
    """

    def __init__(self, transformer: Any, k: int = 0, fuses_mentions: bool = False, half_on_cpu: bool = False):
        super().__init__()
        self.transformer = transformer
        self.k = k
        self.half_on_cpu = half_on_cpu
        if k:
            words = transformer.get_input_embeddings()
            width = words.embedding_dim
            scale = float(words.weight.detach().float().std())
            self.prompt = ConditionalPrompt(k, width, n_heads=_n_heads(width), scale=scale)

        if fuses_mentions:
            width = transformer.config.hidden_size
            # Both sides are states of this encoder: to begin with, what is said of a word is simply added.
            self.fusion = nn.Linear(width, width)
            nn.init.eye_(self.fusion.weight)
            nn.init.zeros_(self.fusion.bias)

    def forward(
        self,
        calls: list[dict[str, Tensor]],
        gather: Tensor,
        asides: list[dict[str, Tensor]],
        mentions: Tensor | None = None,
        imagined: tuple[Tensor, Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, ...]:
        """Encode a batch in one or a few calls, and pick the states of the wordpieces that are asked for.

        calls (List[Dict[str, Tensor]]): The padded sequences of each encoder call: `input_ids`,
            `attention_mask` and `token_type_ids` (sequences, length); `prompt_rows` (n,), the sequences with
            prompt slots; `slots` (k,), their columns; `is_text` (sequences, length), what prompts attend to.
        gather (Tensor): Indices (wordpieces,) into the concatenated positions of all calls.
        asides (List[Dict[str, Tensor]]): Calls of the same form whose states are only looked up: they get no
            gradient, and cost a third.
        mentions (Optional[Tensor]): (2, pairs), a gathered wordpiece and the index of a position that tells
            about it.
        imagined (Optional[Tuple[Tensor, Tensor, Tensor]]): Positions for `imagination_loss`.
        RETURNS (Tuple[Tensor, ...]): States (wordpieces, width), and that loss if it is asked for.
        """
        with self.precision():
            parts = [self.encode(call).flatten(0, 1) for call in calls]
            with torch.no_grad():
                parts += [self.encode(call).flatten(0, 1) for call in asides]
        states = torch.cat(parts).float()
        read = states.index_select(0, gather)
        if mentions is not None:
            read = self._fuse(read, states, *mentions)
        return (read,) if imagined is None else (read, imagination_loss(states, *imagined))

    def _fuse(self, read: Tensor, states: Tensor, rows: Tensor, told: Tensor) -> Tensor:
        """Add to each mentioned wordpiece the mean of the states that tell about it."""
        counts = torch.bincount(rows, minlength=len(read))[:, None]
        means = torch.zeros_like(read).index_add(0, rows, states.index_select(0, told)) / counts.clamp(min=1)
        return read + self.fusion(means) * (counts > 0)

    def precision(self) -> torch.autocast:
        """RETURNS (torch.autocast): The context for calls of `encode`; weights are cast once in each."""
        return torch.autocast("cpu", torch.bfloat16, enabled=self.half_on_cpu)

    def encode(self, call: dict[str, Tensor]) -> Tensor:
        """RETURNS (Tensor): The last states (sequences, length, width) of such a call."""
        embeddings = self.transformer.get_input_embeddings()(call["input_ids"])
        rows = call["prompt_rows"]
        if self.k and len(rows):
            prompts = self.prompt(embeddings[rows], call["is_text"][rows])
            places = rows[:, None], call["slots"][None, :]
            embeddings = embeddings.index_put(places, prompts.to(embeddings.dtype))
        kwargs = {"inputs_embeds": embeddings, "attention_mask": call["attention_mask"]}
        if getattr(self.transformer.config, "type_vocab_size", 0) > 1:
            kwargs["token_type_ids"] = call["token_type_ids"]
        return self.transformer(**kwargs).last_hidden_state


def _n_heads(width: int) -> int:
    """The largest of the usual numbers of heads that divides the width."""
    return next(n for n in (12, 8, 4, 2, 1) if width % n == 0)
