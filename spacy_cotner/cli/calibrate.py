"""`cotner calibrate`: confidences that mean what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import srsly
import typer
from wasabi import msg

from ..calibrate import calibrate_pipeline
from .app import command

THRESHOLD_HELP = "Also set the threshold of the components, e.g. to what `spacy find-threshold` has found"


@command("calibrate")
def calibrate_cli(
    model: Annotated[Path, typer.Argument(help="Trained pipeline: a folder or a package name")],
    corpus: Annotated[Path, typer.Argument(help="Annotated .spacy file that it was not trained on: dev")],
    output: Annotated[Path, typer.Argument(help="Folder for the calibrated pipeline; may be MODEL")],
    threshold: Annotated[float | None, typer.Option("--threshold", "-t", help=THRESHOLD_HELP)] = None,
    json_path: Annotated[Path | None, typer.Option("--json", help="JSON file for the numbers")] = None,
) -> None:
    """Fit the temperature of a relation extractor's probabilities on annotated texts, and save it with the
    pipeline. Which label is most probable does not change; what passes the threshold may."""
    results = calibrate_pipeline(model, corpus, output, threshold)
    header = ("component", "pairs", "temperature", "ECE before", "after", "NLL before", "after")
    rows = [
        (
            name,
            f"{result.n_pairs:,}",
            *(f"{number:.4f}" for number in (result.temperature, result.ece_before, result.ece_after)),
            *(f"{number:.4f}" for number in (result.nll_before, result.nll_after)),
        )
        for name, result in results.items()
    ]
    msg.table(rows, header=header, divider=True, aligns=("l", *"rrrrrr"))
    msg.good(f"Calibrated pipeline written to {output}")
    if json_path is not None:
        json_path.parent.mkdir(parents=True, exist_ok=True)
        srsly.write_json(json_path, {name: result._asdict() for name, result in results.items()})
