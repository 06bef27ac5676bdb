"""Fixtures: a fake server, settings that point to it, small corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from fake_openai import KEY, FakeOpenAI, fake_openai
from spacy.language import Language

from spacy_cotner.elicitation import ElicitSettings, load_settings


@pytest.fixture
def nlp() -> Language:
    return spacy.blank("en")


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with fake_openai() as running:
        yield running


@pytest.fixture
def settings(
    server: FakeOpenAI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., ElicitSettings]:
    """Settings for the fake server; keyword `source__timeout` sets elicit.source.timeout."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def make(**overrides: Any) -> ElicitSettings:
        values: dict[str, Any] = {
            "store": str(tmp_path / "answers.sqlite"),
            "use": ["noun"],
            "source__base_url": server.base_url,
            "source__max_retries": 2,
            **overrides,
        }
        return load_settings(None, {f"elicit.{k.replace('__', '.')}": v for k, v in values.items()})

    return make
