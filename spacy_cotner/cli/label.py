"""`cotner label`: a trained teacher's probabilities on a corpus, for a student to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm
from wasabi import msg

from ..elicitation.corpus import Corpus, write_atomically
from ..errors import CotnerError
from ..pipeline.labelling import Readers, compare_readers, fit_readers, label_softly
from ..report import load_pipeline
from .app import command


@command("label")
def label_cli(
    input_path: Annotated[Path, typer.Argument(metavar="INPUT", help="Corpus, with CoT for teacher views")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT.spacy", help="The corpus with soft labels")],
    teacher: Annotated[list[Path], typer.Option("--teacher", "-t", help="Trained pipeline; several: mean")],
    phrases: Annotated[
        Path | None, typer.Option("--phrases", help="Labelled texts with CoT, to judge phrases by")
    ] = None,
    dev: Annotated[
        Path | None,
        typer.Option("--dev", help="Other labelled texts: judge phrases only if that helps there"),
    ] = None,
    text_only: Annotated[bool, typer.Option("--text-only", help="Do not read the CoT")] = False,
    keep_cot: Annotated[bool, typer.Option("--keep-cot", help="Keep it, to train both views")] = False,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Docs at a time")] = 32,
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for CPU")] = -1,
) -> None:
    """Label texts softly, once: a student that trains on the output needs no teacher view.

    With few labels, --phrases makes better ones: a logistic regression on what the explanation says where it
    names a phrase of the text, averaged with the teacher. With many labels the teacher is better alone: --dev
    finds out.

    The CoT is left out of the output, so that training reads each text once, at text-only speed.
    """
    setup_gpu(gpu_id)
    teachers = [load_pipeline(path) for path in teacher]
    docs = Corpus(input_path).docs()
    if phrases and text_only:
        raise CotnerError("--phrases reads explanations, --text-only none: leave one of them out")
    if dev and not phrases:
        raise CotnerError("--dev is for --phrases, to see whether they help: leave it out")
    readers = _fit_readers(teachers, phrases, dev) if phrases else []
    done = label_softly(docs, teachers, readers=readers, text_only=text_only, batch_size=batch_size)
    n = write_labelled(tqdm(done, unit="doc", disable=None), output_path, keep_cot)
    msg.good(f"{n} Docs with soft labels written to {output_path}")


def _fit_readers(teachers: Sequence[Language], phrases: Path, dev: Path | None) -> list[Readers]:
    """The readers that help, as far as that is known."""
    readers = fit_readers(teachers, Corpus(phrases).docs())
    compared = compare_readers(teachers, readers, Corpus(dev).docs()) if dev else {}
    for name, (alone, judged) in compared.items():
        verdict = "used" if judged > alone else "left out"
        msg.info(f"{name}: soft labels of {dev} reach F1 {alone:.1f}, with phrases {judged:.1f}: {verdict}")
        if judged <= alone:
            readers = [{key: reader for key, reader in each.items() if key != name} for each in readers]
    return readers


def write_labelled(docs: Iterable[Doc], path: Path, keep_cot: bool) -> int:
    """Write Docs with soft labels, all or none.

    docs (Iterable[Doc]): The Docs.
    path (Path): A `.spacy` file.
    keep_cot (bool): Whether the explanations are written, too.
    RETURNS (int): How many there are.
    """

    def stripped() -> Iterator[Doc]:
        for doc in docs:
            if not keep_cot:
                doc._.cot = {}
            yield doc

    out = DocBin(docs=stripped(), store_user_data=True)
    write_atomically(out.to_bytes(), path)
    return len(out)
