"""What all commands have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import cotner

from spacy_cotner.elicitation.corpus import Corpus


@pytest.mark.parametrize(("name", "kept"), [("elicit", True), ("export", False)])
def test_ctrl_c(name: str, kept: bool, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Corpus, "__init__", stop)
    options = ["--answers", corpus] if name == "elicit" else []
    code, text = cotner(name, corpus, tmp_path / "out.jsonl", *options)
    assert code == 130
    # Only a command that asks an LLM has a store with answers.
    assert "stopped" in text
    assert ("answers that came are in the store" in text) == kept
