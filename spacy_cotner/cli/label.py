"""`cotner label`: a trained teacher's probabilities on a corpus, for a student to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from spacy.cli._util import setup_gpu
from spacy.tokens import Doc, DocBin
from tqdm import tqdm
from wasabi import msg

from ..elicitation.corpus import Corpus, write_atomically
from ..errors import CotnerError
from ..pipeline.labelling import label_softly
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
    text_only: Annotated[bool, typer.Option("--text-only", help="Do not read the CoT")] = False,
    keep_cot: Annotated[bool, typer.Option("--keep-cot", help="Keep it, to train both views")] = False,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Docs at a time")] = 32,
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for CPU")] = -1,
) -> None:
    """Label texts softly, once: a student that trains on the output needs no teacher view.

    With few labels, --phrases makes better ones: a logistic regression on what the explanation says where it
    names a phrase of the text, averaged with the teacher.

    The CoT is left out of the output, so that training reads each text once, at text-only speed.
    """
    setup_gpu(gpu_id)
    teachers = [load_pipeline(path) for path in teacher]
    docs = Corpus(input_path).docs()
    if phrases and text_only:
        raise CotnerError("--phrases reads explanations, --text-only none: leave one of them out")
    examples = Corpus(phrases).docs() if phrases else ()
    done = label_softly(docs, teachers, labelled=examples, text_only=text_only, batch_size=batch_size)
    n = write_labelled(tqdm(done, unit="doc", disable=None), output_path, keep_cot)
    msg.good(f"{n} Docs with soft labels written to {output_path}")


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
