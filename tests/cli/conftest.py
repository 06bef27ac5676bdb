from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from gold import gold_docs
from spacy.tokens import DocBin


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The annotated texts in a file."""
    DocBin(docs=gold_docs(spacy.blank("en")), store_user_data=True).to_disk(tmp_path / "gold.spacy")
    return tmp_path / "gold.spacy"
