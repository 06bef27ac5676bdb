"""Eliciting must run where torch is not installed (what it may import at all: tests/test_layers.py)."""

import subprocess
import sys


def test_runs_without_torch():
    code = "import sys; sys.modules['torch'] = None; import spacy_cotner.elicitation"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
