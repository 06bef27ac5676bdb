"""Soft labels for the training texts themselves, by teachers that have not seen them."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

from ..errors import CotnerError
from .labelling import label_softly


def crossfit(
    docs: Sequence[Doc],
    config: Path,
    overrides: dict[str, Any],
    *,
    folds: int = 5,
    seed: int = 0,
    use_gpu: int = -1,
) -> Iterator[Doc]:
    """Train one teacher a fold on the other folds, and let it label this one.

    A teacher's opinion of a text that it was trained on is the gold annotation that it has memorised, which
    tells the student nothing new (stacked generalization, Wolpert 1992).

    docs (Sequence[Doc]): Labelled texts with CoT.
    config (Path): Config of the teacher; `paths.train` is set for each fold.
    overrides (Dict[str, Any]): Other values of the config, by dotted name.
    folds (int): Number of teachers.
    seed (int): Deals the texts to the folds.
    use_gpu (int): GPU id, -1 for CPU.
    YIELDS (Doc): The same Docs with soft labels, fold after fold.
    RAISES (CotnerError): If there are fewer texts than folds.
    """
    if not 2 <= folds <= len(docs):
        raise CotnerError(
            f"crossfit: cannot deal {len(docs)} texts to {folds} folds: 2 or more, one text each"
        )
    order = list(range(len(docs)))
    random.Random(seed).shuffle(order)
    for fold in range(folds):
        held_out = set(order[fold::folds])
        rest = [doc for i, doc in enumerate(docs) if i not in held_out]
        teacher = _train(rest, config, overrides, use_gpu)
        yield from label_softly([docs[i] for i in sorted(held_out)], [teacher])


def _train(docs: Sequence[Doc], config: Path, overrides: dict[str, Any], use_gpu: int) -> Language:
    """RETURNS (Language): The best checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.spacy"
        DocBin(docs=docs, store_user_data=True).to_disk(path)
        settings = load_config(config, overrides={**overrides, "paths.train": str(path)}, interpolate=False)
        nlp, best = train(init_nlp(settings, use_gpu=use_gpu), Path(folder), use_gpu=use_gpu)
        return nlp if best is None else nlp.from_disk(best)
