"""`cotner report`: student, teacher and baseline side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import srsly
import typer
from wasabi import msg

from ..report import as_json, as_table, compare
from .app import command


@command("report")
def report_cli(
    model: Annotated[Path, typer.Argument(help="Trained pipeline: a folder or a package name")],
    corpus: Annotated[Path, typer.Argument(help="Annotated .spacy file; with CoT for the teacher view")],
    baseline: Annotated[
        Optional[Path], typer.Option("--baseline", "-b", help="Pipeline that was trained without CoT")  # noqa: UP045
    ] = None,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="JSON file for all scores")  # noqa: UP045
    ] = None,
) -> None:
    """Score a pipeline on text alone (student), on text + explanation (teacher), and beside a baseline."""
    rows = compare(model, corpus, baseline)
    header, lines = as_table(rows)
    msg.table(lines, header=header, divider=True, aligns=["l", "l"] + ["r"] * (len(header) - 2))
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        settings = {"model": str(model), "corpus": str(corpus)}
        srsly.write_json(output, as_json(rows, settings))
        msg.good(f"Scores written to {output}")
