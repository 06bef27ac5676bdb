"""Eliciting must run where torch is not installed, and not load what it does not need."""

import ast
import subprocess
import sys
from pathlib import Path

import spacy_cotner.elicitation

FOLDER = Path(spacy_cotner.elicitation.__file__).parent


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_no_heavy_imports_and_nothing_from_above():
    for path in FOLDER.rglob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] not in ("torch", "thinc", "transformers", "spacy_transformers"), path
            # Dots lead to the parent package: one more than the depth of the file leaves the folder.
            up = len(name) - len(name.lstrip(".")) - len(path.relative_to(FOLDER).parts)
            assert up < 1 or name.lstrip(".") in ("errors", "types"), (path, name)


def test_runs_without_torch():
    code = "import sys; sys.modules['torch'] = None; import spacy_cotner.elicitation"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
