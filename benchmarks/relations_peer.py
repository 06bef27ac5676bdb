"""The peer: plain entity-marker fine-tuning of an encoder in Hugging Face transformers.

New tokens around head and tail, one linear layer on the states of [CLS] and of the opening ones ("entity
start", Baldini Soares et al. 2019).
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

MARKERS = ["[E1]", "[/E1]", "[E2]", "[/E2]"]
# Pairs that are predicted at once.
BATCH = 64


class Instance(NamedTuple):
    """A pair in a text.

    words (List[str]): The text.
    head (Tuple[int, int]): Token offsets, end excluded.
    tail (Tuple[int, int]): Token offsets, end excluded.
    label (str): What holds.
    """

    words: list[str]
    head: tuple[int, int]
    tail: tuple[int, int]
    label: str

    @property
    def text(self) -> str:
        """RETURNS (str): The text with markers."""
        words = list(self.words)
        places = [(self.head[0], 1, 0), (self.head[1], 0, 1), (self.tail[0], 1, 2), (self.tail[1], 0, 3)]
        for place, _, marker in sorted(places, reverse=True):
            words.insert(place, MARKERS[marker])
        return " ".join(words)


class Peer(nn.Module):
    """Encoder and classifier.

    name (str): As in a config: a hub name, a folder or `package:NAME`.
    labels (Sequence[str]): All classes.
    """

    def __init__(self, name: str, labels: Sequence[str], dropout: float = 0.1, max_length: int = 256):
        super().__init__()
        path = locate(name)
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        self.tokenizer.add_special_tokens({"additional_special_tokens": MARKERS})
        self.encoder = AutoModel.from_pretrained(path)
        self.encoder.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        self.starts = self.tokenizer.convert_tokens_to_ids([MARKERS[0], MARKERS[2]])
        self.labels, self.max_length = list(labels), max_length
        width = self.encoder.config.hidden_size
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(3 * width, len(self.labels)))

    def forward(self, instances: Sequence[Instance]) -> Tensor:
        """RETURNS (Tensor): Logits, (pairs, labels)."""
        encoded = self.tokenizer(
            [i.text for i in instances],
            truncation=True,
            max_length=self.max_length,
            padding=True,
            return_tensors="pt",
        ).to(next(self.parameters()).device)
        states = self.encoder(**encoded).last_hidden_state
        rows = torch.arange(len(instances), device=states.device)
        # Of a marker that was cut off the first position stands in.
        at = [(encoded["input_ids"] == start).int().argmax(1) for start in self.starts]
        return self.classify(torch.cat([states[:, 0], states[rows, at[0]], states[rows, at[1]]], 1))

    @torch.no_grad()
    def predict(self, instances: Sequence[Instance]) -> list[str]:
        """RETURNS (List[str]): The likeliest label of each pair."""
        self.eval()
        found = [""] * len(instances)
        order = sorted(range(len(instances)), key=lambda i: len(instances[i].words))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            for row, best in zip(rows, self([instances[i] for i in rows]).argmax(1).tolist(), strict=True):
                found[row] = self.labels[best]
        self.train()
        return found


def fit(
    peer: Peer, texts: Sequence[Sequence[Instance]], steps: int, batch: int, rate: float, seed: int
) -> Iterator[tuple[int, float]]:
    """Fine-tune with AdamW, linear warm-up over a tenth of the steps and linear decay.

    peer (Peer): Trained in place.
    texts (Sequence[Sequence[Instance]]): The pairs of each text; a batch holds all pairs of some texts.
    steps (int): Updates.
    batch (int): Texts of a batch.
    rate (float): Learning rate.
    seed (int): Shuffles the texts.
    YIELDS (Tuple[int, float]): After each update its number and its seconds of processor time.
    """
    optimizer = torch.optim.AdamW(peer.parameters(), lr=rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, max(1, steps // 10), steps)
    generator = torch.Generator().manual_seed(seed)
    order: list[int] = []
    for step in range(1, steps + 1):
        start = time.process_time()
        while len(order) < batch:
            order += torch.randperm(len(texts), generator=generator).tolist()
        rows, order = order[:batch], order[batch:]
        instances = [instance for i in rows for instance in texts[i]]
        gold = torch.tensor([peer.labels.index(i.label) for i in instances])
        loss = nn.functional.cross_entropy(peer(instances), gold.to(next(peer.parameters()).device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(peer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield step, time.process_time() - start


def locate(name: str) -> str:
    """RETURNS (str): The folder of the weights of `package:NAME`; other names as they are."""
    if not name.startswith("package:"):
        return name
    spec = importlib.util.find_spec(name.removeprefix("package:").replace("-", "_"))
    folders = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(folders[0])
    return str(min(folder.rglob("config.json"), key=lambda path: len(path.parts)).parent)
