"""`cotner report`: student, teacher and baseline side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import srsly
import typer
from wasabi import msg

from ..data.convert import write_atomically
from ..report import as_json, as_table, compare
from ..report_page import as_html, read_cases
from .app import command

HTML_HELP = "HTML page: the scores, and texts where one view is right and another is wrong"


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
    html: Annotated[Optional[Path], typer.Option("--html", help=HTML_HELP)] = None,  # noqa: UP045
    examples: Annotated[int, typer.Option("--examples", help="Texts of each kind on the page", min=0)] = 10,
) -> None:
    """Score a pipeline on text alone (student), on text + explanation (teacher), and beside a baseline."""
    rows = compare(model, corpus, baseline)
    header, lines = as_table(rows)
    msg.table(lines, header=header, divider=True, aligns=["l", "l"] + ["r"] * (len(header) - 2))
    settings = {"model": str(model), "corpus": str(corpus)}
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        srsly.write_json(output, as_json(rows, settings))
        msg.good(f"Scores written to {output}")
    if html is not None:
        page = as_html(rows, read_cases(model, corpus, baseline), settings, examples)
        write_atomically(html, page.encode("utf8"))
        msg.good(f"Page with examples written to {html}")
