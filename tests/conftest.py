"""Fixtures: tiny encoders that are made on the spot, and pipelines and examples to try them on."""

from __future__ import annotations

import os

# One thread a test run, and no hub: set before torch and transformers are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
import torch
from encoders import save_bert, save_roberta, save_t5
from gold import gold_docs
from spacy.language import Language
from spacy.training import Example

import spacy_cotner  # noqa: F401 (registers the extensions)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a BERT of two layers, and a fast WordPiece tokenizer."""
    return save_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def slow_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same weights and vocabulary with a tokenizer that knows no character offsets."""
    return save_bert(tmp_path_factory.mktemp("slow"), fast=False)


@pytest.fixture(scope="session")
def bpe_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A RoBERTa: byte-level BPE, no token types, positions that start after the padding index."""
    return save_roberta(tmp_path_factory.mktemp("roberta"))


@pytest.fixture(scope="session")
def t5_encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The encoder half of a ByT5, with a slow tokenizer."""
    return save_t5(tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="session")
def make_nlp(tiny_encoder: str) -> Callable[..., Language]:
    """Build a pipeline; `encoder`, `ner`, `rel` override settings of the components."""

    def make(
        *names: str,
        encoder: dict[str, Any] | None = None,
        ner: dict[str, Any] | None = None,
        rel: dict[str, Any] | None = None,
    ) -> Language:
        model = {
            "@architectures": "spacy_cotner.CotTransformerModel.v1",
            "name": tiny_encoder,
            "cot_length": 32,
            "window": 64,
            "stride": 48,
            **(encoder or {}),
        }
        configs = {"cot_transformer": {"model": model}, "cot_ner": ner or {}, "cot_rel": rel or {}}
        nlp = spacy.blank("en")
        for name in names or ("cot_transformer", "cot_ner", "cot_rel"):
            nlp.add_pipe(name, config=configs.get(name, {}))
        torch.manual_seed(0)
        return nlp

    return make


@pytest.fixture(scope="session")
def make_examples() -> Callable[..., list[Example]]:
    """Four annotated texts; with `cot`, the first two carry an explanation and a caption."""

    def make(nlp: Language, cot: bool = True) -> list[Example]:
        return [Example(nlp.make_doc(doc.text), doc) for doc in gold_docs(nlp, cot)]

    return make


@pytest.fixture(scope="session")
def train(make_examples: Callable[..., list[Example]]) -> Callable[..., Language]:
    """Initialize a pipeline on the four texts and update it; as a rule they are learnt by heart."""

    def fit(nlp: Language, steps: int = 40, learn_rate: float = 5e-3, **kwargs: Any) -> Language:
        examples = make_examples(nlp, **kwargs)
        optimizer = nlp.initialize(lambda: examples)
        optimizer.learn_rate = learn_rate
        for _ in range(steps):
            nlp.update(examples, sgd=optimizer)
        return nlp

    return fit


@pytest.fixture(scope="session")
def model_folder(
    train: Callable[..., Language],
    make_nlp: Callable[..., Language],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A trained pipeline of all three components on disk."""
    folder = tmp_path_factory.mktemp("trained")
    train(make_nlp()).to_disk(folder)
    return folder


@pytest.fixture
def trained(model_folder: Path) -> Language:
    """The trained pipeline, loaded for one test."""
    return spacy.load(model_folder)
