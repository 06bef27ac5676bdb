"""`cotner pretrain`: an encoder learns from explanations, without labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from spacy.cli._util import setup_gpu
from tqdm import tqdm
from wasabi import msg

from ..elicitation.corpus import Corpus
from ..pipeline.pretraining import Pretraining, steps
from .app import command


@command("pretrain")
def pretrain_cli(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="Hub name, folder, or package:NAME")],
    input_paths: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Corpora with CoT")],
    output_path: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder of the new encoder")],
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="How often each text is read")] = 3,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Texts an update")] = 16,
    learn_rate: Annotated[float, typer.Option("--learn-rate", help="The highest of the schedule")] = 2e-4,
    cot_length: Annotated[int, typer.Option("--cot-length", min=1, help="Wordpieces of CoT to read")] = 64,
    after: Annotated[int, typer.Option("--after", min=1, help="Wordpieces that define a phrase")] = 6,
    window: Annotated[int, typer.Option("--window", min=8, help="Wordpieces of text at once")] = 256,
    lang: Annotated[str, typer.Option("--lang", help="Language of the texts, for its stop words")] = "en",
    seed: Annotated[int, typer.Option("--seed", help="Of the random numbers")] = 0,
    gpu_id: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for CPU")] = -1,
) -> None:
    """Teach an encoder what explanations say of the words of their texts, without any label.

    Where an explanation has a phrase of the text, the words of that phrase learn to predict what stands
    behind it there: "Louis Vuitton" learns "(brand/fashion house)". Teachers and students that begin with
    OUTPUT find more: give it as the `name` of `cot_transformer`'s model.
    """
    setup_gpu(gpu_id)
    pretraining = Pretraining(encoder, cot_length=cot_length, after=after, window=window, lang=lang)
    lessons = pretraining.prepare(doc for path in input_paths for doc in Corpus(path).docs())
    explained = sum(len(lesson.defined) for lesson in lessons)
    msg.info(f"{explained:,} wordpieces of {len(lessons):,} texts are explained")
    n = steps(len(lessons), epochs, batch_size)
    training = pretraining.train(
        lessons, epochs=epochs, batch_size=batch_size, learn_rate=learn_rate, seed=seed
    )
    losses = list(tqdm(training, total=n, unit="batch", disable=None))
    tenth = max(1, n // 10)
    first, last = (sum(part) / len(part) for part in (losses[:tenth], losses[-tenth:]))
    pretraining.save(output_path)
    msg.good(f"Encoder written to {output_path}; loss {first:.2f}, in the end {last:.2f}")
