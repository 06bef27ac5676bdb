"""Calibrate a trained pipeline on annotated texts: the library side of `cotner calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import CotnerError
from .pipeline.calibration import Calibration
from .report import load_pipeline, read_examples


def calibrate_pipeline(
    model: Path | str, corpus: Path, output: Path, threshold: float | None = None
) -> dict[str, Calibration]:
    """Fit the confidences of every component that can be calibrated, and save the pipeline.

    model (Union[Path, str]): A trained pipeline: a folder or a package name.
    corpus (Path): Annotated texts that it was not trained on.
    output (Path): Where to save it.
    threshold (Optional[float]): Set the components' threshold, too.
    RETURNS (Dict[str, Calibration]): What was found for each component.
    RAISES (CotnerError): If nothing can be calibrated, or the corpus has no relations.
    """
    nlp = load_pipeline(model)
    pipes: dict[str, Any] = {name: pipe for name, pipe in nlp.pipeline if hasattr(pipe, "calibrate")}
    if not pipes:
        raise CotnerError(f"{model}: no component of this pipeline can be calibrated: cot_rel can")
    examples = read_examples(nlp, corpus)
    for eg, doc in zip(examples, nlp.pipe(eg.predicted for eg in examples), strict=True):
        eg.predicted = doc
    results = {name: pipe.calibrate(examples) for name, pipe in pipes.items()}
    for pipe in pipes.values() if threshold is not None else ():
        pipe.cfg["threshold"] = threshold
    nlp.to_disk(output)
    return results
