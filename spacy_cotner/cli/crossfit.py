"""`cotner crossfit`: soft labels for the training texts, each by a teacher that has not seen it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from spacy.cli._util import parse_config_overrides, setup_gpu
from wasabi import msg

from ..elicitation.corpus import Corpus
from ..pipeline.crossfit import crossfit
from .app import command
from .label import write_labelled


@command("crossfit", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def crossfit_cli(
    ctx: typer.Context,
    config: Annotated[Path, typer.Argument(help="Config of the teacher, e.g. configs/ner.cfg")],
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help="Labelled corpus with CoT")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT.spacy", help="The corpus with soft labels")],
    folds: Annotated[int, typer.Option("--folds", "-k", help="How many teachers are trained")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Deals the texts to the folds")] = 0,
    keep_cot: Annotated[bool, typer.Option("--keep-cot", help="Keep it, to train both views")] = False,
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for CPU")] = -1,
) -> None:
    """Train a teacher on all folds but one and let it label that one; so for each fold.

    Settings of the config are overridden as in `spacy train`: --paths.dev corpus/dev.spacy. `paths.train` is
    set for each fold.
    """
    overrides = parse_config_overrides(ctx.args)
    setup_gpu(gpu_id)
    docs = list(Corpus(input_path).docs())
    labelled = crossfit(docs, config, overrides, folds=folds, seed=seed, use_gpu=gpu_id)
    n = write_labelled(labelled, output_path, keep_cot)
    msg.good(f"{n} Docs with soft labels written to {output_path}")
