"""spaCy's commands and ours, as a user runs them."""

from __future__ import annotations

from functools import partial

from spacy.cli import app
from typer.testing import CliRunner

import spacy_cotner.cli  # noqa: F401 (adds our commands to spaCy's)


def run_spacy(*args: object) -> tuple[int, str]:
    """Run `spacy …`; a bare traceback fails the test.

    RETURNS (Tuple[int, str]): Exit code, and the output as one line.
    """
    result = CliRunner().invoke(app, [*map(str, args)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


cotner = partial(run_spacy, "cotner")
