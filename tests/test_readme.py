"""What README and docs show is what the components take."""

import re
from pathlib import Path

import pytest
import spacy
from thinc.api import Config

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    block for page in PAGES for block in re.findall(r"```ini\n(.*?)```", page.read_text("utf8"), re.DOTALL)
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_configs(block: str) -> None:
    components = Config().from_str(with_parents(block))["components"]
    assert components
    nlp = spacy.blank("en")
    for name, settings in components.items():
        nlp.add_pipe(name, config=settings)
        used = nlp.get_pipe_config(name)
        assert Config(used).merge(settings) == used


def with_parents(block: str) -> str:
    """RETURNS (str): The block with the sections that it leaves out, empty."""
    shown = re.findall(r"^\[(.+)\]$", block, re.MULTILINE)
    parents = {".".join(name.split(".")[:i]) for name in shown for i in range(1, name.count(".") + 1)}
    return "\n".join(f"[{name}]" for name in sorted(parents - set(shown))) + "\n" + block
